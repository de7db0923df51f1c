"""The numbers of a reading as the groups of a structured report."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from scarmass.domain.mass import Mass, MassExtent
from scarmass.domain.segments17 import AhaSegment
from scarmass.domain.signature import Recipe
from scarmass.domain.stack import SliceKey, headline_extent
from scarmass.domain.structures import Structure
from scarmass.imaging import codes
from scarmass.imaging.result import MAKER, Edition, SourceImage
from scarmass.imaging.seg.write import Algorithm, Outlines, segments_of, tracking_uid
from scarmass.imaging.sr.write import Group, Number
from scarmass.imaging.uids import uid_of
from scarmass.services.readings.load import MeasuredReading
from scarmass.services.readings.report_parts import segments_of_wall
from scarmass.services.readings.segments17 import wall_of

BY_HAND = Algorithm(MAKER, version("scarmass"), codes.MANUAL)


def groups_of(
    found: MeasuredReading, recipe: Recipe, edition: Edition, images: Sequence[SourceImage], outlines: Outlines
) -> list[Group]:
    """One of each structure, of the myocardium and of each segment that was assessed. Raises NothingOutlined."""
    by_key = {image.slice.key: image for image in images}
    parameters = _parameters(found, recipe)
    structures = [
        _of_structure(found, edition, structure, number, by_key, outlines, parameters)
        for number, structure in enumerate(segments_of(outlines), 1)
    ]
    wall = wall_of(found.reading)
    on = tuple(by_key[one.slice.key] for one in wall)
    segments = segments_of_wall(wall, found.reading.landmarks, recipe.density_g_per_ml) or ()
    assessed = [_of_segment(edition, one, by_key, parameters) for one in segments if one.is_assessed]
    return [*structures, *_of_myocardium(found, edition, on, parameters), *assessed]


def _of_structure(
    found: MeasuredReading,
    edition: Edition,
    structure: Structure,
    number: int,
    images: Mapping[SliceKey, SourceImage],
    outlines: Outlines,
    parameters: tuple[str, ...],
) -> Group:
    told, measure, outlined = codes.STRUCTURES[structure], found.measures[structure], outlines[structure]
    area_mm2 = sum(one.area_mm2 for one in measure.slices)
    return Group(
        label=told.label,
        tracking_uid=tracking_uid(edition, structure),
        finding=told.type,
        site=told.region,
        numbers=(
            Number(codes.AREA, area_mm2, codes.SQUARE_MILLIMETRE, derivation=codes.TOTAL),
            *_of_mass(measure.mass),
            *_percents(found.myocardium.percents.get(structure, {})),
        ),
        images=tuple(image for key, image in images.items() if key in outlined.masks),
        segment_number=number,
        algorithms=outlined.algorithms or (BY_HAND,),
        parameters=parameters,
    )


def _of_myocardium(
    found: MeasuredReading, edition: Edition, images: tuple[SourceImage, ...], parameters: tuple[str, ...]
) -> list[Group]:
    """The left ventricle less its blood pool, on the slices that have both."""
    numbers = _of_mass(found.myocardium.mass)
    if not numbers:
        return []
    uid = uid_of("tracking", edition.reading_id, "myocardium")
    site = codes.LEFT_VENTRICLE
    return [Group("LGE myocardium", uid, codes.MYOCARDIUM, site, numbers, images, None, (BY_HAND,), parameters)]


def _of_segment(
    edition: Edition, one: AhaSegment, images: Mapping[SliceKey, SourceImage], parameters: tuple[str, ...]
) -> Group:
    """Scar within one of the wall's 17 segments, on the slices that it was assessed on."""
    percents = {codes.PERCENT_SCAR: one.percent_scar, codes.TRANSMURALITY: one.transmurality}
    return Group(
        label=f"Segment {one.segment}: scar",
        tracking_uid=uid_of("tracking", edition.reading_id, "segment", one.segment),
        finding=codes.STRUCTURES[Structure.SCAR].type,
        site=codes.SEGMENTS17[one.segment - 1],
        numbers=(
            *(() if one.mass is None else _of_mass(one.mass)),
            *(Number(name, value, codes.PERCENT) for name, value in percents.items() if value is not None),
        ),
        images=tuple(images[sector.slice] for sector in one.sectors),
        algorithms=(BY_HAND,),
        parameters=parameters,
    )


def _of_mass(mass: Mass) -> tuple[Number, ...]:
    """Volume and mass by each extent that is known."""
    known = {extent: quantity for extent in MassExtent if (quantity := mass.by(extent)) is not None}
    return (
        *(Number(codes.VOLUME, one.volume_ml, codes.MILLILITRE, codes.EXTENTS[by]) for by, one in known.items()),
        *(Number(codes.MASS, one.mass_g, codes.GRAM, codes.EXTENTS[by]) for by, one in known.items()),
    )


def _percents(percents: Mapping[MassExtent, float]) -> tuple[Number, ...]:
    name, unit = codes.PERCENT_OF_MYOCARDIUM, codes.PERCENT
    return tuple(Number(name, value, unit, codes.EXTENTS[by]) for by, value in percents.items())


def _parameters(found: MeasuredReading, recipe: Recipe) -> tuple[str, ...]:
    """What the grams rest on besides masks and geometry, and whose segmentations the masks began as."""
    reading = found.reading
    return (
        f"density: {recipe.density_g_per_ml:g} g/mL",
        f"headline extent: {headline_extent(reading.slices, recipe.mass_extent).value}",
        f"sensitivity: {reading.sensitivity.value:g}",
        f"slices decided: {reading.reviewed} of {len(reading.slices)}",
        *(f"masks: {one.cited}" for one in reading.taken_from),
    )
