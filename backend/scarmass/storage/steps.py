"""The steps of readings as rows: proposals as revision 0, edits above, and what each made of slices and structures."""

import sys
import uuid
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, func, inspect, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from scarmass.domain.history import live_and_undone
from scarmass.domain.reading import LIST_EDITS, Changes, EditKind, Segment
from scarmass.domain.stack import SliceKey
from scarmass.domain.structures import Structure
from scarmass.storage.documents import segment_to_json
from scarmass.storage.tables import EditRow, SegmentChangeRow, SliceChangeRow

PROPOSALS = 0
"""The revision that proposals made while a reading is prepared are stored as: they lie beneath every edit."""


@dataclass(frozen=True)
class Seen:
    """How much of a reading somebody knows already: so many of its proposals, and so many of its edits."""

    proposals: int
    edits: int


EVERYTHING = Seen(sys.maxsize, sys.maxsize)
"""For who does not ask what has changed."""


@dataclass(frozen=True)
class Edits:
    """Which edits a reading has, and which of them count. kinds: of each, that of revision 1 first.

    authors: by name, each once.
    """

    kinds: tuple[EditKind, ...]
    authors: tuple[str, ...]

    @cached_property
    def _live_and_undone(self) -> tuple[list[int], list[int]]:
        return live_and_undone(self.kinds)

    @cached_property
    def live(self) -> list[int]:
        """The revisions of those that count, in order."""
        return [position + 1 for position in self._live_and_undone[0]]

    @property
    def can_redo(self) -> bool:
        return bool(self._live_and_undone[1])

    def slices_revision(self, kinds: Set[EditKind] = LIST_EDITS) -> int:
        """The revision that the list of slices comes from: of the last live edit of these kinds, else 0."""
        return max([revision for revision in self.live if self.kinds[revision - 1] in kinds], default=0)

    def touched_since(self, seen: Seen) -> set[int]:
        """The revisions that count now and did not then, or the other way round."""
        before = Edits(self.kinds[: max(seen.edits, 0)], ())
        return set(self.live) ^ set(before.live)

    def counting(self, revision: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        """Whether a step counts: a proposal, or a live edit. Those that don't are named, as they are the fewer."""
        others = {*range(1, len(self.kinds) + 1)}.difference(self.live)
        return (revision <= len(self.kinds)) & (revision != func.all(sorted(others)))


def edits_of(session: Session, reading_id: uuid.UUID, until: int | None = None) -> Edits:
    """The edits up to that revision, all of them by default. One row, however many there are."""
    kinds = func.array_agg(aggregate_order_by(EditRow.kind, EditRow.revision))
    query = select(kinds, func.array_agg(EditRow.author.distinct())).where(EditRow.reading_id == reading_id)
    query = query if until is None else query.where(EditRow.revision <= until)
    found, authors = session.execute(query).one()
    return Edits(tuple(map(EditKind, found or ())), tuple(sorted(authors or ())))


def revision_of(session: Session, reading_id: uuid.UUID) -> int:
    """How many edits a reading has."""
    query = select(func.count()).select_from(EditRow).where(EditRow.reading_id == reading_id)
    return session.scalar(query) or 0


def edit_by_client_id(session: Session, reading_id: uuid.UUID, client_id: uuid.UUID) -> tuple[int, str] | None:
    """(revision, sha256 of its request) of the edit of this client_id, None where there is none."""
    query = select(EditRow.revision, EditRow.request_sha256)
    row = session.execute(query.where(EditRow.reading_id == reading_id, EditRow.client_id == client_id)).first()
    return None if row is None else (row.revision, row.request_sha256)


def add_changes(session: Session, reading_id: uuid.UUID, revision: int, changes: Changes) -> None:
    """Add what a step made of slices; what that step has stored of one already stays."""
    rows = [
        {
            **_name(reading_id, revision, key),
            "decision": None if change.decision is None else change.decision.value,
            "is_excluded": change.is_excluded,
        }
        for key, change in changes.items()
    ]
    if rows:
        adding = insert(SliceChangeRow).on_conflict_do_nothing()
        adding = adding.returning(SliceChangeRow.sop_instance_uid, SliceChangeRow.frame_number)
        # One statement for all: rows without a decision would go by themselves.
        added = session.execute(adding, rows, execution_options={"render_nulls": True})
        new = {(sop, frame) for sop, frame in added}
        segments = {key: change.segments for key, change in changes.items() if key in new}
        add_segments(session, reading_id, revision, segments)


def add_segments(
    session: Session,
    reading_id: uuid.UUID,
    revision: int,
    segments: Mapping[SliceKey, Mapping[Structure, Segment | None]],
    replaces: bool = False,
) -> None:
    """Add what a step made of structures on slices; what it has stored of one already stays, unless it is replaced."""
    rows = [
        {
            **_name(reading_id, revision, key),
            "structure": structure.value,
            "segment": None if segment is None else segment_to_json(segment),
        }
        for key, on_slice in segments.items()
        for structure, segment in on_slice.items()
    ]
    if rows:
        adding = insert(SegmentChangeRow)
        one = inspect(SegmentChangeRow).primary_key
        replacing = adding.on_conflict_do_update(index_elements=one, set_={"segment": adding.excluded.segment})
        session.execute(replacing if replaces else adding.on_conflict_do_nothing(), rows)


def _name(reading_id: uuid.UUID, revision: int, key: SliceKey) -> dict[str, Any]:
    return {"reading_id": reading_id, "revision": revision, "sop_instance_uid": key[0], "frame_number": key[1]}
