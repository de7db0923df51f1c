"""Studies that were taken off the worklist: by whom, and when. Nothing of them is deleted."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from scarmass.domain.errors import StudyNotFound
from scarmass.domain.worklist import Removal
from scarmass.storage.tables import StudyChangeRow, StudyRow


def set_removed(session: Session, study_instance_uid: str, author: str, removed: bool) -> None:
    """Take a study off the worklist, or bring it back, and record who did. Raises StudyNotFound."""
    row = session.get(StudyRow, study_instance_uid)
    if row is None:
        raise StudyNotFound("no such study")
    if row.is_removed != removed:
        row.is_removed = removed
        session.add(StudyChangeRow(study_instance_uid=study_instance_uid, author=author, change={"removed": removed}))
        session.flush()


def removal_of(session: Session, row: StudyRow) -> Removal | None:
    """None where the study is on the worklist."""
    if not row.is_removed:
        return None
    query = select(StudyChangeRow).where(StudyChangeRow.study_instance_uid == row.study_instance_uid)
    query = query.where(StudyChangeRow.change.has_key("removed"))
    last = session.scalars(query.order_by(StudyChangeRow.id.desc()).limit(1)).one()
    return Removal(last.author, last.created_at)
