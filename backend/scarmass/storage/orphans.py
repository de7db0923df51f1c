"""Stored files that no row points to: what an import leaves whose process ended before it committed."""

from sqlalchemy import select, text, union
from sqlalchemy.orm import Session

from scarmass.storage.database import Database
from scarmass.storage.files import FileStore
from scarmass.storage.tables import InstanceRow, ReadingSliceRow, SegmentationRow

LOCK = "hashtextextended('stored files', 0)"


def hold_files(session: Session) -> None:
    """Let nobody sweep the files that this transaction stores before it has committed their rows."""
    session.execute(text(f"select pg_advisory_xact_lock_shared({LOCK})"))


def sweep(database: Database, files: FileStore) -> int:
    """Remove what ended imports left behind; answers how many files and folders. Imports that run are left alone."""
    removed = files.remove_abandoned()
    with database.transaction() as session:
        suspects = set(files.names()) - known(session)
    if not suspects:
        return removed
    with database.transaction() as session:
        if not session.scalar(text(f"select pg_try_advisory_xact_lock({LOCK})")):
            return removed  # an import is storing files now: the next start will do
        orphans = suspects - known(session)
        for sha256 in orphans:
            files.path(sha256).unlink(missing_ok=True)
    return removed + len(orphans)


def known(session: Session) -> set[str]:
    """The sha256 of every file that a row points to."""
    holders = (InstanceRow.sha256, ReadingSliceRow.sha256, SegmentationRow.sha256)
    return set(session.scalars(union(*map(select, holders))))
