"""The steps of readings as rows: proposals as revision 0, edits above, and what each made of slices and structures."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from scarmass.domain.history import live_and_undone
from scarmass.domain.landmarks import Landmarks
from scarmass.domain.methods import Method
from scarmass.domain.pattern import StatedPattern
from scarmass.domain.reading import (
    LIST_EDITS,
    Changes,
    EditKind,
    Origin,
    Segment,
    Sensitivity,
    SliceChange,
    SliceState,
    WallRules,
)
from scarmass.domain.segmentation import TakenFrom
from scarmass.domain.stack import SliceKey
from scarmass.domain.structures import Structure
from scarmass.storage.documents import (
    Json,
    landmarks_from_json,
    method_from_json,
    pattern_from_json,
    segment_from_json,
    segment_to_json,
    taken_from_from_json,
    wall_from_json,
)
from scarmass.storage.tables import EditRow, SegmentChangeRow, SliceChangeRow

PROPOSALS = 0
"""The revision that proposals made while a reading is prepared are stored as: they lie beneath every edit."""


class StoredEdit(NamedTuple):
    """An edit as `edits` has it, without its request. Rows are read as tuples: a long history has hundreds of them."""

    revision: int
    kind: EditKind
    author: str
    created_at: datetime
    sensitivity: float | None
    follows: bool | None
    landmarks: Json | None
    pattern: Json | None
    wall: Json | None
    taken_from: Json | None


class StoredSliceChange(NamedTuple):
    """What a step made of a slice, as `slice_changes` has it."""

    key: SliceKey
    decision: SliceState | None
    is_excluded: bool | None


@dataclass(frozen=True)
class Seen:
    """How much of a reading somebody knows already: so many of its proposals, and so many of its edits."""

    proposals: int
    edits: int


def revision_of(session: Session, reading_id: uuid.UUID) -> int:
    """How many edits a reading has."""
    query = select(func.count()).select_from(EditRow).where(EditRow.reading_id == reading_id)
    return session.scalar(query) or 0


def seen_of(session: Session, reading_id: uuid.UUID) -> Seen:
    """How many proposals and edits a reading has."""
    query = select(func.count()).select_from(SliceChangeRow)
    proposals = query.where(SliceChangeRow.reading_id == reading_id, SliceChangeRow.revision == PROPOSALS)
    return Seen(session.scalar(proposals) or 0, revision_of(session, reading_id))


def edit_by_client_id(session: Session, reading_id: uuid.UUID, client_id: uuid.UUID) -> tuple[int, str] | None:
    """(revision, sha256 of its request) of the edit of this client_id, None where there is none."""
    query = select(EditRow.revision, EditRow.request_sha256)
    row = session.execute(query.where(EditRow.reading_id == reading_id, EditRow.client_id == client_id)).first()
    return None if row is None else (row.revision, row.request_sha256)


def add_change(session: Session, reading_id: uuid.UUID, revision: int, key: SliceKey, change: SliceChange) -> None:
    """Add what a step made of a slice; what that step has stored of it already stays."""
    name = _name(reading_id, revision, key)
    decision = None if change.decision is None else change.decision.value
    adding = insert(SliceChangeRow).values(**name, decision=decision, is_excluded=change.is_excluded)
    if session.scalar(adding.on_conflict_do_nothing().returning(SliceChangeRow.ordinal)) is None:
        return
    add_segments(session, reading_id, revision, key, change.segments)


def add_segments(
    session: Session,
    reading_id: uuid.UUID,
    revision: int,
    key: SliceKey,
    segments: Mapping[Structure, Segment | None],
    replaces: bool = False,
) -> None:
    """Add what a step made of structures on a slice; what it has stored of one already stays, unless it is replaced."""
    name = _name(reading_id, revision, key)
    for structure, segment in segments.items():
        document = None if segment is None else segment_to_json(segment)
        adding = insert(SegmentChangeRow).values(**name, structure=structure.value, segment=document)
        stays = adding.on_conflict_do_nothing()
        other = adding.on_conflict_do_update(index_elements=[*name, "structure"], set_={"segment": document})
        session.execute(other if replaces else stays)


def _name(reading_id: uuid.UUID, revision: int, key: SliceKey) -> dict[str, Any]:
    return {"reading_id": reading_id, "revision": revision, "sop_instance_uid": key[0], "frame_number": key[1]}


def edits_of(session: Session, reading_id: uuid.UUID, until: int | None = None) -> list[StoredEdit]:
    """The edits up to that revision, all of them by default, the first one first."""
    query = select(*(getattr(EditRow, name) for name in StoredEdit._fields)).where(EditRow.reading_id == reading_id)
    query = query if until is None else query.where(EditRow.revision <= until)
    rows = session.execute(query.order_by(EditRow.revision))
    return [StoredEdit(revision, EditKind(kind), *others) for revision, kind, *others in rows]


def slice_changes_of(session: Session, reading_id: uuid.UUID, until: int) -> dict[int, list[StoredSliceChange]]:
    """By revision. Asked after the edits: one that is committed in between must not appear without its slices."""
    query = select(
        SliceChangeRow.revision,
        SliceChangeRow.sop_instance_uid,
        SliceChangeRow.frame_number,
        SliceChangeRow.decision,
        SliceChangeRow.is_excluded,
    ).where(SliceChangeRow.reading_id == reading_id, SliceChangeRow.revision <= until)
    by_revision: dict[int, list[StoredSliceChange]] = defaultdict(list)
    for revision, sop, frame, decision, is_excluded in session.execute(query.order_by(SliceChangeRow.ordinal)):
        state = None if decision is None else SliceState(decision)
        by_revision[revision].append(StoredSliceChange((sop, frame), state, is_excluded))
    return by_revision


def _segments(session: Session, reading_id: uuid.UUID, revisions: Sequence[int]) -> Sequence[SegmentChangeRow]:
    """Of each structure on each slice the last change among these revisions: no other counts, and masks are large."""
    part = (SegmentChangeRow.sop_instance_uid, SegmentChangeRow.frame_number, SegmentChangeRow.structure)
    query = select(SegmentChangeRow).ext(distinct_on(*part)).where(SegmentChangeRow.reading_id == reading_id)
    query = query.where(SegmentChangeRow.revision == func.any(list(revisions)))
    return session.scalars(query.order_by(*part, SegmentChangeRow.revision.desc())).all()


def methods_of(session: Session, reading_id: uuid.UUID) -> dict[int, Method]:
    """The method that each edit of kind threshold adopted, by revision."""
    document = SegmentChangeRow.segment
    query = select(SegmentChangeRow.revision, document["method"]).ext(distinct_on(SegmentChangeRow.revision))
    query = query.where(SegmentChangeRow.reading_id == reading_id)
    query = query.where(document["origin"].as_string() == Origin.THRESHOLD.value)
    return {revision: method_from_json(method) for revision, method in session.execute(query)}


def changes_of(
    session: Session,
    reading_id: uuid.UUID,
    slice_changes: Mapping[int, Sequence[StoredSliceChange]],
    revisions: Sequence[int],
) -> Iterable[Changes]:
    """The steps of these revisions as `fold` takes them; segments that a later one of them replaces are left out."""
    of_step = defaultdict(dict)
    for row in _segments(session, reading_id, revisions):
        segment = None if row.segment is None else segment_from_json(row.segment)
        key = row.sop_instance_uid, row.frame_number
        of_step[row.revision, key][Structure(row.structure)] = segment
    for revision in revisions:
        yield {
            key: SliceChange(decision, is_excluded, of_step[revision, key])
            for key, decision, is_excluded in slice_changes[revision]
        }


def slices_revision(edits: Sequence[StoredEdit], kinds: Set[EditKind] = LIST_EDITS) -> int:
    """The revision that the list of slices comes from: of the last live edit of these kinds, else 0."""
    live, _ = live_and_undone([edit.kind for edit in edits])
    return max((edits[at].revision for at in live if edits[at].kind in kinds), default=0)


def touched_since(edits: Sequence[StoredEdit], seen: Seen) -> list[StoredEdit]:
    """The edits that count now and did not then, or the other way round."""
    kinds = [edit.kind for edit in edits]
    before, after = live_and_undone(kinds[: max(seen.edits, 0)])[0], live_and_undone(kinds)[0]
    return [edits[position] for position in set(before) ^ set(after)]


def sensitivity_of(opened: Sensitivity, live: Iterable[StoredEdit]) -> Sensitivity:
    """What the last live edit made of a reading's sensitivity."""
    for edit in live:
        opened = Sensitivity(
            opened.value if edit.sensitivity is None else edit.sensitivity,
            opened.follows if edit.follows is None else edit.follows,
        )
    return opened


