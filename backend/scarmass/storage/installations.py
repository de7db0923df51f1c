"""Whose a store of files is: no two databases may share one, as each would sweep away what the other stored.

The store says so itself, by the id that the database has. A folder of this machine need not: it goes by its DATA_DIR.
"""

import uuid

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from scarmass.domain.errors import StoreNotOurs
from scarmass.storage.database import Database
from scarmass.storage.files import FileStore, SharedStore
from scarmass.storage.tables import InstallationRow

RESTORING = "restoring "
"""Before the id of an installation whose restore has not ended."""


def installation_id(session: Session) -> uuid.UUID:
    """That of this database, from the first time that it is asked for."""
    session.execute(insert(InstallationRow).values(single=True, id=uuid.uuid4()).on_conflict_do_nothing())
    return session.execute(select(InstallationRow.id)).scalar_one()


def has_installation(session: Session) -> bool:
    """Whether the database is of a version that tells installations from each other."""
    return session.scalar(select(func.to_regclass(InstallationRow.__tablename__))) is not None


def set_installation_id(session: Session, installation: uuid.UUID) -> None:
    """Of a database that was another installation's."""
    session.execute(delete(InstallationRow))
    session.add(InstallationRow(single=True, id=installation))


def require_ours(database: Database, files: FileStore) -> None:
    """Let a store be this database's, where it is empty or is so already. Raises StoreNotOurs, StoreUnavailable."""
    if not isinstance(files, SharedStore):
        return
    with database.transaction() as session:
        ours = str(installation_id(session))
    said = files.whose()
    if said == ours:
        return
    if said is None and next(files.names(), None) is not None:
        raise StoreNotOurs(
            "the object store holds objects, and does not say of which installation: name an empty prefix; or, where "
            f"they are surely of this database, store an object `installation` under the prefix that holds {ours}"
        )
    if said not in (None, RESTORING + ours):
        raise StoreNotOurs(_not_ours(said or "", ours))
    files.say_whose(ours)
    if (said := files.whose()) != ours:  # another one was as fast
        raise StoreNotOurs(_not_ours(said or "nobody", ours))


def _not_ours(said: str, ours: str) -> str:
    if said.startswith(RESTORING):
        return (
            "a restore into the prefix of the object store has not ended: restore again, into the same prefix and an "
            "empty database, or name another prefix"
        )
    return (
        f"the prefix of the object store is of another installation ({said}) than the database ({ours}): name this "
        "installation's own DATABASE_URL, or an empty prefix"
    )
