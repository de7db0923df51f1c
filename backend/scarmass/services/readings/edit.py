"""A reader's edits: each checked, answered by the models where it must be, stored and committed before it is told."""

import uuid
from dataclasses import asdict, dataclass, replace

import numpy as np
from sqlalchemy.orm import Session

from scarmass.domain.errors import (
    ClientIdReused,
    NotExcluded,
    NothingToAccept,
    NothingToPropose,
    NothingToRedo,
    NothingToUndo,
    PromptInvalid,
    RevisionStale,
    SliceNotInStack,
)
from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Box, Point, Prompt
from scarmass.domain.proposal import proposed_prompt
from scarmass.domain.reading import REVIEWED_STATES, EditKind, SliceState
from scarmass.domain.stack import SliceKey
from scarmass.services.context import Context
from scarmass.services.measure import masks_on, slice_key
from scarmass.services.readings import propose
from scarmass.services.readings.reading import PENDING, Reading, SliceContent, reading_at
from scarmass.services.slices import header_of
from scarmass.storage import readings
from scarmass.storage.tables import EditRow, EditSliceRow, Json, SliceRow, StackRow


@dataclass(frozen=True)
class Edit:
    """What a reader asks for. slice: None for undo, redo and a proposal of the whole stack."""

    client_id: uuid.UUID
    expected_revision: int
    kind: EditKind
    slice: SliceKey | None = None
    boxes: tuple[Box, ...] = ()
    points: tuple[Point, ...] = ()
    mask: Json | None = None
    """Painted: run lengths of the slice's whole mask."""

    def to_json(self) -> Json:
        told = {**asdict(self), "client_id": str(self.client_id), "slice": list(self.slice) if self.slice else None}
        return told if self.mask is not None else {key: value for key, value in told.items() if key != "mask"}


def apply_edit(context: Context, reading_id: uuid.UUID, edit: Edit, author: str) -> Reading:
    """The reading right after this edit; the same edit again gives the same answer.

    Models answer before the reading is locked, so a slow first click holds nobody up; whoever edited in between
    makes this edit stale. Raises RevisionStale, ClientIdReused, NothingToUndo, NothingToRedo, NothingToAccept,
    NothingToPropose, NotExcluded, PromptInvalid, PromptOutsideImage, MaskMalformed, MaskShapeMismatch, SliceNotInStack.
    """
    with context.database.transaction() as session:
        row = readings.get_reading(session, reading_id)
        if (done := _already_done(context, session, reading_id, edit)) is not None:
            return done
        reading = reading_at(context, session, row)
    _require_current(edit, reading.revision)
    outcome = _outcome(context, reading, edit)
    with context.database.transaction() as session:
        row = readings.get_reading(session, reading_id, lock=True)
        if (done := _already_done(context, session, reading_id, edit)) is not None:
            return done
        _require_current(edit, readings.revision_of(session, reading_id))
        readings.add_edit(session, _edit_row(reading_id, edit, author, outcome))
        if edit.kind is EditKind.PROPOSE and row.state == readings.FAILED:
            row.state = readings.DRAFT
        return reading_at(context, session, row)


def _already_done(context: Context, session: Session, reading_id: uuid.UUID, edit: Edit) -> Reading | None:
    stored = readings.edit_by_client_id(session, reading_id, edit.client_id)
    if stored is None:
        return None
    if stored.request != _as_stored(edit):
        raise ClientIdReused("this client_id was used for another edit")
    return reading_at(context, session, readings.get_reading(session, reading_id), stored.revision)


def _as_stored(edit: Edit) -> Json:
    request = edit.to_json()
    return {**request, "boxes": list(request["boxes"]), "points": list(request["points"])}


def _require_current(edit: Edit, revision: int) -> None:
    if edit.expected_revision != revision:
        raise RevisionStale(f"the reading is at revision {revision}, the edit was made on {edit.expected_revision}")


def _edit_row(reading_id: uuid.UUID, edit: Edit, author: str, outcome: dict[SliceKey, SliceContent]) -> EditRow:
    revision = edit.expected_revision + 1
    return EditRow(
        reading_id=reading_id,
        revision=revision,
        client_id=edit.client_id,
        author=author,
        kind=edit.kind.value,
        request=_as_stored(edit),
        slices=[
            EditSliceRow(sop_instance_uid=sop, frame_number=frame, content=content.to_json())
            for (sop, frame), content in outcome.items()
        ],
    )


