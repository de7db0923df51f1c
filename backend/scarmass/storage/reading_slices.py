"""The lists of slices of readings: as a reading was opened, and as edits made them."""

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from scarmass.domain.reading import EditKind
from scarmass.domain.signature import Record
from scarmass.domain.stack import Slice
from scarmass.storage.documents import header_from_json, header_to_json, thickness_from_json
from scarmass.storage.steps import edits_of, slices_revision
from scarmass.storage.tables import ReadingRow, ReadingSliceRow, StackRow


def slices_of(session: Session, reading_id: uuid.UUID) -> tuple[Slice, ...]:
    """The reading's own slices as they are now."""
    edits = edits_of(session, reading_id)
    return slices_at(session, reading_id, slices_revision(edits))


def slices_at(session: Session, reading_id: uuid.UUID, revision: int, record: Record = Record()) -> tuple[Slice, ...]:
    """The list of this revision, 0 as it was opened; record: of a signed reading, which keeps a typed thickness."""
    query = select(ReadingSliceRow).where(ReadingSliceRow.reading_id == reading_id)
    rows = session.scalars(query.where(ReadingSliceRow.revision == revision).order_by(ReadingSliceRow.index))
    of_stack = select(StackRow.slice_thickness_by_reader).join(ReadingRow, ReadingRow.stack_id == StackRow.stack_id)
    typed = thickness_from_json(session.scalar(of_stack.where(ReadingRow.id == reading_id)))
    if record.signature is not None:
        typed = record.signature.recipe.typed_thickness
    return tuple(Slice(header_from_json(row.header), row.slice_spacing_mm, row.sha256, typed) for row in rows)


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
    edits = edits_of(session, reading_id)
    reading = session.get_one(ReadingRow, reading_id)
    of_list = slices_revision(edits, {EditKind.TAKE_OVER})
    reading.sliced_at = edits[of_list - 1].created_at if of_list else reading.created_at
    session.flush()
