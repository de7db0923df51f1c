"""The words of the REST contract about readings: what a reading, an event and the answer to an edit tell."""

import uuid
from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import BaseModel

from scarmass.api.schemas.common import Box, Mass, Model, Point, Rle, Strict
from scarmass.api.schemas.landmarks import Insertions, Levels
from scarmass.api.schemas.methods import Circle, Method
from scarmass.api.schemas.pattern import StatedPattern
from scarmass.api.schemas.signing import Record
from scarmass.api.schemas.stacks import Slice
from scarmass.api.schemas.studies import Growth
from scarmass.domain import reading as domain
from scarmass.domain import stack
from scarmass.domain.mass import MassExtent
from scarmass.domain.methods import Region
from scarmass.domain.reading import Origin, SliceState
from scarmass.domain.stack import headline_extent
from scarmass.domain.structures import Structure
from scarmass.services.context import Context
from scarmass.services.measure import SliceMeasure, measure_slice
from scarmass.services.readings.load import MeasuredReading

State = Literal["preparing", "draft", "signed", "amended", "failed"]


class OpenReading(Strict):
    """own: a reading of the reader's own, beside the one that all readers of the stack share."""

    client_id: uuid.UUID
    own: bool = False


class Segment(BaseModel):
    """What a reading holds of one structure on one slice. model: which made the mask, null where none did.

    is_likeliest: nothing reached the limit in a drawn box, so its likeliest part is shown. warnings: what is to be said
    of where the mask lies. misplaced: the parts of it that they speak of. method: whose mask it is, null where it is no
    method's. placed: what of that the method rests on a reader had placed.
    """

    mask: Rle
    boxes: list[Box]
    points: list[Point]
    score: float | None
    model: Model | None
    origin: Origin
    sensitivity: float | None
    is_likeliest: bool
    warnings: list[str]
    misplaced: Rle | None
    method: Method | None
    method_label: str | None
    placed: dict[Region, Circle]
    area_mm2: float
    mass: Mass

    @staticmethod
    def of(segment: domain.Segment, measure: SliceMeasure) -> "Segment":
        return Segment(
            mask=Rle.of(segment.mask),
            boxes=[Box.of(box) for box in segment.boxes],
            points=[Point.of(point) for point in segment.points],
            score=segment.score,
            model=None if segment.model is None else Model.of(segment.model),
            origin=segment.origin,
            sensitivity=segment.sensitivity,
            is_likeliest=segment.is_likeliest,
            warnings=list(segment.warnings),
            misplaced=None if segment.misplaced is None else Rle.of(segment.misplaced),
            method=None if segment.method is None else Method.of(segment.method),
            method_label=None if segment.method is None else segment.method.label,
            placed={region: Circle.of(circle) for region, circle in segment.placed.items()},
            area_mm2=measure.area_mm2,
            mass=Mass.of(measure.mass),
        )


class ReadingSlice(BaseModel):
    """One slice of a reading; boxes to warnings are those of scar, which segments holds beside the other structures.

    revision: of the edit that made the slice what it is, 0 where no edit did. state_before: of an excluded slice.
    """

    sop_instance_uid: str
    frame_number: int
    index: int
    revision: int
    state: SliceState
    state_before: SliceState | None
    boxes: list[Box]
    points: list[Point]
    mask: Rle | None
    score: float | None
    model: Model | None
    area_mm2: float | None
    mass: Mass | None
    warnings: list[str]
    segments: dict[Structure, Segment]

    @staticmethod
    def of(context: Context, reading: domain.Reading, index: int) -> "ReadingSlice":
        one, density = reading.slices[index], context.recipe_of(reading).density_g_per_ml
        content = reading.content(one.key)
        segments = {
            structure: Segment.of(segment, measure_slice(one, segment.mask, density))
            for structure, segment in content.segments.items()
        }
        scar = segments.get(Structure.SCAR)
        return ReadingSlice(
            sop_instance_uid=one.header.sop_instance_uid,
            frame_number=one.header.frame_number,
            index=index,
            revision=reading.made_at.get(one.key, 0),
            state=content.state,
            state_before=content.state_before,
            boxes=scar.boxes if scar else [],
            points=scar.points if scar else [],
            mask=scar.mask if scar else None,
            score=scar.score if scar else None,
            model=scar.model if scar else None,
            area_mm2=scar.area_mm2 if scar else None,
            mass=scar.mass if scar else None,
            warnings=scar.warnings if scar else [],
            segments=segments,
        )


