"""Headers, segments, recipes and masses as the JSON documents of rows. What an older version wrote stays readable."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from scarmass.domain.landmarks import Landmark, Landmarks, LevelBorder, Place
from scarmass.domain.masks import Mask, from_rle, to_rle
from scarmass.domain.mass import Mass, MassExtent, Quantity
from scarmass.domain.methods import Base, Circle, MaximumOf, Method, MethodName, Region
from scarmass.domain.pattern import Layer, Pattern
from scarmass.domain.prompts import Box, Point
from scarmass.domain.protocols import Model
from scarmass.domain.reading import Origin, Segment, WallRules
from scarmass.domain.segmentation import SegmentationKind, TakenFrom
from scarmass.domain.signature import Recipe
from scarmass.domain.stack import RepeatedImage, SliceHeader, TypedThickness
from scarmass.domain.structures import Structure

Json = dict[str, Any]

HEADER_VERSION = 1
"""Raised where a stored header means something else than the same words of an older one; new fields have defaults."""

HEADER_FIELDS = frozenset(field.name for field in fields(SliceHeader))


def header_to_json(header: SliceHeader) -> Json:
    return {"version": HEADER_VERSION, **asdict(header)}


def header_from_json(document: Json) -> SliceHeader:
    """The header; what it does not hold has its default, and JSON knows no tuples."""
    values: Json = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in document.items()
        if name in HEADER_FIELDS
    }
    return SliceHeader(**values)


def thickness_to_json(typed: TypedThickness) -> Json:
    return {"mm": typed.mm, "author": typed.author, "at": typed.at.isoformat()}


def thickness_from_json(document: Json | None) -> TypedThickness | None:
    if document is None:
        return None
    return TypedThickness(document["mm"], document["author"], datetime.fromisoformat(document["at"]))


def repeats_to_json(repeats: tuple[tuple[RepeatedImage, ...], ...]) -> list[list[Json]]:
    return [[{"key": list(one.key), "acquisition_time": one.acquisition_time} for one in images] for images in repeats]


def repeats_from_json(documents: list[list[Json]]) -> tuple[tuple[RepeatedImage, ...], ...]:
    return tuple(
        tuple(RepeatedImage((one["key"][0], one["key"][1]), one["acquisition_time"]) for one in images)
        for images in documents
    )


def segment_to_json(segment: Segment) -> Json:
    return {
        "mask": to_rle(segment.mask),
        "origin": segment.origin.value,
        "boxes": [[box.x0, box.y0, box.x1, box.y1] for box in segment.boxes],
        "points": [[point.x, point.y, point.positive] for point in segment.points],
        "score": segment.score,
        "sensitivity": segment.sensitivity,
        "is_likeliest": segment.is_likeliest,
        "warnings": list(segment.warnings),
        "misplaced": None if segment.misplaced is None else to_rle(segment.misplaced),
        "method": None if segment.method is None else asdict(segment.method),
        "placed": {region.value: asdict(circle) for region, circle in segment.placed.items()},
        "papillary_muscles": None if segment.papillary_muscles is None else to_rle(segment.papillary_muscles),
        "given_to_scar": None if segment.given_to_scar is None else to_rle(segment.given_to_scar),
        "model": None if segment.model is None else {"name": segment.model.name, "sha256": segment.model.sha256},
    }


def method_from_json(document: Json) -> Method:
    enums = {"name": MethodName, "maximum_of": MaximumOf, "base": Base}
    return Method(**{name: enums[name](value) if name in enums else value for name, value in document.items()})


def segment_from_json(document: Json) -> Segment:
    return Segment(
        mask=from_rle(document["mask"]),
        origin=Origin(document["origin"]),
        boxes=tuple(Box(*box) for box in document["boxes"]),
        points=tuple(Point(*point) for point in document["points"]),
        score=document["score"],
        sensitivity=document.get("sensitivity"),
        is_likeliest=document.get("is_likeliest", False),
        warnings=tuple(document.get("warnings", ())),
        misplaced=_mask(document.get("misplaced")),
        method=None if document.get("method") is None else method_from_json(document["method"]),
        placed={Region(region): Circle(**circle) for region, circle in document.get("placed", {}).items()},
        papillary_muscles=_mask(document.get("papillary_muscles")),
        given_to_scar=_mask(document.get("given_to_scar")),
        model=None if document["model"] is None else Model(**document["model"]),
    )


def _mask(document: Json | None) -> Mask | None:
    return None if document is None else from_rle(document)


def landmarks_to_json(landmarks: Landmarks) -> Json:
    return asdict(landmarks)


def landmarks_from_json(document: Json) -> Landmarks:
    def landmark(name: str) -> Landmark | None:
        if (one := document.get(name)) is None:
            return None
        place = one["place"]
        return Landmark(Place(_key(place["slice"]), place["x"], place["y"]), tuple(one["position_mm"]))

    def border(name: str) -> LevelBorder | None:
        one = document.get(name)
        return None if one is None else LevelBorder(_key(one["slice"]), tuple(one["position_mm"]))

    return Landmarks(
        landmark("anterior_insertion"), landmark("inferior_insertion"), border("first_mid"), border("first_apical")
    )


def pattern_to_json(pattern: Pattern) -> Json:
    return {"layer": pattern.layer, "ischaemic": pattern.ischaemic}


def pattern_from_json(document: Json) -> Pattern:
    layer = document["layer"]
    return Pattern(None if layer is None else Layer(layer), document["ischaemic"])


def taken_from_to_json(taken: TakenFrom) -> Json:
    return asdict(taken)


def taken_from_from_json(document: Json) -> TakenFrom:
    said = {"kind": SegmentationKind(document["kind"]), "warnings": tuple(document["warnings"])}
    return TakenFrom(**{**document, **said})


def _key(document: list[Any]) -> tuple[str, int]:
    return document[0], document[1]


def wall_to_json(wall: WallRules) -> Json:
    return asdict(wall)


def wall_from_json(document: Json | None) -> WallRules:
    """The rules; a reading that was opened before there were any follows none."""
    return WallRules(**(document or {"confines_scar": False, "papillary_muscles": False}))


def recipe_to_json(recipe: Recipe) -> Json:
    typed = recipe.typed_thickness
    return asdict(recipe) | {"typed_thickness": None if typed is None else thickness_to_json(typed)}


def recipe_from_json(document: Json) -> Recipe:
    return Recipe(
        density_g_per_ml=document["density_g_per_ml"],
        mass_extent=MassExtent(document["mass_extent"]),
        detector=Model(**document["detector"]),
        segmenter=Model(**document["segmenter"]),
        typed_thickness=thickness_from_json(document["typed_thickness"]),
    )


def masses_to_json(masses: Mapping[Structure, Mass]) -> Json:
    return {structure.value: asdict(mass) for structure, mass in masses.items()}


def masses_from_json(document: Json) -> dict[Structure, Mass]:
    def quantity(said: Json | None) -> Quantity | None:
        return None if said is None else Quantity(**said)

    return {
        Structure(name): Mass(**{extent: quantity(said) for extent, said in mass.items()})
        for name, mass in document.items()
    }
