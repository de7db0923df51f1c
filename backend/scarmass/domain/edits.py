"""What a reader can do to a reading: each kind of edit as a type of its own, and what it makes of the slices.

Models are asked outside: `prompt_of` and `slices_to_propose` say what for, and `apply` takes their answers.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scarmass.domain.errors import (
    MaskShapeMismatch,
    NotExcluded,
    NothingToAccept,
    NothingToPropose,
    NothingToRedo,
    NothingToTakeOver,
    NothingToUndo,
    PromptInvalid,
    SliceNotInStack,
)
from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Box, Point, Prompt
from scarmass.domain.reading import (
    READERS_STATES,
    Changes,
    EditKind,
    Origin,
    Reading,
    Segment,
    SliceChange,
    SliceContent,
    SliceState,
)
from scarmass.domain.stack import Growth, Slice, SliceKey, with_slices
from scarmass.domain.structures import Structure


@dataclass(frozen=True)
class PromptEdit:
    """Boxes and points, all that are on the slice, for a model to answer."""

    kind: ClassVar = EditKind.PROMPT
    slice: SliceKey
    boxes: tuple[Box, ...] = ()
    points: tuple[Point, ...] = ()
    structure: Structure = Structure.SCAR

    def __post_init__(self) -> None:
        if not self.boxes and not self.points:
            raise PromptInvalid("a prompt needs a box or a point")


@dataclass(frozen=True)
class PaintEdit:
    """The whole mask of the slice, bool (rows, columns), as the reader painted it."""

    kind: ClassVar = EditKind.PAINT
    slice: SliceKey
    mask: Mask
    structure: Structure = Structure.SCAR


@dataclass(frozen=True)
class ClearEdit:
    kind: ClassVar = EditKind.CLEAR
    slice: SliceKey
    structure: Structure = Structure.SCAR


@dataclass(frozen=True)
class NoScarEdit:
    kind: ClassVar = EditKind.NO_SCAR
    slice: SliceKey


@dataclass(frozen=True)
class AcceptEdit:
    kind: ClassVar = EditKind.ACCEPT
    slice: SliceKey


@dataclass(frozen=True)
class AcceptAllEdit:
    """What is on several slices, accepted in one step."""

    kind: ClassVar = EditKind.ACCEPT
    slices: tuple[SliceKey, ...]


@dataclass(frozen=True)
class ExcludeEdit:
    kind: ClassVar = EditKind.EXCLUDE
    slice: SliceKey


@dataclass(frozen=True)
class IncludeEdit:
    kind: ClassVar = EditKind.INCLUDE
    slice: SliceKey


@dataclass(frozen=True)
class ProposeEdit:
    """The models' own answer on one slice, or on all slices that no reader has decided on."""

    kind: ClassVar = EditKind.PROPOSE
    slice: SliceKey | None = None


@dataclass(frozen=True)
class TakeOverEdit:
    """The slices that the study has since the reading got its own."""

    kind: ClassVar = EditKind.TAKE_OVER


@dataclass(frozen=True)
class UndoEdit:
    kind: ClassVar = EditKind.UNDO


@dataclass(frozen=True)
class RedoEdit:
    kind: ClassVar = EditKind.REDO


SliceEdit = PromptEdit | PaintEdit | ClearEdit | NoScarEdit | AcceptEdit | ExcludeEdit | IncludeEdit
Edit = SliceEdit | AcceptAllEdit | ProposeEdit | TakeOverEdit | UndoEdit | RedoEdit


@dataclass(frozen=True)
class EditRequest:
    """An edit as it was asked for. sha256: of the request as it came, which the same request again is known by."""

    client_id: uuid.UUID
    expected_revision: int
    sha256: str
    edit: Edit


@dataclass(frozen=True)
class Outcome:
    """What an edit makes of a reading: slices that change, and the reading's list of slices where that changes."""

    changes: Changes
    slices: tuple[Slice, ...] | None = None


def prompt_of(reading: Reading, edit: PromptEdit) -> Prompt:
    """What the segmenter is asked. Raises SliceNotInStack, PromptOutsideImage."""
    prompt = Prompt(edit.structure, edit.boxes, edit.points, previous_mask(reading.content(edit.slice), edit))
    prompt.require_inside(*slice_of(reading, edit.slice).shape)
    return prompt


def previous_mask(before: SliceContent, edit: PromptEdit) -> Mask | None:
    """The mask so far is part of the prompt where the reader only added points to it: a correction of that mask."""
    segment = before.segments.get(edit.structure)
    corrects = (
        segment is not None
        and bool(segment.mask.any())
        and segment.boxes == edit.boxes
        and len(edit.points) > len(segment.points)
        and edit.points[: len(segment.points)] == segment.points
    )
    return segment.mask if segment is not None and corrects else None


def slices_to_propose(reading: Reading, edit: ProposeEdit) -> list[Slice]:
    """The slices that models are asked for. Raises SliceNotInStack, NothingToPropose."""
    if edit.slice is not None:
        return [slice_of(reading, edit.slice)]
    chosen = [one for one in reading.slices if reading.content(one.key).state not in READERS_STATES]
    if not chosen:
        raise NothingToPropose("every slice was edited, accepted or excluded by a reader, and stays as it is")
    return chosen


def slice_of(reading: Reading, key: SliceKey) -> Slice:
    """The reading's slice of this key. Raises SliceNotInStack."""
    for one in reading.slices:
        if one.key == key:
            return one
    raise SliceNotInStack("the slice is no part of the reading")


def apply(reading: Reading, edit: Edit, answers: Mapping[SliceKey, Segment], growth: Growth | None) -> Outcome:
    """What an edit makes of a reading.

    answers: what models said of the slices that were asked for. growth: what the study has beyond the reading.
    Raises SliceNotInStack, NothingToUndo, NothingToRedo, NothingToAccept, NothingToTakeOver, NotExcluded,
    MaskShapeMismatch, PositionsNotDistinct.
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
            return Outcome({key: proposal(answer) for key, answer in answers.items()})
        case TakeOverEdit():
            if growth is None or not growth.slices:
                raise NothingToTakeOver("the study has no slices that the reading lacks")
            return Outcome({}, with_slices(reading.slices, growth.slices))
        case AcceptAllEdit():
            return Outcome({key: _change(reading, AcceptEdit(key), answers) for key in edit.slices})
        case _:
            return Outcome({edit.slice: _change(reading, edit, answers)})


def proposal(segment: Segment | None) -> SliceChange:
    """A slice as the models propose it; without a segment they failed on it."""
    if segment is None:
        return SliceChange(SliceState.FAILED, False)
    return SliceChange(SliceState.PROPOSED, False, {Structure.SCAR: segment})


def _change(reading: Reading, edit: SliceEdit, answers: Mapping[SliceKey, Segment]) -> SliceChange:
    one, before = slice_of(reading, edit.slice), reading.content(edit.slice)
    match edit:
        case PromptEdit():
            return _drawn(edit.structure, answers[edit.slice])
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


def _drawn(structure: Structure, segment: Segment) -> SliceChange:
    """A slice's state speaks of scar: other structures leave it as it is."""
    if structure is Structure.SCAR:
        return SliceChange(SliceState.EDITED, False, {structure: segment})
    return SliceChange(segments={structure: segment})
