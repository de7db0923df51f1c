"""Stacks: what an import makes of a study's images, and what readers said of them."""

import uuid
from collections.abc import Mapping, Sequence, Set
from datetime import UTC, datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, lazyload, selectinload

from scarmass.domain.errors import SliceNotFound, StackNotFound, ThicknessKnown
from scarmass.domain.stack import (
    THICKNESS_MISSING,
    Contrast,
    Slice,
    SliceKey,
    Stack,
    StudyHeader,
    TypedThickness,
)
from scarmass.storage.documents import (
    Json,
    header_from_json,
    repeats_from_json,
    repeats_to_json,
    thickness_from_json,
    thickness_to_json,
)
from scarmass.storage.notifications import notify
from scarmass.storage.tables import (
    FrameRow,
    InstanceRow,
    ReaderStudyStackRow,
    ReadingRow,
    SliceRow,
    StackChangeRow,
    StackRow,
    StudyRow,
)


def get_stack(session: Session, stack_id: str) -> Stack:
    """Raises StackNotFound."""
    return stack_of_row(_stack_row(session, stack_id))


def headers_of_stacks(session: Session, stack_ids: Sequence[str]) -> dict[str, StudyHeader]:
    """Patient and study of each of these stacks that is there."""
    query = select(StackRow.stack_id, StudyRow).join(
        StudyRow, StackRow.study_instance_uid == StudyRow.study_instance_uid
    )
    query = query.where(StackRow.stack_id.in_(stack_ids)).options(lazyload(StudyRow.stacks))
    return {stack_id: study_header(row) for stack_id, row in session.execute(query)}


def stack_revision(session: Session, stack_id: str) -> int:
    """How often what is stored of a stack has changed."""
    return session.scalar(select(StackRow.revision).where(StackRow.stack_id == stack_id)) or 0


def get_slice(session: Session, sop_instance_uid: str, frame_number: int) -> tuple[Stack, Slice]:
    """The slice and its stack: the one with most slices, where it stands in several. Raises SliceNotFound."""
    query = select(StackRow).join(SliceRow, SliceRow.stack_id == StackRow.stack_id)
    rows = session.scalars(
        query.where(SliceRow.sop_instance_uid == sop_instance_uid, SliceRow.frame_number == frame_number)
    ).all()
    if not rows:
        raise SliceNotFound("no such slice")
    stack = stack_of_row(max(rows, key=lambda row: (len(row.slices), row.stack_id)))
    return stack, next(one for one in stack.slices if one.key == (sop_instance_uid, frame_number))


def get_image(session: Session, sop_instance_uid: str, frame_number: int) -> Slice:
    """The slice by itself, without what its stack says of it: enough for its pixels. Raises SliceNotFound."""
    query = select(FrameRow.header, InstanceRow.sha256)
    query = query.join(InstanceRow, InstanceRow.sop_instance_uid == FrameRow.sop_instance_uid)
    query = query.where(FrameRow.sop_instance_uid == sop_instance_uid, FrameRow.frame_number == frame_number)
    of_frame = SliceRow.sop_instance_uid == FrameRow.sop_instance_uid, SliceRow.frame_number == FrameRow.frame_number
    found = session.execute(query.where(exists().where(*of_frame))).first()
    if found is None:
        raise SliceNotFound("no such slice")
    return Slice(header_from_json(found.header), sha256=found.sha256)


def change_stack(
    session: Session,
    stack_id: str,
    author: str,
    is_lge: bool | None,
    contrast: Contrast | None,
    slice_thickness_mm: float | None,
) -> Stack:
    """Overrule what was read from the headers, or say what they lack, and record who did; None stays.

    Raises StackNotFound, ThicknessKnown.
    """
    row = _stack_row(session, stack_id)
    change: Json = {}
    if slice_thickness_mm is not None:
        if all(one.header.slice_thickness_mm is not None for one in stack_of_row(row).slices):
            raise ThicknessKnown("the headers have the slice thickness: it is not typed over")
        typed = TypedThickness(slice_thickness_mm, author, datetime.now(UTC))
        row.slice_thickness_by_reader = thickness_to_json(typed)
        change["slice_thickness_mm"] = slice_thickness_mm
    if is_lge is not None:
        row.is_lge_by_reader = change["is_lge"] = is_lge
    if contrast is not None:
        row.contrast_by_reader = change["contrast"] = contrast.value
    if change:
        row.revision += 1
        session.add(StackChangeRow(stack_id=stack_id, author=author, change=change))
        session.flush()
        notify_readings(session, [stack_id])
    return stack_of_row(row)


def record_exchange(session: Session, stack_id: str, author: str, used: SliceKey, instead_of: SliceKey) -> None:
    """Note on the stack which of several images of one position a reader chose for the stack's reading."""
    change: Json = {"image": list(used), "instead_of": list(instead_of)}
    session.add(StackChangeRow(stack_id=stack_id, author=author, change=change))


