"""A study that was taken in and prepared once, put into the database of each test that begins with it."""

import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

import psycopg
from fastapi.testclient import TestClient

from scarmass.services.context import Context
from tests.browser.driving import wait_until
from tests.conftest import application, upload

TABLES = """
    select tablename from pg_tables where schemaname = 'public'
    and tablename <> 'alembic_version' and tablename not like 'procrastinate_%'
"""
IDENTITIES = """
    select table_name, column_name from information_schema.columns
    where table_schema = 'public' and is_identity = 'YES' and table_name not like 'procrastinate_%'
"""


@dataclass(frozen=True)
class KeptStudy:
    """rows: of each table, as PostgreSQL copies them. objects: the folder of the stored files."""

    stack_id: str
    rows: dict[str, bytes]
    objects: Path

    def put_into(self, context: Context) -> None:
        """As if it had been uploaded and prepared there."""
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


def keep_study(context: Context, paths: list[Path]) -> KeptStudy:
    """Take the files in, have the reading of their stack prepared, and keep both."""
    with TestClient(application(context)) as client:
        stack_id = upload(client, paths)["studies"][0]["stacks"][0]["stack_id"]
        opened = client.post(f"/api/v1/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())}).json()
        wait_until(lambda: client.get(f"/api/v1/readings/{opened['id']}").json()["state"] == "draft", 120)
    rows = {}
    with psycopg.connect(context.database.conninfo) as connection, connection.cursor() as cursor:
        for (table,) in cursor.execute(TABLES).fetchall():
            with cursor.copy(f'copy "{table}" to stdout'.encode()) as copy:
                rows[table] = b"".join(copy)
    return KeptStudy(stack_id, rows, context.files.root)
