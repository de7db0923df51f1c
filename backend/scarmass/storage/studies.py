"""Studies, their stored objects and their stacks."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import ARRAY, Text, any_, delete, func, literal, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, lazyload, selectinload

from scarmass.domain.errors import SliceNotFound, StackNotFound, StudyNotFound, ThicknessKnown
from scarmass.domain.stack import (
    THICKNESS_MISSING,
    Contrast,
    Slice,
    SliceHeader,
    SliceKey,
    Stack,
    Study,
    StudyHeader,
    TypedThickness,
)
from scarmass.storage.documents import (
    Json,
    header_from_json,
    header_to_json,
    repeats_from_json,
    repeats_to_json,
    thickness_from_json,
    thickness_to_json,
)
from scarmass.storage.notifications import notify
from scarmass.storage.removals import removal_of
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


def lock_study(session: Session, study_instance_uid: str) -> None:
    """Let no other transaction change this study's stacks, or open a reading of them, until ours ends."""
    key = int.from_bytes(hashlib.sha256(study_instance_uid.encode()).digest()[:8], "big", signed=True)
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": key})


def add_study(session: Session, header: StudyHeader) -> StudyHeader:
    """The stored study of this UID, added where it was not there."""
    row = session.get(StudyRow, header.study_instance_uid, options=[lazyload(StudyRow.stacks)])
    if row is None:
        row = StudyRow(**asdict(header))
        session.add(row)
    elif not row.accession_number:
        row.accession_number = header.accession_number
    session.flush()
    return _study_header(row)


def delete_if_empty(session: Session, study_instance_uid: str) -> None:
    """Take a study away that has no object."""
    query = select(func.count()).where(InstanceRow.study_instance_uid == study_instance_uid)
    if not session.scalar(query):
        session.execute(delete(StudyRow).where(StudyRow.study_instance_uid == study_instance_uid))


@dataclass(frozen=True)
class StoredInstance:
    """Which study holds an object, and its content."""

    study_instance_uid: str
    sha256: str


def add_instances(
    session: Session, study_instance_uid: str, objects: Sequence[tuple[Sequence[SliceHeader], str]]
) -> list[StoredInstance | None]:
    """Add objects, each its frames and its sha256; answers for each what is stored under its UID already, which stays.

    Of two objects of one UID among them the first is added, and is what is stored for the second.
    """
    added = [
        {
            "sop_instance_uid": frames[0].sop_instance_uid,
            "study_instance_uid": study_instance_uid,
            "series_instance_uid": frames[0].series_instance_uid,
            "sha256": sha256,
        }
        for frames, sha256 in objects
    ]
    if not added:
        return []
    adding = insert(InstanceRow).on_conflict_do_nothing().returning(InstanceRow.sop_instance_uid)
    new = set(session.scalars(adding, added))
    stored = _stored_instances(session, {row["sop_instance_uid"] for row in added} - new)
    answers: list[StoredInstance | None] = []
    for frames, sha256 in objects:
        uid = frames[0].sop_instance_uid
        answers.append(stored.get(uid))
        stored.setdefault(uid, StoredInstance(study_instance_uid, sha256))
    _add_frames(session, [frames for (frames, _), is_there in zip(objects, answers, strict=True) if is_there is None])
    return answers


def _add_frames(session: Session, objects: Sequence[Sequence[SliceHeader]]) -> None:
    rows = [
        {"sop_instance_uid": one.sop_instance_uid, "frame_number": one.frame_number, "header": header_to_json(one)}
        for frames in objects
        for one in frames
    ]
    if rows:
        session.execute(insert(FrameRow), rows)


def _stored_instances(session: Session, sop_instance_uids: Set[str]) -> dict[str, StoredInstance]:
    wanted = any_(literal(list(sop_instance_uids), ARRAY(Text)))
    rows = session.scalars(select(InstanceRow).where(InstanceRow.sop_instance_uid == wanted))
    return {row.sop_instance_uid: StoredInstance(row.study_instance_uid, row.sha256) for row in rows}


def headers_of(session: Session, study_instance_uid: str) -> list[SliceHeader]:
    """Of every image of the study."""
    query = select(FrameRow.header).join(InstanceRow, InstanceRow.sop_instance_uid == FrameRow.sop_instance_uid)
    query = query.where(InstanceRow.study_instance_uid == study_instance_uid)
    headers = session.scalars(query.order_by(FrameRow.sop_instance_uid, FrameRow.frame_number))
    return [header_from_json(header) for header in headers]


def get_study(session: Session, study_instance_uid: str) -> Study:
    """Raises StudyNotFound."""
    row = session.scalar(select(StudyRow).where(StudyRow.study_instance_uid == study_instance_uid))
    if row is None:
        raise StudyNotFound("no such study")
    return _study(session, row)


