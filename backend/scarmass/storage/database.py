"""The connection to PostgreSQL, and its schema."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from psycopg.errors import DiskFull, ForeignKeyViolation
from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from scarmass.domain.errors import DatabaseUnavailable, DeletedMeanwhile, StorageFull
from scarmass.paths import MIGRATIONS
from scarmass.storage.study_groups import SIGHT, Sight, limit

ANSWERS_WITHIN_S = 15
"""A database on another machine that is silent for so long, be it when it is connected to, is away."""
GIVES_UP = {
    "connect_timeout": str(ANSWERS_WITHIN_S),
    "keepalives_idle": str(ANSWERS_WITHIN_S // 3),
    "keepalives_interval": str(ANSWERS_WITHIN_S // 3),
    "keepalives_count": "2",
    "tcp_user_timeout": str(1000 * ANSWERS_WITHIN_S),
}
"""In libpq's words. Without them a request waits for as long as the system sends again: a quarter of an hour."""


class Database:
    """Engine and sessions of one database. sight: what its sessions see, None for everything."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = create_engine(
            _giving_up(psycopg_url(url)), pool_size=20, max_overflow=20, pool_pre_ping=True, hide_parameters=True
        )
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        event.listen(self._sessions, "do_orm_execute", limit)
        self.sight: Sight | None = None

    def seen_with(self, sight: Sight | None) -> "Database":
        """The same database, in which nothing else is there than what is seen."""
        seen = copy.copy(self)
        seen.sight = sight
        return seen

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back where it raises.

        Raises StorageFull where PostgreSQL has no room, DatabaseUnavailable where it is away (whether a commit that was
        cut off came through is then unknown, which is what client ids are for), and DeletedMeanwhile where a row is to
        be added to what somebody deleted for good.
        """
        try:
            with self._sessions(info={SIGHT: self.sight}) as session, session.begin():
                yield session
        except (OperationalError, PoolTimeoutError) as error:
            if isinstance(error.__cause__, DiskFull):
                raise StorageFull("the database's disk is full: nothing can be stored until there is room") from error
            raise DatabaseUnavailable("the database cannot be reached") from error
        except IntegrityError as error:
            if not isinstance(error.__cause__, ForeignKeyViolation):
                raise
            raise DeletedMeanwhile("what this belongs to was deleted for good meanwhile") from error

    @contextmanager
    def moment(self) -> Iterator[Session]:
        """A transaction that reads, and sees one moment of the database however many queries it takes: of what is
        deleted for good meanwhile it finds all or nothing. Raises as `transaction`.
        """
        with self.transaction() as session:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    @property
    def conninfo(self) -> str:
        """The same database for psycopg itself."""
        return self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def is_ready(self) -> bool:
        try:
            with self.engine.connect() as connection:
                connection.execute(text("select 1 from alembic_version"))
        except Exception:  # whatever the reason, the answer is the same
            return False
        return True

    def close(self) -> None:
        self.engine.dispose()


def _giving_up(url: str) -> URL:
    """The URL with these limits, but for those that it sets itself."""
    parsed = make_url(url)
    return parsed.update_query_dict({**GIVES_UP, **parsed.query})


def psycopg_url(url: str) -> str:
    """The URL with psycopg 3 as its driver, whatever spelling of PostgreSQL it came with."""
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


def with_password(url: str, password: str) -> str:
    """The URL with a password, where it has none of its own."""
    parsed = make_url(url)
    return parsed.set(password=parsed.password or password).render_as_string(hide_password=False)


def migrate(url: str, revision: str = "head") -> None:
    """Bring the schema to a revision by alembic; head is the newest, base is empty."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = psycopg_url(url)
    if revision == "base":
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)
