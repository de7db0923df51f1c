"""What an edit, or a proposal, makes of one slice of a reading."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from scarmass.domain.contours import enclosed
from scarmass.domain.correction import without_part
from scarmass.domain.edits import (
    AcceptEdit,
    ClearEdit,
    ContourEdit,
    ExcludeEdit,
    IncludeEdit,
    NoScarEdit,
    PaintEdit,
    PromptEdit,
    RemovePartEdit,
    SliceEdit,
    ThresholdEdit,
)
from scarmass.domain.errors import (
    ContourInvalid,
    MaskShapeMismatch,
    NotExcluded,
    NothingToAccept,
    NothingToRemove,
    SliceNotInStack,
)
from scarmass.domain.reading import (
    Origin,
    Reading,
    Segment,
    SliceChange,
    SliceContent,
    SliceState,
)
from scarmass.domain.segmentation import Imported
from scarmass.domain.stack import Slice, SliceKey, is_of_one_grid
from scarmass.domain.structures import Structure


def slice_of(reading: Reading, key: SliceKey) -> Slice:
    """The reading's slice of this key. Raises SliceNotInStack."""
    for one in reading.slices:
        if one.key == key:
            return one
    raise SliceNotInStack("the slice is no part of the reading")


def change_of(reading: Reading, edit: SliceEdit, answers: Mapping[SliceKey, Segment]) -> SliceChange:
    """What an edit of one slice makes of it. answers: what models said of the slices that they were asked for.

    Raises SliceNotInStack, NothingToRemove, MaskShapeMismatch, NothingToAccept, NotExcluded.
    """
    one, before = slice_of(reading, edit.slice), reading.content(edit.slice)
    match edit:
        case PromptEdit():
            return _drawn(edit.structure, answers[edit.slice])
        case RemovePartEdit():
            segment = before.segments.get(edit.structure)
            left = None if segment is None else without_part(segment, edit.x, edit.y)
            if left is None:
                raise NothingToRemove("there is no part of the mask under that point")
            return _drawn(edit.structure, left)
        case PaintEdit():
            if edit.mask.shape != one.shape:
                raise MaskShapeMismatch(f"the mask has {edit.mask.shape} pixels, the slice {one.shape}")
            return _drawn(edit.structure, Segment(edit.mask, Origin.PAINT))
        case ClearEdit(structure=Structure.SCAR):
            return SliceChange(SliceState.PENDING, False, {Structure.SCAR: None})
        case ClearEdit():
            return SliceChange(segments={edit.structure: None})
        case NoScarEdit():
            empty = Segment(np.zeros(one.shape, bool), Origin.PAINT)
            return SliceChange(SliceState.NO_SCAR, False, {Structure.SCAR: empty})
        case AcceptEdit():
            if before.scar is None:
                raise NothingToAccept("the slice has no mask yet")
            is_no_scar = before.state is SliceState.NO_SCAR
            return SliceChange(SliceState.NO_SCAR if is_no_scar else SliceState.ACCEPTED, False)
        case ExcludeEdit():
            return SliceChange(is_excluded=True)
        case IncludeEdit():
            if not before.is_excluded:
                raise NotExcluded("the slice is not excluded")
            return SliceChange(is_excluded=False)


def contoured(reading: Reading, edit: ContourEdit, key: SliceKey) -> SliceChange:
    """The structure within the contour; the blood pool always stays within the ventricle, whichever is drawn."""
    one, drawn_on = slice_of(reading, key), slice_of(reading, edit.slices[0])
    if not is_of_one_grid(one, drawn_on):
        raise ContourInvalid("a contour is taken over to slices with the same pixels only")
    rows, columns = one.shape
    if not all(0 <= x <= columns and 0 <= y <= rows for x, y in edit.contour):
        raise ContourInvalid(f"the contour leaves the {columns} x {rows} pixels of the slice")
    mask, before = enclosed(edit.contour, one.shape), reading.content(key).segments
    ventricle, blood_pool = before.get(Structure.LEFT_VENTRICLE), before.get(Structure.BLOOD_POOL)
    if edit.structure is Structure.BLOOD_POOL and ventricle is not None:
        mask &= ventricle.mask
    if not mask.any():
        raise ContourInvalid("the contour holds no pixel's centre")
    segments = {edit.structure: Segment(mask, Origin.CONTOUR)}
    if edit.structure is Structure.LEFT_VENTRICLE and blood_pool is not None and (blood_pool.mask & ~mask).any():
        segments[Structure.BLOOD_POOL] = replace(blood_pool, mask=blood_pool.mask & mask)
    return SliceChange(segments=segments)


def change_imported(one: Slice, imported: Imported) -> SliceChange:
    """A slice as the segmentation has it, which is not decided yet; an excluded slice stays excluded.

    What it has no mask of it says nothing about: there the slice is as if nobody had looked at it.
    """
    masks = imported.masks.get(one.key, {})
    segments: dict[Structure, Segment | None] = {
        structure: Segment(masks[structure], Origin.IMPORT) if structure in masks else None
        for structure in imported.structures
    }
    if Structure.SCAR not in imported.structures:
        return SliceChange(segments=segments)
    return SliceChange(SliceState.EDITED if Structure.SCAR in masks else SliceState.PENDING, segments=segments)


def adopted(edit: ThresholdEdit, segment: Segment) -> SliceChange:
    """On one slice what its reader drew; on the stack a proposal, which another one may replace."""
    return proposal(segment) if edit.slice is None else _drawn(Structure.SCAR, segment)


def proposal(scar: Segment | None, contours: Mapping[Structure, Segment] = MappingProxyType({})) -> SliceChange:
    """A slice as the models propose it, with the ventricle's contours; where scar is None they failed."""
    if scar is None:
        return SliceChange(SliceState.FAILED, False, contours)
    return SliceChange(SliceState.PROPOSED, False, {**contours, Structure.SCAR: scar})


def undrawn(content: SliceContent, contours: Mapping[Structure, Segment]) -> dict[Structure, Segment]:
    """The contours of those structures that no reader drew on the slice."""
    return {
        structure: contour
        for structure, contour in contours.items()
        if structure not in content.segments or content.segments[structure].origin is Origin.PROPOSED
    }


def _drawn(structure: Structure, segment: Segment) -> SliceChange:
    """A slice's state speaks of scar: other structures leave it as it is."""
    if structure is Structure.SCAR:
        return SliceChange(SliceState.EDITED, False, {structure: segment})
    return SliceChange(segments={structure: segment})
