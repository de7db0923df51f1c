"""What stands of a reading's steps: of each part the last word among those that count, which the database looks for.

So the rows that are read are as many as a reading has parts, however long its history is.
"""

import uuid
from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import InstrumentedAttribute, Session

from scarmass.domain.landmarks import Landmarks
from scarmass.domain.pattern import StatedPattern
from scarmass.domain.reading import Changes, Segment, Sensitivity, SliceChange, SliceState, WallRules
from scarmass.domain.segmentation import TakenFrom
from scarmass.domain.stack import SliceKey
from scarmass.domain.structures import Structure
from scarmass.storage.documents import (
    Json,
    landmarks_from_json,
    pattern_from_json,
    segment_from_json,
    taken_from_from_json,
    wall_from_json,
)
from scarmass.storage.steps import PROPOSALS, Edits
from scarmass.storage.tables import EditRow, SegmentChangeRow, SliceChangeRow

T = TypeVar("T")


def _last(
    value: InstrumentedAttribute[T],
    revision: InstrumentedAttribute[int],
    said: InstrumentedAttribute[Any] | None = None,
) -> ColumnElement[T]:
    """The value of the last step that said something: this value, or another one."""
    values = func.array_agg(aggregate_order_by(value, revision.desc()))
    return values.filter((value if said is None else said).is_not(None))[1]


_SLICE = (SliceChangeRow.sop_instance_uid, SliceChangeRow.frame_number)
_SAID = or_(SliceChangeRow.decision.is_not(None), SliceChangeRow.is_excluded.is_not(None))
_PROPOSED_AT = func.min(SliceChangeRow.ordinal).filter(SliceChangeRow.revision == PROPOSALS)
_ON_SLICES = (
    select(
        *_SLICE,
        _last(SliceChangeRow.decision, SliceChangeRow.revision),
        _last(SliceChangeRow.is_excluded, SliceChangeRow.revision),
        func.coalesce(func.max(SliceChangeRow.revision).filter(_SAID), PROPOSALS),
        _PROPOSED_AT.is_not(None),
    )
    .group_by(*_SLICE)
    .order_by(_PROPOSED_AT)
)
_PART = (SegmentChangeRow.sop_instance_uid, SegmentChangeRow.frame_number, SegmentChangeRow.structure)
_SEGMENTS = (
    select(*_PART, SegmentChangeRow.revision, SegmentChangeRow.segment)
    .ext(distinct_on(*_PART))
    .order_by(*_PART, SegmentChangeRow.revision.desc())
)
"""Of each structure on each slice the last change: no other counts, and masks are large."""
_TAKEN_FROM = func.array_agg(aggregate_order_by(EditRow.taken_from, EditRow.revision))
_STATED: Select = select(
    _last(EditRow.sensitivity, EditRow.revision),
    _last(EditRow.follows, EditRow.revision),
    _last(EditRow.wall, EditRow.revision),
    _last(EditRow.landmarks, EditRow.revision),
    _last(EditRow.pattern, EditRow.revision),
    _last(EditRow.author, EditRow.revision, said=EditRow.pattern),
    _last(EditRow.created_at, EditRow.revision, said=EditRow.pattern),
    _TAKEN_FROM.filter(EditRow.taken_from.is_not(None)),
)


@dataclass(frozen=True)
class OnSlices:
    """changes: of each part of a slice the last change. made_at: the revision of the last edit that made something of
    a slice; one that only names it did not. proposed: the slices that have a proposal, the first one first."""

    changes: Changes
    made_at: dict[SliceKey, int]
    proposed: tuple[SliceKey, ...]


def on_slices(session: Session, reading_id: uuid.UUID, edits: Edits) -> OnSlices:
    """What stands on each slice. Asked after the edits: one that is committed in between must not appear."""
    of = SliceChangeRow
    rows = session.execute(_ON_SLICES.where(of.reading_id == reading_id, edits.counting(of.revision))).all()
    segments = _segments(session, reading_id, edits)
    changes: dict[SliceKey, SliceChange] = {}
    made_at: dict[SliceKey, int] = {}
    for sop, frame, decision, is_excluded, said_at, _ in rows:
        key, state = (sop, frame), None if decision is None else SliceState(decision)
        parts = segments[key]
        changes[key] = SliceChange(state, is_excluded, {structure: one for structure, (_, one) in parts.items()})
        if (at := max([said_at, *(revision for revision, _ in parts.values())])) != PROPOSALS:
            made_at[key] = at
    return OnSlices(changes, made_at, tuple((sop, frame) for sop, frame, *_, is_proposed in rows if is_proposed))


def _segments(
    session: Session, reading_id: uuid.UUID, edits: Edits
) -> dict[SliceKey, dict[Structure, tuple[int, Segment | None]]]:
    """The last change of each structure on each slice, with its revision; None where it took the structure away."""
    of = SegmentChangeRow
    found: dict[SliceKey, dict[Structure, tuple[int, Segment | None]]] = defaultdict(dict)
    rows = session.execute(_SEGMENTS.where(of.reading_id == reading_id, edits.counting(of.revision)))
    for sop, frame, structure, revision, document in rows:
        segment = None if document is None else segment_from_json(document)
        found[sop, frame][Structure(structure)] = revision, segment
    return found


def slices_of_steps(session: Session, reading_id: uuid.UUID, revisions: Set[int]) -> frozenset[SliceKey]:
    """The slices that these steps touched."""
    if not revisions:
        return frozenset()
    of = SliceChangeRow
    query = select(*_SLICE).where(of.reading_id == reading_id, of.revision == func.any(sorted(revisions)))
    return frozenset((sop, frame) for sop, frame in session.execute(query.distinct()))


@dataclass(frozen=True)
class Stated:
    """What was said last of a reading as a whole. taken_from: every segmentation that masks were taken from."""

    sensitivity: Sensitivity
    wall: WallRules
    landmarks: Landmarks
    pattern: StatedPattern | None
    taken_from: tuple[TakenFrom, ...]


def stated(session: Session, reading_id: uuid.UUID, edits: Edits, opened: Sensitivity, wall: WallRules) -> Stated:
    """opened, wall: the sensitivity and the rules that the reading was opened with."""
    query = _STATED.where(EditRow.reading_id == reading_id, edits.counting(EditRow.revision))
    value, follows, rules, landmarks, pattern, author, at, taken_from = session.execute(query).one()
    return Stated(
        Sensitivity(opened.value if value is None else value, opened.follows if follows is None else follows),
        wall if rules is None else wall_from_json(rules),
        Landmarks() if landmarks is None else landmarks_from_json(landmarks),
        None if pattern is None else _pattern(pattern, author, at),
        tuple(map(taken_from_from_json, taken_from or [])),
    )


def _pattern(document: Json, author: str, at: datetime) -> StatedPattern | None:
    """None where what was said last is that nothing is said."""
    pattern = pattern_from_json(document)
    return None if pattern.layer is None else StatedPattern(pattern.layer, pattern.ischaemic, reader=author, at=at)
