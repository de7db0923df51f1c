"""The lists of slices of readings: as a reading was opened, and as edits made them."""

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from scarmass.domain.reading import EditKind
from scarmass.domain.signature import Record
from scarmass.domain.stack import Slice
from scarmass.storage.documents import header_from_json, header_to_json, thickness_from_json
from scarmass.storage.steps import edits_of
from scarmass.storage.tables import EditRow, ReadingRow, ReadingSliceRow, StackRow


def slices_of(session: Session, reading_id: uuid.UUID) -> tuple[Slice, ...]:
    """The reading's own slices as they are now."""
    return slices_at(session, reading_id, edits_of(session, reading_id).slices_revision())


def slices_at(session: Session, reading_id: uuid.UUID, revision: int, record: Record = Record()) -> tuple[Slice, ...]:
    """The list of this revision, 0 as it was opened; record: of a signed reading, which keeps a typed thickness."""
    of = ReadingSliceRow
    query = select(of.header, of.slice_spacing_mm, of.sha256, StackRow.slice_thickness_by_reader)
    query = query.join(ReadingRow, ReadingRow.id == of.reading_id).join(
        StackRow, StackRow.stack_id == ReadingRow.stack_id
    )
    rows = session.execute(query.where(of.reading_id == reading_id, of.revision == revision).order_by(of.index))
    signed = record.signature
    return tuple(
        Slice(
            header_from_json(header),
            spacing_mm,
            sha256,
            thickness_from_json(typed) if signed is None else signed.recipe.typed_thickness,
        )
        for header, spacing_mm, sha256, typed in rows
    )


def add_slices(session: Session, reading_id: uuid.UUID, revision: int, slices: Iterable[Slice]) -> None:
    """The list of slices that a reading has from this revision on."""
    session.add_all(
        ReadingSliceRow(
            reading_id=reading_id,
            revision=revision,
            index=index,
            sop_instance_uid=one.header.sop_instance_uid,
            sha256=one.sha256,
            header=header_to_json(one.header),
            slice_spacing_mm=one.slice_spacing_mm,
        )
        for index, one in enumerate(slices)
    )
    session.flush()


def date_slices(session: Session, reading_id: uuid.UUID) -> None:
    """Note when the reading took over from its study what it has now; an exchanged image brings nothing new."""
    taken_over = edits_of(session, reading_id).slices_revision({EditKind.TAKE_OVER})
    reading = session.get_one(ReadingRow, reading_id)
    at = session.scalar(
        select(EditRow.created_at).where(EditRow.reading_id == reading_id, EditRow.revision == taken_over)
    )
    reading.sliced_at = at or reading.created_at
    session.flush()
