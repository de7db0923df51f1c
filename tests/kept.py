"""What a server has stored, kept once and put into the database of each test that begins with it."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import psycopg

from scarmass.services.context import Context

T = TypeVar("T")

TABLES = """
    select tablename from pg_tables where schemaname = 'public'
    and tablename <> 'alembic_version' and tablename not like 'procrastinate_%'
"""
IDENTITIES = """
    select table_name, column_name from information_schema.columns
    where table_schema = 'public' and is_identity = 'YES' and table_name not like 'procrastinate_%'
"""


@dataclass(frozen=True)
class Kept(Generic[T]):
    """told: what made it told of it. rows: of each table, as PostgreSQL copies them. objects: the folder of the stored
    files. Jobs are not kept."""

    told: T
    rows: dict[str, bytes]
    objects: Path

    def put_into(self, context: Context) -> None:
        """As if all of it had happened there."""
        shutil.copytree(self.objects, context.files.root, copy_function=os.link, dirs_exist_ok=True)
        with psycopg.connect(context.database.conninfo) as connection, connection.cursor() as cursor:
            cursor.execute("set session_replication_role = replica")  # tables in any order
            for table, rows in self.rows.items():
                with cursor.copy(f'copy "{table}" from stdin'.encode()) as copy:
                    copy.write(rows)
            for table, column in cursor.execute(IDENTITIES).fetchall():
                next_one = f'(select coalesce(max("{column}"), 0) + 1 from "{table}")'
                sequence = f"pg_get_serial_sequence('{table}', '{column}')"
                cursor.execute(f"select setval({sequence}, {next_one}, false)".encode())


def keep(context: Context, told: T) -> Kept[T]:
    """What is stored now; the files have to stay where they are."""
    rows = {}
    with psycopg.connect(context.database.conninfo) as connection, connection.cursor() as cursor:
        for (table,) in cursor.execute(TABLES).fetchall():
            with cursor.copy(f'copy "{table}" to stdout'.encode()) as copy:
                rows[table] = b"".join(copy)
    return Kept(told, rows, context.files.root)
