"""What readers write into the report of a reading, version by version."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from scarmass.domain.errors import ReportTextChanged
from scarmass.domain.report_text import ImageQuality, ReportText
from scarmass.storage.readings import lock_reading
from scarmass.storage.steps import revision_of
from scarmass.storage.tables import ReportTextRow


def latest(session: Session, reading_id: uuid.UUID) -> ReportText | None:
    """None where nobody wrote any."""
    query = select(ReportTextRow).where(ReportTextRow.reading_id == reading_id)
    row = session.scalar(query.order_by(ReportTextRow.number.desc()).limit(1))
    if row is None:
        return None
    quality = None if row.quality is None else ImageQuality(row.quality)
    return ReportText(row.number, row.revision, row.author, row.created_at, row.finding, row.remarks, quality)


def add(
    session: Session,
    reading_id: uuid.UUID,
    author: str,
    finding: str,
    remarks: str,
    quality: ImageQuality | None,
    after: int,
) -> None:
    """Add the version that follows number `after`, 0 for the first one. The same text again, as a lost answer has it
    sent again, adds nothing.

    Raises ReadingNotFound, ReadingAlreadySigned, and ReportTextChanged where another version came meanwhile.
    """
    state = lock_reading(session, reading_id)
    last, same = latest(session, reading_id), (author, finding, remarks, quality)
    if last is not None and (last.author, last.finding, last.remarks, last.quality) == same:
        return
    state.require_unsigned()
    number = 0 if last is None else last.number
    if number != after:
        raise ReportTextChanged("the report's text was changed elsewhere meanwhile: reload it first")
    session.add(
        ReportTextRow(
            reading_id=reading_id,
            number=number + 1,
            revision=revision_of(session, reading_id),
            author=author,
            finding=finding,
            remarks=remarks,
            quality=None if quality is None else quality.value,
        )
    )
    session.flush()
