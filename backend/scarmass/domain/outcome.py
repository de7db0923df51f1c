"""What an edit makes of a reading.

Models are asked outside: `drawn_by` and `slices_to_propose` say what for, and `apply` takes their answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from scarmass.domain.contours import enclosed
from scarmass.domain.correction import without_part
from scarmass.domain.edits import (
    AcceptAllEdit,
    AcceptEdit,
    ClearEdit,
    ContourEdit,
    Edit,
    ExchangeEdit,
    ExcludeAllEdit,
    ExcludeEdit,
    ImportEdit,
    IncludeAllEdit,
    IncludeEdit,
    LandmarkEdit,
    NoScarEdit,
    PaintEdit,
    PatternEdit,
    PromptEdit,
    ProposeEdit,
    RedoEdit,
    RemovePartEdit,
    SensitivityEdit,
    SliceEdit,
    TakeOverEdit,
    ThresholdEdit,
    UndoEdit,
    WallEdit,
)
from scarmass.domain.errors import (
    ContourInvalid,
    ImageNotRepeated,
    MaskShapeMismatch,
    NotExcluded,
    NothingToAccept,
    NothingToAdopt,
    NothingToPropose,
    NothingToRedo,
    NothingToRemove,
    NothingToTakeOver,
    NothingToUndo,
    SliceNotInStack,
)
from scarmass.domain.landmarks import Landmark, Landmarks, LevelBorder, Place
from scarmass.domain.pattern import Pattern
from scarmass.domain.prompts import Point, Prompt
from scarmass.domain.reading import (
    READERS_STATES,
    Changes,
    Origin,
    Reading,
    Segment,
    Sensitivity,
    SliceChange,
    SliceContent,
    SliceState,
    WallRules,
)
from scarmass.domain.segmentation import Imported, TakenFrom
from scarmass.domain.stack import Growth, Slice, SliceKey, is_of_one_grid, with_slices
from scarmass.domain.structures import Structure

ALL_TOUCHED = "every slice was edited, accepted or excluded by a reader, and stays as it is"


@dataclass(frozen=True)
class Outcome:
    """What an edit makes of a reading: slices that change, and its list of slices, its sensitivity, its rules of the
    wall, its landmarks and its pattern where they do. taken_from: the segmentation that an import took masks from."""

    changes: Changes
    slices: tuple[Slice, ...] | None = None
    sensitivity: Sensitivity | None = None
    wall: WallRules | None = None
    landmarks: Landmarks | None = None
    pattern: Pattern | None = None
    taken_from: TakenFrom | None = None


def drawn_by(reading: Reading, edit: PromptEdit) -> Prompt:
    """All that is drawn on the slice after the edit. Raises SliceNotInStack, PromptOutsideImage."""
    prompt = Prompt(edit.structure, edit.boxes, edit.points, sensitivity=reading.sensitivity.value)
    prompt.require_inside(*slice_of(reading, edit.slice).shape)
    return prompt


def slices_to_propose(reading: Reading, edit: ProposeEdit) -> list[Slice]:
    """The slices that models are asked for. Raises SliceNotInStack, NothingToPropose."""
    if edit.slice is not None:
        return [slice_of(reading, edit.slice)]
    chosen = untouched(reading)
    if not chosen:
        raise NothingToPropose(ALL_TOUCHED)
    return chosen


def slices_to_adopt_on(reading: Reading, edit: ThresholdEdit) -> list[Slice]:
    """The slices that the method is asked for. Raises SliceNotInStack, NothingToAdopt."""
    if edit.slice is not None:
        return [slice_of(reading, edit.slice)]
    chosen = untouched(reading)
    if not chosen:
        raise NothingToAdopt(ALL_TOUCHED)
    return chosen


def untouched(reading: Reading) -> list[Slice]:
    """The slices that no reader edited or decided on: what is asked for the whole stack changes no others."""
    return [one for one in reading.slices if reading.content(one.key).state not in READERS_STATES]


def slice_of(reading: Reading, key: SliceKey) -> Slice:
    """The reading's slice of this key. Raises SliceNotInStack."""
    for one in reading.slices:
        if one.key == key:
            return one
    raise SliceNotInStack("the slice is no part of the reading")