def wall_of(opened: WallRules, live: Iterable[StoredEdit]) -> WallRules:
    """What the last live edit that set any made of a reading's rules of the wall."""
    stated = [edit.wall for edit in live if edit.wall is not None]
    return wall_from_json(stated[-1]) if stated else opened


def taken_from_of(live: Iterable[StoredEdit]) -> tuple[TakenFrom, ...]:
    """The segmentations that live edits took masks from."""
    return tuple(taken_from_from_json(edit.taken_from) for edit in live if edit.taken_from is not None)


def landmarks_of(live: Iterable[StoredEdit]) -> Landmarks:
    """What the last live edit that marked any made of a reading's landmarks."""
    marked = [edit.landmarks for edit in live if edit.landmarks is not None]
    return landmarks_from_json(marked[-1]) if marked else Landmarks()


def pattern_of(live: Iterable[StoredEdit]) -> StatedPattern | None:
    """What the last live edit that stated one says of a reading's pattern; None where nothing is said."""
    stated = [edit for edit in live if edit.pattern is not None]
    if not stated:
        return None
    last = stated[-1]
    pattern = pattern_from_json(last.pattern or {})
    if pattern.layer is None:
        return None
    return StatedPattern(pattern.layer, pattern.ischaemic, reader=last.author, at=last.created_at)
