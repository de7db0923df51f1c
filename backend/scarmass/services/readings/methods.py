"""What readers' reference methods make of a reading's slices, within the contours that stand on them.

No model is asked, and images are remembered: the standard set takes some 20 ms a slice of 256 x 256 pixels, so that
nothing of it is.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from scarmass.domain.edits import ThresholdEdit
from scarmass.domain.errors import MethodNotFound, SliceNotInStack, ThresholdUndefined
from scarmass.domain.masks import Mask
from scarmass.domain.mass import Mass
from scarmass.domain.methods import Circle, Method, Region, Regions, Wall, mask_by, regions_of, standard_methods
from scarmass.domain.outcome import slices_to_adopt_on
from scarmass.domain.reading import Origin, Reading, Segment
from scarmass.domain.signature import Recipe
from scarmass.domain.stack import Contrast, Slice, SliceKey, headline_extent
from scarmass.domain.structures import Structure, myocardium
from scarmass.services.context import Context
from scarmass.services.measure import measure_slice, measure_stack
from scarmass.services.readings.propose import image_of
from scarmass.storage import readings, stacks

NO_CONTOURS = "the left ventricle and its blood pool are not outlined"


@dataclass(frozen=True)
class SliceByMethod:
    """mask (rows, columns), area_mm2 and mass are None where because says why."""

    slice: Slice
    index: int
    mask: Mask | None = None
    area_mm2: float | None = None
    mass: Mass | None = None
    because: str | None = None


@dataclass(frozen=True)
class ByMethod:
    """slices: those that are not excluded, in order. mass: of the slices that the method could measure, None where it
    could measure none. percent_of_myocardium: of the myocardium on the same slices, by the headline extent.

    difference_g: mass less the reading's own scar, by the headline extent, on the slices that both have measured.
    because: what could not be measured, and why.
    """

    method: Method
    slices: tuple[SliceByMethod, ...]
    mass: Mass | None
    percent_of_myocardium: float | None
    difference_g: float | None
    because: str | None


@dataclass(frozen=True)
class ReadingByMethods:
    revision: int
    methods: tuple[ByMethod, ...]


def by_methods(
    context: Context,
    reading_id: uuid.UUID,
    regions: Regions,
    asked: Sequence[Method] | None = None,
    adds_no_reflow: bool = True,
) -> ReadingByMethods:
    """What methods, the standard set by default, make of a reading as it is now.

    adds_no_reflow: of the standard set, where the reading outlines any. Raises ReadingNotFound, SliceNotInStack.
    """
    with context.database.transaction() as session:
        reading = readings.get_reading(session, reading_id)
        contrast = stacks.get_stack(session, reading.stack_id).contrast
    signature = reading.record.signature
    contrast = contrast if signature is None else signature.contrast
    _require_own_slices(reading, regions)
    return ReadingByMethods(
        reading.revision, measured_by_methods(context, reading, contrast, regions, asked, adds_no_reflow)
    )


def measured_by_methods(
    context: Context,
    reading: Reading,
    contrast: Contrast,
    regions: Regions = MappingProxyType({}),
    asked: Sequence[Method] | None = None,
    adds_no_reflow: bool = True,
) -> tuple[ByMethod, ...]:
    """Raises PixelsUndecodable, OSError."""
    has_no_reflow = any(mask.any() for mask in reading.masks(Structure.NO_REFLOW).values())
    methods = standard_methods(contrast, adds_no_reflow and has_no_reflow) if asked is None else asked
    counting = [(index, one) for index, one in enumerate(reading.slices) if not reading.content(one.key).is_excluded]
    recipe = context.recipe_of(reading)
    walls = {one.key: _wall(context, reading, one, contrast, regions) for _, one in counting}
    measured = []
    for method in methods:
        slices = [_on_slice(recipe, method, index, one, walls[one.key]) for index, one in counting]
        measured.append(_summed(recipe, reading, method, slices, walls))
    return tuple(measured)


def by_standard_method(context: Context, reading_id: uuid.UUID, key: str) -> ReadingByMethods:
    """What one of the standard methods makes of a reading. Raises ReadingNotFound, MethodNotFound."""
    whole = by_methods(context, reading_id, {})
    chosen = tuple(one for one in whole.methods if one.method.key == key)
    if not chosen:
        known = ", ".join(one.method.key for one in whole.methods)
        raise MethodNotFound(f"no method has this name; there are {known}")
    return ReadingByMethods(whole.revision, chosen)


def adopted(context: Context, reading: Reading, edit: ThresholdEdit) -> Mapping[SliceKey, Segment]:
    """The method's masks as what the reading holds of scar, on the slice or on those that no reader decided on.

    Raises SliceNotInStack, NothingToAdopt, and ThresholdUndefined where it can be worked out on no slice.
    """
    _require_own_slices(reading, edit.regions)
    with context.database.transaction() as session:
        contrast = stacks.get_stack(session, reading.stack_id).contrast
    found, reason = {}, NO_CONTOURS
    for one in slices_to_adopt_on(reading, edit):
        wall = _wall(context, reading, one, contrast, edit.regions)
        if wall is None:
            continue
        try:
            mask = mask_by(edit.method, wall)
        except ThresholdUndefined as error:
            reason = str(error)
            continue
        found[one.key] = Segment(mask, Origin.THRESHOLD, method=edit.method, placed=_placed(edit, one.key))
    if not found:
        raise ThresholdUndefined(reason)
    return found


def _placed(edit: ThresholdEdit, key: SliceKey) -> Mapping[Region, Circle]:
    """What of that the method rests on was placed on a slice."""
    rests_on = regions_of(edit.method)
    return {region: circle for region, circle in edit.regions.get(key, {}).items() if region in rests_on}


def _require_own_slices(reading: Reading, regions: Regions) -> None:
    if others := regions.keys() - set(reading.keys):
        raise SliceNotInStack(f"slice {sorted(others)[0][0]} is no part of the reading")


def _wall(context: Context, reading: Reading, one: Slice, contrast: Contrast, regions: Regions) -> Wall | None:
    """The slice as methods see it, None where its contours are not there."""
    segments = reading.content(one.key).segments
    masks = {structure: segment.mask for structure, segment in segments.items()}
    if not {Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL} <= masks.keys() or not myocardium(masks).any():
        return None
    scar, placed = masks.get(Structure.SCAR), regions.get(one.key, {})
    return Wall(
        image_of(context, one).pixels,
        contrast,
        myocardium(masks),
        masks.get(Structure.NO_REFLOW),
        {region: circle.mask(one.shape, one.header.pixel_spacing_mm) for region, circle in placed.items()},
        is_bare=scar is not None and not scar.any(),
    )


def _on_slice(recipe: Recipe, method: Method, index: int, one: Slice, wall: Wall | None) -> SliceByMethod:
    if wall is None:
        return SliceByMethod(one, index, because=NO_CONTOURS)
    try:
        mask = mask_by(method, wall)
    except ThresholdUndefined as error:
        return SliceByMethod(one, index, because=str(error))
    measure = measure_slice(one, mask, recipe.density_g_per_ml)
    return SliceByMethod(one, index, mask, measure.area_mm2, measure.mass)


def _summed(
    recipe: Recipe,
    reading: Reading,
    method: Method,
    slices: Sequence[SliceByMethod],
    walls: Mapping[SliceKey, Wall | None],
) -> ByMethod:
    extent = headline_extent(reading.slices, recipe.mass_extent)

    def grams(masks: Mapping[SliceKey, Mask]) -> float | None:
        return measure_stack(reading.slices, masks, recipe.density_g_per_ml).mass_g(extent)

    found = {each.slice.key: each.mask for each in slices if each.mask is not None}
    because = _because(slices)
    if not found:
        return ByMethod(method, tuple(slices), None, None, None, because)
    mass = measure_stack(reading.slices, found, recipe.density_g_per_ml).mass
    whole = grams({key: wall.myocardium for key, wall in walls.items() if wall is not None and key in found})
    own = {key: mask for key, mask in reading.masks(Structure.SCAR).items() if key in found}
    theirs, ours = grams({key: found[key] for key in own}), grams(own)
    found_g = grams(found)
    return ByMethod(
        method,
        tuple(slices),
        mass,
        100 * found_g / whole if found_g is not None and whole else None,
        theirs - ours if own and theirs is not None and ours is not None else None,
        because,
    )


def _because(slices: Sequence[SliceByMethod]) -> str | None:
    """Which slices could not be measured, by reason; None where all were."""
    numbers: dict[str, list[str]] = {}
    for each in slices:
        if each.because is not None:
            numbers.setdefault(each.because, []).append(str(each.index + 1))
    if not numbers:
        return None
    return "; ".join(f"slice{'s' * (len(of) > 1)} {', '.join(of)}: {reason}" for reason, of in numbers.items())