def page_of_studies(session: Session, limit: int, after: tuple[str, str] | None, removed: bool) -> list[Study]:
    """Studies newest first, at most limit, those after (study_date, study_instance_uid).

    removed: those that were taken off the worklist, instead of those on it.
    """
    key = tuple_(StudyRow.study_date, StudyRow.study_instance_uid)
    query = select(StudyRow).order_by(StudyRow.study_date.desc(), StudyRow.study_instance_uid.desc()).limit(limit)
    query = query.where(StudyRow.is_removed == removed)
    if after is not None:
        query = query.where(key < tuple_(*after))
    return [_study(session, row) for row in session.scalars(query)]


def other_studies_of_patient(session: Session, study: StudyHeader) -> list[Study]:
    """The other studies on the worklist that have a study's PatientID, the newest first."""
    query = select(StudyRow).where(StudyRow.patient_id == study.patient_id, StudyRow.is_removed.is_(False))
    query = query.where(StudyRow.study_instance_uid != study.study_instance_uid)
    query = query.order_by(StudyRow.study_date.desc(), StudyRow.study_instance_uid.desc())
    return [_study(session, row) for row in session.scalars(query)]


def has_studies(session: Session) -> bool:
    return session.scalar(select(StudyRow.study_instance_uid).limit(1)) is not None


def get_stack(session: Session, stack_id: str) -> Stack:
    """Raises StackNotFound."""
    return _stack(_stack_row(session, stack_id))


def headers_of_stacks(session: Session, stack_ids: Sequence[str]) -> dict[str, StudyHeader]:
    """Patient and study of each of these stacks that is there."""
    query = select(StackRow.stack_id, StudyRow).join(
        StudyRow, StackRow.study_instance_uid == StudyRow.study_instance_uid
    )
    query = query.where(StackRow.stack_id.in_(stack_ids)).options(lazyload(StudyRow.stacks))
    return {stack_id: _study_header(row) for stack_id, row in session.execute(query)}


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
    stack = _stack(max(rows, key=lambda row: (len(row.slices), row.stack_id)))
    return stack, next(one for one in stack.slices if one.key == (sop_instance_uid, frame_number))


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
        if all(one.header.slice_thickness_mm is not None for one in _stack(row).slices):
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
        _notify_readings(session, [stack_id])
    return _stack(row)


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
    _notify_readings(session, list(stored))
    return list(stored)


def _notify_readings(session: Session, stack_ids: Sequence[str]) -> None:
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


def imported_since(session: Session, study_instance_uid: str, time: datetime) -> set[str]:
    """SOP Instance UIDs of the images that came into the study after a time."""
    query = select(InstanceRow.sop_instance_uid).where(InstanceRow.study_instance_uid == study_instance_uid)
    return set(session.scalars(query.where(InstanceRow.imported_at > time)))


def _study_header(row: StudyRow) -> StudyHeader:
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


def _study(session: Session, row: StudyRow) -> Study:
    stacks = tuple(_stack(stack) for stack in row.stacks)
    return Study(_study_header(row), row.imported_at, stacks, removal_of(session, row))


def _stack_row(session: Session, stack_id: str) -> StackRow:
    row = session.scalar(select(StackRow).where(StackRow.stack_id == stack_id))
    if row is None:
        raise StackNotFound("no such stack")
    return row


def _stack(row: StackRow) -> Stack:
    """The stack with what counts: a reader overrules the headers."""
    is_overruled = row.is_lge_by_reader is not None
    typed = thickness_from_json(row.slice_thickness_by_reader)
    return Stack(
        stack_id=row.stack_id,
        study=_study_header(row.study),
        description=row.description,
        contrast=Contrast(row.contrast_by_reader or row.contrast),
        is_lge=bool(row.is_lge_by_reader) if is_overruled else row.is_lge,
        is_lge_because="set by the reader" if is_overruled else row.is_lge_because,
        warnings=tuple(_said(warning, typed) for warning in row.warnings),
        slices=tuple(
            Slice(header_from_json(one.frame.header), one.slice_spacing_mm, one.frame.instance.sha256, typed)
            for one in row.slices
        ),
        revision=row.revision,
        typed_thickness=typed,
        repeats=repeats_from_json(row.repeats),
    )


def _said(warning: str, typed: TypedThickness | None) -> str:
    """The warning, or what a reader said instead."""
    if typed is None or warning != THICKNESS_MISSING:
        return warning
    return f"SliceThickness is missing: {typed.author} typed {typed.mm:g} mm on {typed.at:%Y-%m-%d}"
