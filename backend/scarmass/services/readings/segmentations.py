"""Segmentations of others: what a study has of them, what they show of a stack, and readings opened from them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scarmass.domain.edits import EditRequest, ImportEdit
from scarmass.domain.errors import SegmentationNotOnStack
from scarmass.domain.patient import is_same_patient
from scarmass.domain.segmentation import Meaning, SegmentationObject, SegmentationRead, TakenFrom, imported, named
from scarmass.domain.stack import Slice
from scarmass.imaging.segmentations import read_segmentation
from scarmass.services.context import Context
from scarmass.services.readings.edit import apply_edit
from scarmass.services.readings.load import MeasuredReading
from scarmass.services.readings.open import open_reading
from scarmass.services.store_segmentations import OTHER_PATIENT
from scarmass.storage import opening, readings, segmentations, stacks, studies
from scarmass.storage.segmentations import StoredSegmentation


@dataclass(frozen=True)
class ListedSegmentation:
    """unusable_because: in words, None where it can be used."""

    content: SegmentationObject
    unusable_because: str | None


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
    context: Context, stack_id: str, sop_instance_uid: str
) -> tuple[SegmentationObject, SegmentationRead]:
    """What a segmentation of the stack's study shows of the stack's slices.

    Raises StackNotFound, SegmentationNotFound, SegmentationNotOnStack, PixelsUndecodable.
    """
    stored = _stored(context, stack_id, sop_instance_uid)
    with context.database.transaction() as session:
        slices = stacks.get_stack(session, stack_id).slices
    return stored.content, read_segmentation(context.files.get(stored.sha256), slices)


def read_from_segmentation(
    context: Context,
    stack_id: str,
    request_id: uuid.UUID,
    sha256: str,
    sop_instance_uid: str,
    meanings: Mapping[int, Meaning],
    reader: str,
) -> tuple[MeasuredReading, bool]:
    """A reading with the masks of a segmentation, and whether it is new: the stack's where there is none yet, else the
    reader's own.

    The masks come as one edit on top of what the reading has. The same request again changes nothing. sha256: of the
    request. Raises what `segmentation_on_stack`, `imported` and `apply_edit` raise, and ClientIdReused.
    """
    stored = _stored(context, stack_id, sop_instance_uid)
    content = context.files.get(stored.sha256)
    with context.database.transaction() as session:
        slices = stacks.get_stack(session, stack_id).slices
        opened_with = uuid.uuid5(request_id, "the reading that the masks go into")
        known, own = opening.reading_for_import(session, stack_id, request_id, opened_with, reader)
    imported(read_segmentation(content, slices), meanings)  # before a reading is opened for what cannot be taken in
    is_new = False
    if known is None:
        known, is_new = open_reading(context, stack_id, opened_with, reader, own)
    with context.database.transaction() as session:
        reading = readings.get_reading(session, known)
    edit = _import(stored.content, content, reading.slices, meanings)
    return apply_edit(context, known, EditRequest(request_id, reading.revision, sha256, edit), reader), is_new


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
