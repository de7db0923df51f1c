"""The database's files written anew, so that nothing stays in them of rows that were deleted.

PostgreSQL leaves a deleted row's bytes where they were until their place is used again: in the tables' files, in its
write-ahead log, and in the statistics of values that columns have.
"""

import logging
from contextlib import suppress

import psycopg
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, LockNotAvailable, UndefinedFunction

from scarmass.storage.database import Database
from scarmass.storage.tables import Table

log = logging.getLogger(__name__)

LOCK_TIMEOUT = "10s"
"""So long the rewriting of a table waits for those who use it, and they for it; then it is left for another night."""
OTHERS = ("procrastinate_jobs", "procrastinate_events")
STATISTICS = "vacuum full pg_catalog.pg_statistic"
WITHOUT_STATISTICS = """
    select pg_clear_attribute_stats(schemaname, tablename, attname, inherited)
    from pg_stats where schemaname = current_schema() and tablename = any(%s)
"""
"""Else those of a table that is empty now would stay. PostgreSQL 18 or newer."""
MOST_LOG_FILES = 128
LOG_FILES = "select count(*) from pg_ls_waldir()"
NEXT_LOG_FILE = "select pg_logical_emit_message(false, 'scarmass', ''), pg_switch_wal()"


def rewrite(database: Database) -> bool:
    """Write every table anew, one after the other; answers whether all of them were. Each is locked meanwhile.

    Statistics and log are written over where our role may do that; else PostgreSQL comes to it with time.
    """
    tables = [*(table.name for table in Table.metadata.sorted_tables), *OTHERS]
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("set lock_timeout = {}").format(LOCK_TIMEOUT))
        with suppress(UndefinedFunction):
            connection.execute(WITHOUT_STATISTICS, [tables])
        rewritten = [_is_rewritten(connection, table) for table in tables]
        try:
            connection.execute(STATISTICS)
            _write_log_over(connection)
        except (InsufficientPrivilege, LockNotAvailable) as error:
            log.info("statistics or the write-ahead log are left to PostgreSQL: %s", type(error).__name__)
    return all(rewritten)


def _is_rewritten(connection: psycopg.Connection, table: str) -> bool:
    try:
        connection.execute(sql.SQL("vacuum (full, analyze) {}").format(sql.Identifier(table)))
    except LockNotAvailable:
        return False
    return True


def _write_log_over(connection: psycopg.Connection) -> None:
    """A file of the log that is over gets the name of a later one and keeps what it held until it is that one's turn.

    So everyone has its turn: a file that is left for the next one is filled with zeros.
    """
    connection.execute(NEXT_LOG_FILE)
    connection.execute("checkpoint")
    files = connection.execute(LOG_FILES).fetchone()
    assert files is not None
    if files[0] > MOST_LOG_FILES:  # kept for a reason that is not ours
        return log.info("the write-ahead log is left to PostgreSQL: it has %d files", files[0])
    for _ in range(files[0] + 1):
        connection.execute(NEXT_LOG_FILE)
    connection.execute("checkpoint")