class Totals(BaseModel):
    """totals and mass_g are those of scar, which structures holds beside the others.

    confines_scar: whether what models draw as scar keeps to the myocardium, and a proposed blood pool gives way to
    scar. papillary_muscles: whether they count as myocardium. sensitivity: how generously outlines are drawn. follows:
    whether it is fitted to what the reader decides. slices_with_warnings: how many of the slices that count have any.
    landmarks, levels: as edits marked them. myocardium: LGE mass, not cine mass, of the slices with both contours; the
    percentages are of it, null where myocardium_unknown_because says why. pattern: as a reader stated it, null where
    nobody did. taken_from: in words, the segmentations of others that masks were taken from.
    """

    revision: int
    totals: Mass
    mass_extent: MassExtent
    mass_g: float | None
    structures: dict[Structure, Mass]
    myocardium: Mass
    scar_percent_of_myocardium: float | None
    no_reflow_percent_of_myocardium: float | None
    myocardium_unknown_because: str | None
    reviewed: int
    of: int
    can_undo: bool
    can_redo: bool
    sensitivity: float
    follows: bool
    confines_scar: bool
    papillary_muscles: bool
    slices_with_warnings: int
    landmarks: Insertions
    levels: Levels
    pattern: StatedPattern | None
    taken_from: list[str]


class Models(BaseModel):
    detector: Model
    segmenter: Model


class Reading(Totals, Record):
    """images: the reading's own slices, which no import changes. reason: why it failed."""

    id: uuid.UUID
    stack_id: str
    state: State
    reason: str | None
    prepared: int
    growth: Growth | None
    density_g_per_ml: float
    model: Models
    images: list[Slice]
    slices: list[ReadingSlice]

    @classmethod
    def made_from(cls, context: Context, measured: MeasuredReading) -> Self:
        reading = measured.reading
        recipe = context.recipe_of(reading)
        return cls(
            id=reading.id,
            stack_id=reading.stack_id,
            density_g_per_ml=recipe.density_g_per_ml,
            model=Models(detector=Model.of(recipe.detector), segmenter=Model.of(recipe.segmenter)),
            images=_images(reading.slices),
            slices=[ReadingSlice.of(context, reading, index) for index in range(len(reading.slices))],
            **_progress(measured),
            **_totals(context, measured),
        )


class ReadingChange(Totals, Record):
    """What an event tells: the slices that changed since the event before, and the totals.

    images: the whole list, and every slice with it, where which slices the reading has changed.
    """

    state: State
    reason: str | None
    prepared: int
    growth: Growth | None
    images: list[Slice] | None
    slices: list[ReadingSlice]

    @classmethod
    def made_from(cls, context: Context, measured: MeasuredReading) -> Self:
        reading = measured.reading
        return cls(
            images=_images(reading.slices) if reading.has_other_slices else None,
            slices=_changed(context, reading),
            **_progress(measured),
            **_totals(context, measured),
        )


class EditAnswer(Totals):
    """images: as in an event."""

    slice: ReadingSlice | None
    slices: list[ReadingSlice]
    images: list[Slice] | None

    @classmethod
    def made_from(cls, context: Context, measured: MeasuredReading) -> Self:
        reading = measured.reading
        slices = _changed(context, reading)
        return cls(
            slice=slices[0] if slices else None,
            slices=slices,
            images=_images(reading.slices) if reading.has_other_slices else None,
            **_totals(context, measured),
        )


def _images(slices: Sequence[stack.Slice]) -> list[Slice]:
    return [Slice.of(one, index) for index, one in enumerate(slices)]


def _changed(context: Context, reading: domain.Reading) -> list[ReadingSlice]:
    return [
        ReadingSlice.of(context, reading, index)
        for index, key in enumerate(reading.keys)
        if reading.has_other_slices or key in reading.changed
    ]


def _progress(measured: MeasuredReading) -> dict[str, Any]:
    reading = measured.reading
    return {
        "state": reading.state.value,
        "reason": reading.reason,
        "prepared": len(reading.slices) - len(reading.unproposed),
        "growth": Growth.of(measured.growth),
        **Record.fields_of(reading.record),
    }


def _totals(context: Context, measured: MeasuredReading) -> dict[str, Any]:
    reading = measured.reading
    extent = headline_extent(reading.slices, context.recipe_of(reading).mass_extent)
    return {
        "revision": reading.revision,
        "totals": Mass.of(measured.scar.mass),
        "mass_extent": extent,
        "mass_g": measured.scar.mass_g(extent),
        "structures": {structure: Mass.of(mass) for structure, mass in measured.masses.items()},
        "myocardium": Mass.of(measured.myocardium.mass),
        "scar_percent_of_myocardium": measured.myocardium.scar_percent,
        "no_reflow_percent_of_myocardium": measured.myocardium.no_reflow_percent,
        "myocardium_unknown_because": measured.myocardium.unknown_because,
        "reviewed": reading.reviewed,
        "of": len(reading.slices),
        "can_undo": reading.can_undo,
        "can_redo": reading.can_redo,
        "sensitivity": reading.sensitivity.value,
        "follows": reading.sensitivity.follows,
        "confines_scar": reading.wall.confines_scar,
        "papillary_muscles": reading.wall.papillary_muscles,
        "slices_with_warnings": reading.slices_with_warnings,
        "landmarks": Insertions.of(reading.landmarks),
        "levels": Levels.of(reading.landmarks),
        "pattern": StatedPattern.of(reading.pattern),
        "taken_from": [one.words for one in reading.taken_from],
    }