def _outcome(context: Context, reading: Reading, edit: Edit) -> dict[SliceKey, SliceContent]:
    """What each touched slice becomes."""
    if edit.kind is EditKind.UNDO:
        if not reading.can_undo:
            raise NothingToUndo("there is no edit to undo")
        return {}
    if edit.kind is EditKind.REDO:
        if not reading.can_redo:
            raise NothingToRedo("there is no undone edit to bring back")
        return {}
    if edit.kind is EditKind.PROPOSE:
        return propose_slices(context, reading, edit.slice)
    row = _named_slice(reading, edit)
    return {slice_key(row): _slice_outcome(context, reading, row, edit)}


def _named_slice(reading: Reading, edit: Edit) -> SliceRow:
    if edit.slice is None:
        raise PromptInvalid(f"an edit of kind {edit.kind.value} names its slice")
    for row in reading.stack.slices:
        if slice_key(row) == edit.slice:
            return row
    raise SliceNotInStack("the slice is no part of the reading's stack")


def _slice_outcome(context: Context, reading: Reading, row: SliceRow, edit: Edit) -> SliceContent:
    before = reading.content(row)
    if edit.kind is EditKind.CLEAR:
        return PENDING
    if edit.kind is EditKind.NO_SCAR:
        header = header_of(row.instance)
        return SliceContent(SliceState.NO_SCAR, mask=np.zeros((header.rows, header.columns), bool))
    if edit.kind is EditKind.ACCEPT:
        if before.mask is None:
            raise NothingToAccept("the slice has no mask yet")
        state = SliceState.NO_SCAR if before.state is SliceState.NO_SCAR else SliceState.ACCEPTED
        return replace(before, state=state, state_before=None)
    if edit.kind is EditKind.EXCLUDE:
        return replace(before, state=SliceState.EXCLUDED, state_before=before.state_before or before.state)
    if edit.kind is EditKind.INCLUDE:
        if before.state_before is None:
            raise NotExcluded("the slice is not excluded")
        return replace(before, state=before.state_before, state_before=None)
    if edit.kind is EditKind.PAINT:
        if edit.mask is None:
            raise PromptInvalid("painting needs the mask that was painted")
        mask = masks_on(reading.stack, {slice_key(row): edit.mask})[slice_key(row)]
        # What was painted is no answer to boxes and points any more.
        return SliceContent(SliceState.EDITED, mask=mask)
    if not edit.boxes and not edit.points:
        raise PromptInvalid("a prompt needs a box or a point")
    prompt = Prompt(boxes=edit.boxes, points=edit.points, previous=previous_mask(before, edit.boxes, edit.points))
    segmentation = propose.segment(context, reading.stack, row, prompt)
    return SliceContent.of(SliceState.EDITED, prompt, segmentation, context.segmenter.model)


def previous_mask(before: SliceContent, boxes: tuple[Box, ...], points: tuple[Point, ...]) -> Mask | None:
    """The mask so far is part of the prompt where the reader only added points to it: a correction of that mask."""
    corrects = (
        before.mask is not None
        and bool(before.mask.any())
        and before.boxes == boxes
        and len(points) > len(before.points)
        and points[: len(before.points)] == before.points
    )
    return before.mask if corrects else None


def propose_slices(context: Context, reading: Reading, only: SliceKey | None) -> dict[SliceKey, SliceContent]:
    """The models' own answer on one slice, or on all slices that no reader has decided on.

    Raises SliceNotInStack, NothingToPropose.
    """
    rows = reading.stack.slices
    if only is None:
        chosen = [row for row in rows if reading.content(row).state not in REVIEWED_STATES]
    else:
        chosen = [row for row in rows if slice_key(row) == only]
    if not chosen and only is not None:
        raise SliceNotInStack("the slice is no part of the reading's stack")
    if not chosen:
        raise NothingToPropose("every slice was edited, accepted or excluded by a reader, and stays as it is")
    return {slice_key(row): proposal(context, reading.stack, row) for row in chosen}


def proposal(context: Context, stack: StackRow, row: SliceRow) -> SliceContent:
    """The proposed scar boxes on one slice, segmented; an empty mask where there are none."""
    prompt = proposed_prompt(propose.detect(context, stack, row))
    if not prompt.boxes:
        header = header_of(row.instance)
        empty = np.zeros((header.rows, header.columns), bool)
        return SliceContent(SliceState.PROPOSED, mask=empty, model=context.detector.model)
    segmentation = propose.segment(context, stack, row, prompt)
    return SliceContent.of(SliceState.PROPOSED, prompt, segmentation, context.segmenter.model)