def replace_stacks(session: Session, study_instance_uid: str, stacks: Sequence[Stack]) -> list[str]:
    """Make these the study's stacks, after images were added to it, and return the ids of those that were there.

    A stack that a reader worked on keeps its id, whatever joined it; what a reader said of it stays, and a stack that
    has a reading, or is in a reader study, is never dropped, even where its slices are in another one now.
    """
    without_headers = selectinload(StackRow.slices).lazyload(SliceRow.frame)
    query = select(StackRow).where(StackRow.study_instance_uid == study_instance_uid).options(without_headers)
    stored = {row.stack_id: row for row in session.scalars(query)}
    of_readings, of_reader_studies = ReadingRow.stack_id, ReaderStudyStackRow.stack_id
    read = {id for of in (of_readings, of_reader_studies) for id in session.scalars(select(of).where(of.in_(stored)))}
    same = _same_stacks(stacks, stored, read)
    rows: list[StackRow] = []
    ids = select(StackRow.stack_id).where(StackRow.stack_id.in_([stack.stack_id for stack in stacks]))
    taken = set(session.scalars(ids)) | stored.keys()
    for ordinal, stack in enumerate(stacks):
        row = stored[same[ordinal]] if ordinal in same else _new_row(study_instance_uid, stack, taken)
        row.ordinal = ordinal
        row.description = stack.description
        row.contrast = stack.contrast.value
        row.is_lge = stack.is_lge
        row.is_lge_because = stack.is_lge_because
        row.warnings = list(stack.warnings)
        row.repeats = repeats_to_json(stack.repeats)
        session.add(row)
        rows.append(row)
    session.flush()
    _replace_slices(session, rows, [stack.slices for stack in stacks])
    for stack_id, row in stored.items():
        row.revision += 1
        if stack_id not in same.values() and stack_id not in read:
            session.delete(row)
    session.flush()
    notify_readings(session, list(stored))
    return list(stored)


def notify_readings(session: Session, stack_ids: Sequence[str]) -> None:
    """Wake those who follow a reading of these stacks."""
    for reading_id in session.scalars(select(ReadingRow.id).where(ReadingRow.stack_id.in_(stack_ids))):
        notify(session, str(reading_id))


def _same_stacks(stacks: Sequence[Stack], stored: Mapping[str, StackRow], read: Set[str]) -> dict[int, str]:
    """Which of the stacks, by their place, are which of the stored ones: those that share most slices.

    Stored ones that were read choose first.
    """
    pairs = []
    for place, stack in enumerate(stacks):
        keys = {one.key for one in stack.slices}
        for stack_id, row in stored.items():
            shared = sum((one.sop_instance_uid, one.frame_number) in keys for one in row.slices)
            if shared:
                pairs.append((stack_id in read, shared, stack_id == stack.stack_id, -place, stack_id))
    same: dict[int, str] = {}
    for *_, place, stack_id in sorted(pairs, reverse=True):
        if -place not in same and stack_id not in same.values():
            same[-place] = stack_id
    return same


def _new_row(study_instance_uid: str, stack: Stack, taken: set[str]) -> StackRow:
    """A row for a stack that was not there, under its own id where an older stack has not kept that one."""
    stack_id = stack.stack_id
    while stack_id in taken:
        stack_id = str(uuid.uuid5(uuid.UUID(stack_id), "another stack"))
    taken.add(stack_id)
    return StackRow(stack_id=stack_id, study_instance_uid=study_instance_uid)


def _replace_slices(session: Session, rows: Sequence[StackRow], slices: Sequence[Sequence[Slice]]) -> None:
    """Give each stack its slices, all in one statement: a study may have hundreds of stacks."""
    changed: dict[str, list[Json]] = {}
    for row, of in zip(rows, slices, strict=True):
        now = [(one.header.sop_instance_uid, one.header.frame_number, one.slice_spacing_mm) for one in of]
        if [(one.sop_instance_uid, one.frame_number, one.slice_spacing_mm) for one in row.slices] != now:
            changed[row.stack_id] = [
                {
                    "stack_id": row.stack_id,
                    "index": index,
                    "sop_instance_uid": uid,
                    "frame_number": frame_number,
                    "slice_spacing_mm": spacing_mm,
                }
                for index, (uid, frame_number, spacing_mm) in enumerate(now)
            ]
    if added := [one for of in changed.values() for one in of]:
        session.execute(delete(SliceRow).where(SliceRow.stack_id.in_(changed)))
        session.execute(insert(SliceRow), added)
    for row in rows:
        session.expire(row, ["slices"])


def study_header(row: StudyRow) -> StudyHeader:
    return StudyHeader(
        row.study_instance_uid,
        row.patient_name,
        row.patient_id,
        row.patient_birth_date,
        row.patient_sex,
        row.study_date,
        row.study_description,
        row.accession_number,
    )


def _stack_row(session: Session, stack_id: str) -> StackRow:
    row = session.scalar(select(StackRow).where(StackRow.stack_id == stack_id))
    if row is None:
        raise StackNotFound("no such stack")
    return row


def stack_of_row(row: StackRow) -> Stack:
    """The stack with what counts: a reader overrules the headers."""
    is_lge, because = counted_is_lge(row)
    typed = thickness_from_json(row.slice_thickness_by_reader)
    return Stack(
        stack_id=row.stack_id,
        study=study_header(row.study),
        description=row.description,
        contrast=counted_contrast(row),
        is_lge=is_lge,
        is_lge_because=because,
        warnings=tuple(_said(warning, typed) for warning in row.warnings),
        slices=tuple(
            Slice(header_from_json(one.frame.header), one.slice_spacing_mm, one.frame.instance.sha256, typed)
            for one in row.slices
        ),
        revision=row.revision,
        typed_thickness=typed,
        repeats=repeats_from_json(row.repeats),
    )


def counted_contrast(row: StackRow) -> Contrast:
    """What a reader said, else what the headers say."""
    return Contrast(row.contrast_by_reader or row.contrast)


def counted_is_lge(row: StackRow) -> tuple[bool, str]:
    """Whether it is late enhancement, and why."""
    if row.is_lge_by_reader is not None:
        return row.is_lge_by_reader, "set by the reader"
    return row.is_lge, row.is_lge_because


def _said(warning: str, typed: TypedThickness | None) -> str:
    """The warning, or what a reader said instead."""
    if typed is None or warning != THICKNESS_MISSING:
        return warning
    return f"SliceThickness is missing: {typed.author} typed {typed.mm:g} mm on {typed.at:%Y-%m-%d}"
