"""Segmentations of others: what a study has of them, what they show of a stack, and readings opened from them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scarmass.domain.edits import EditRequest, ImportEdit
from scarmass.domain.errors import ReadingNotFound, SegmentationNotOnStack
from scarmass.domain.patient import is_same_patient
from scarmass.domain.segmentation import Meaning, SegmentationObject, SegmentationRead, TakenFrom, imported, named
from scarmass.domain.stack import Slice
from scarmass.imaging.segmentations import read_segmentation
from scarmass.services.context import Context
from scarmass.services.readings.edit import apply_edit
from scarmass.services.readings.load import MeasuredReading
from scarmass.services.readings.open import open_reading
from scarmass.services.store_segmentations import OTHER_PATIENT
from scarmass.storage import opening, reading_slices, readings, segmentations, stacks, studies
from scarmass.storage.segmentations import StoredSegmentation


@dataclass(frozen=True)
class ListedSegmentation:
    """unusable_because: in words, None where it can be used."""

    content: SegmentationObject
    unusable_because: str | None


@dataclass(frozen=True)
class Taking:
    """What a reader takes of a segmentation. request_id, sha256: of the request, which again changes nothing."""

    request_id: uuid.UUID
    sha256: str
    sop_instance_uid: str
    meanings: Mapping[int, Meaning]

    def on(self, revision: int, edit: ImportEdit) -> EditRequest:
        return EditRequest(self.request_id, revision, self.sha256, edit)


def segmentations_of(context: Context, study_instance_uid: str) -> Sequence[ListedSegmentation]:
    """The study's, in the order in which they came. Raises StudyNotFound."""
    with context.database.transaction() as session:
        study = studies.get_study(session, study_instance_uid).header
        found = segmentations.of_study(session, study_instance_uid)
    return [
        ListedSegmentation(one.content, None if is_same_patient(one.content.study, study) else OTHER_PATIENT)
        for one in found
    ]


def segmentation_on_stack(
    context: Context, stack_id: str, sop_instance_uid: str, reading_id: uuid.UUID | None = None
) -> tuple[SegmentationObject, SegmentationRead]:
    """What a segmentation of the stack's study shows of the stack's slices, or of those of a reading of the stack.

    Raises StackNotFound, SegmentationNotFound, SegmentationNotOnStack, ReadingNotFound, PixelsUndecodable.
    """
    stored = _stored(context, stack_id, sop_instance_uid)
    if reading_id is not None:
        slices = _slices_of(context, stack_id, reading_id)
    else:
        with context.database.transaction() as session:
            slices = stacks.get_stack(session, stack_id).slices
    return stored.content, read_segmentation(context.files.get(stored.sha256), slices)


def read_from_segmentation(
    context: Context, stack_id: str, taking: Taking, reader: str
) -> tuple[MeasuredReading, bool]:
    """A reading with the masks of a segmentation, and whether it is new: the stack's where there is none yet, else the
    reader's own.

    The masks come as one edit on top of what the reading has. Raises what `segmentation_on_stack`, `imported` and
    `apply_edit` raise, and ClientIdReused.
    """
    stored = _stored(context, stack_id, taking.sop_instance_uid)
    content = context.files.get(stored.sha256)
    with context.database.transaction() as session:
        slices = stacks.get_stack(session, stack_id).slices
        opened_with = uuid.uuid5(taking.request_id, "the reading that the masks go into")
        known, own = opening.reading_for_import(session, stack_id, taking.request_id, opened_with, reader)
    imported(read_segmentation(content, slices), taking.meanings)  # before a reading is opened for what cannot be taken
    is_new = False
    if known is None:
        known, is_new = open_reading(context, stack_id, opened_with, reader, own)
    with context.database.transaction() as session:
        reading = readings.get_reading(session, known)
    edit = _import(stored.content, content, reading.slices, taking.meanings)
    return apply_edit(context, known, taking.on(reading.revision, edit), reader), is_new


def take_over_segmentation(
    context: Context, stack_id: str, taking: Taking, reading_id: uuid.UUID, expected_revision: int, reader: str
) -> MeasuredReading:
    """A reading of the stack right after the masks of a segmentation came into it, as one edit on a revision of it.

    Raises what `segmentation_on_stack`, `imported` and `apply_edit` raise.
    """
    stored = _stored(context, stack_id, taking.sop_instance_uid)
    slices = _slices_of(context, stack_id, reading_id)
    edit = _import(stored.content, context.files.get(stored.sha256), slices, taking.meanings)
    return apply_edit(context, reading_id, taking.on(expected_revision, edit), reader)


def _slices_of(context: Context, stack_id: str, reading_id: uuid.UUID) -> Sequence[Slice]:
    """Raises ReadingNotFound where the stack has no such reading."""
    with context.database.transaction() as session:
        if readings.stack_and_state(session, reading_id)[0] != stack_id:
            raise ReadingNotFound("the stack has no such reading")
        return reading_slices.slices_of(session, reading_id)


def count_by_study(context: Context, study_instance_uids: Sequence[str]) -> dict[str, int]:
    """How many segmentations lie beside each of these studies; those that have none are left out."""
    with context.database.transaction() as session:
        return segmentations.count_by_study(session, study_instance_uids)


def _import(
    segmentation: SegmentationObject, content: bytes, slices: Sequence[Slice], meanings: Mapping[int, Meaning]
) -> ImportEdit:
    read = read_segmentation(content, slices)
    masks = imported(read, meanings)
    return ImportEdit(
        masks,
        TakenFrom(
            segmentation.sop_instance_uid,
            segmentation.kind,
            segmentation.label,
            segmentation.creator,
            named(read.segments, meanings),
            len(masks.masks),
            (*read.warnings, *masks.warnings),
        ),
    )


def _stored(context: Context, stack_id: str, sop_instance_uid: str) -> StoredSegmentation:
    """Raises StackNotFound, SegmentationNotFound, SegmentationNotOnStack where it is of another patient."""
    with context.database.transaction() as session:
        study = stacks.get_stack(session, stack_id).study
        stored = segmentations.get_segmentation(session, study.study_instance_uid, sop_instance_uid)
    if not is_same_patient(stored.content.study, study):
        raise SegmentationNotOnStack(OTHER_PATIENT)
    return stored
