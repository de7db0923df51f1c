"""Stored files that no row points to: what an import leaves whose process ended before it committed."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select, text, union
from sqlalchemy.orm import Session

from scarmass.storage.database import Database
from scarmass.storage.files import FileStore
from scarmass.storage.tables import InstanceRow, PromotionRow, ReadingSliceRow, SegmentationRow

AT_A_TIME = 50
LOCK = "hashtextextended('stored files', 0)"


def hold_files(session: Session) -> None:
    """Let nobody sweep the files that this transaction stores before it has committed their rows."""
    session.execute(text(f"select pg_advisory_xact_lock_shared({LOCK})"))


def sweep(database: Database, files: FileStore) -> int:
    """Remove what ended imports left behind; answers how many files and folders. Imports that run are left alone."""
    removed = files.remove_abandoned()
    stored = set(files.names())
    with database.transaction() as session:
        suspects = stored - known(session)
    return removed + remove_unnamed(database, files, suspects)[0]


def remove_unnamed(database: Database, files: FileStore, suspects: Iterable[str]) -> tuple[int, bool]:
    """Remove those files that no row points to; answers how many there were, and whether all of it is done.

    It is not where an import stores files now, or a backup is made of them. Some at a time, each in a transaction of
    its own: a lock that is lost with its connection ends it, and imports need not wait for a slow store.
    """
    removed, names = 0, sorted(suspects)
    for start in range(0, len(names), AT_A_TIME):
        some = names[start : start + AT_A_TIME]
        with database.transaction() as session:
            if not session.scalar(text(f"select pg_try_advisory_xact_lock({LOCK})")):
                return removed, False
            removed += files.remove(set(some) - known(session, some))
    return removed, True


def known(session: Session, among: Sequence[str] | None = None) -> set[str]:
    """The sha256 of every file that a row points to, or of those among these."""
    holders = (InstanceRow.sha256, ReadingSliceRow.sha256, SegmentationRow.sha256, PromotionRow.sha256)
    named = union(*(select(one).where(one.is_not(None) if among is None else one.in_(among)) for one in holders))
    return {str(sha256) for sha256 in session.scalars(named)}