def apply(
    reading: Reading,
    edit: Edit,
    answers: Mapping[SliceKey, Segment] = MappingProxyType({}),
    growth: Growth | None = None,
    repeats: Sequence[Slice] = (),
    contours: Mapping[SliceKey, Mapping[Structure, Segment]] = MappingProxyType({}),
) -> Outcome:
    """What an edit makes of a reading.

    answers: what models, or a method, said of the slices asked for. growth: what the study has beyond the reading.
    repeats: the images of the position of the slice that is exchanged. contours: of the ventricle, on slices that are
    proposed.
    Raises SliceNotInStack, NothingToUndo, NothingToRedo, NothingToAccept, NothingToRemove, NothingToTakeOver,
    NotExcluded, ImageNotRepeated, MaskShapeMismatch, ContourInvalid, PositionsNotDistinct, PromptOutsideImage.
    """
    match edit:
        case UndoEdit():
            if not reading.can_undo:
                raise NothingToUndo("there is no edit to undo")
            return Outcome({})
        case RedoEdit():
            if not reading.can_redo:
                raise NothingToRedo("there is no undone edit to bring back")
            return Outcome({})
        case ProposeEdit():
            return Outcome(
                {
                    key: proposal(answer, _undrawn(reading.content(key), contours.get(key, {})))
                    for key, answer in answers.items()
                }
            )
        case SensitivityEdit():
            value = reading.sensitivity.value if edit.value is None else edit.value
            changes = {key: SliceChange(segments={Structure.SCAR: answer}) for key, answer in answers.items()}
            return Outcome(changes, sensitivity=Sensitivity(value, edit.follows))
        case WallEdit():
            changes = {key: SliceChange(segments={Structure.SCAR: answer}) for key, answer in answers.items()}
            return Outcome(changes, wall=_wall_rules(reading.wall, edit))
        case ThresholdEdit():
            return Outcome({key: _adopted(edit, answer) for key, answer in answers.items()})
        case LandmarkEdit():
            return Outcome({}, landmarks=_landmarks(reading, edit))
        case PatternEdit():
            return Outcome({}, pattern=edit.pattern)
        case TakeOverEdit():
            if growth is None or not growth.slices:
                raise NothingToTakeOver("the study has no slices that the reading lacks")
            return Outcome({}, with_slices(reading.slices, growth.slices))
        case ExchangeEdit():
            return _exchanged(reading, edit, repeats)
        case ImportEdit():
            changes = {one.key: _imported(one, edit.imported) for one in reading.slices}
            return Outcome(changes, taken_from=edit.taken_from)
        case ContourEdit():
            return Outcome({key: _contoured(reading, edit, key) for key in edit.slices})
        case AcceptAllEdit():
            return Outcome({key: _change(reading, AcceptEdit(key), answers) for key in edit.slices})
        case ExcludeAllEdit():
            return Outcome({key: _change(reading, ExcludeEdit(key), answers) for key in edit.slices})
        case IncludeAllEdit():
            return Outcome({key: _change(reading, IncludeEdit(key), answers) for key in edit.slices})
        case _:
            return Outcome({edit.slice: _change(reading, edit, answers)})


def _imported(one: Slice, imported: Imported) -> SliceChange:
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


def _adopted(edit: ThresholdEdit, segment: Segment) -> SliceChange:
    """On one slice what its reader drew; on the stack a proposal, which another one may replace."""
    return proposal(segment) if edit.slice is None else _drawn(Structure.SCAR, segment)


def _wall_rules(before: WallRules, edit: WallEdit) -> WallRules:
    return WallRules(
        before.confines_scar if edit.confines_scar is None else edit.confines_scar,
        before.papillary_muscles if edit.papillary_muscles is None else edit.papillary_muscles,
    )


def _landmarks(reading: Reading, edit: LandmarkEdit) -> Landmarks:
    """The landmarks with where they lie in the patient."""

    def landmark(place: Place | None) -> Landmark | None:
        if place is None:
            return None
        one = slice_of(reading, place.slice)
        Prompt(points=(Point(place.x, place.y, True),)).require_inside(*one.shape)
        at_mm = one.header.plane.patient_mm(np.array(place.x), np.array(place.y))
        return Landmark(place, (float(at_mm[0]), float(at_mm[1]), float(at_mm[2])))

    def border(key: SliceKey | None) -> LevelBorder | None:
        return None if key is None else LevelBorder(key, slice_of(reading, key).header.position_mm)

    return Landmarks(
        landmark(edit.anterior_insertion),
        landmark(edit.inferior_insertion),
        border(edit.first_mid),
        border(edit.first_apical),
    )


def _exchanged(reading: Reading, edit: ExchangeEdit, repeats: Sequence[Slice]) -> Outcome:
    """What a reader did on the image that goes stays that image's own: it counts again when this is undone."""
    gone = slice_of(reading, edit.slice)
    image = next((one for one in repeats if one.key == edit.image != gone.key), None)
    if image is None:
        raise ImageNotRepeated("the two images are not of one position in one acquisition")
    others = [one for one in reading.slices if one.key != gone.key]
    return Outcome({image.key: SliceChange()}, with_slices(others, [image]))


def proposal(scar: Segment | None, contours: Mapping[Structure, Segment] = MappingProxyType({})) -> SliceChange:
    """A slice as the models propose it, with the ventricle's contours; where scar is None they failed."""
    if scar is None:
        return SliceChange(SliceState.FAILED, False, contours)
    return SliceChange(SliceState.PROPOSED, False, {**contours, Structure.SCAR: scar})


def _undrawn(content: SliceContent, contours: Mapping[Structure, Segment]) -> dict[Structure, Segment]:
    """The contours of those structures that no reader drew on the slice."""
    return {
        structure: contour
        for structure, contour in contours.items()
        if structure not in content.segments or content.segments[structure].origin is Origin.PROPOSED
    }


def _change(reading: Reading, edit: SliceEdit, answers: Mapping[SliceKey, Segment]) -> SliceChange:
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


def _contoured(reading: Reading, edit: ContourEdit, key: SliceKey) -> SliceChange:
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


def _drawn(structure: Structure, segment: Segment) -> SliceChange:
    """A slice's state speaks of scar: other structures leave it as it is."""
    if structure is Structure.SCAR:
        return SliceChange(SliceState.EDITED, False, {structure: segment})
    return SliceChange(segments={structure: segment})
