"""The history of a reading: every edit as it was stored, and how it stands now."""

import uuid
from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from scarmass.domain.errors import ReadingNotFound
from scarmass.domain.history import PastEdit, with_standings
from scarmass.domain.methods import Method
from scarmass.domain.reading import EditKind, Origin
from scarmass.domain.stack import SliceKey
from scarmass.storage.documents import method_from_json, pattern_from_json, taken_from_from_json, wall_from_json
from scarmass.storage.tables import EditRow, ReadingRow, SegmentChangeRow, SliceChangeRow


def past_edits(session: Session, reading_id: uuid.UUID) -> list[PastEdit]:
    """Every edit and how it stands now, the first one first. Raises ReadingNotFound."""
    if session.get(ReadingRow, reading_id) is None:
        raise ReadingNotFound("no such reading")
    of = EditRow
    query = select(of.revision, of.kind, of.author, of.created_at, of.sensitivity, of.pattern, of.wall, of.taken_from)
    edits = session.execute(query.where(of.reading_id == reading_id).order_by(of.revision)).all()
    slices, adopted = _slices(session, reading_id), _methods(session, reading_id)
    return with_standings(
        [
            PastEdit(
                revision,
                EditKind(kind),
                author,
                at,
                frozenset(slices[revision]),
                sensitivity,
                adopted[revision].label if revision in adopted else None,
                None if pattern is None else pattern_from_json(pattern),
                None if wall is None else wall_from_json(wall),
                None if taken_from is None else taken_from_from_json(taken_from),
            )
            for revision, kind, author, at, sensitivity, pattern, wall, taken_from in edits
        ]
    )


def _slices(session: Session, reading_id: uuid.UUID) -> dict[int, list[SliceKey]]:
    """The slices that each step touched, by revision."""
    of = SliceChangeRow
    query = select(of.revision, of.sop_instance_uid, of.frame_number).where(of.reading_id == reading_id)
    touched: dict[int, list[SliceKey]] = defaultdict(list)
    for revision, sop, frame in session.execute(query):
        touched[revision].append((sop, frame))
    return touched


def _methods(session: Session, reading_id: uuid.UUID) -> dict[int, Method]:
    """The method that each edit of kind threshold adopted, by revision."""
    document = SegmentChangeRow.segment
    query = select(SegmentChangeRow.revision, document["method"]).ext(distinct_on(SegmentChangeRow.revision))
    query = query.where(SegmentChangeRow.reading_id == reading_id)
    query = query.where(document["origin"].as_string() == Origin.THRESHOLD.value)
    return {revision: method_from_json(method) for revision, method in session.execute(query)}
