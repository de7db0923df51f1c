"""What readers write into the report of a reading, version by version."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from scarmass.domain.errors import ReportTextChanged
from scarmass.domain.report_text import ReportText
from scarmass.storage.readings import lock_reading
from scarmass.storage.steps import revision_of
from scarmass.storage.tables import ReportTextRow


def latest(session: Session, reading_id: uuid.UUID) -> ReportText | None:
    """None where nobody wrote any."""
    query = select(ReportTextRow).where(ReportTextRow.reading_id == reading_id)
    row = session.scalar(query.order_by(ReportTextRow.number.desc()).limit(1))
    if row is None:
        return None
    return ReportText(row.number, row.revision, row.author, row.created_at, row.finding, row.remarks)


def add(session: Session, reading_id: uuid.UUID, author: str, finding: str, remarks: str, after: int) -> None:
    """Add the version that follows number `after`, 0 for the first one. The same text again, as a lost answer has it
    sent again, adds nothing. Raises ReadingNotFound, ReportTextChanged where another version came meanwhile.
    """
    lock_reading(session, reading_id)
    last = latest(session, reading_id)
    if last is not None and (last.author, last.finding, last.remarks) == (author, finding, remarks):
        return
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
        )
    )
    session.flush()
