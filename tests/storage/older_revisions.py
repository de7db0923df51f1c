"""Databases as earlier versions left them, and what their API answered then.

Each was made by that version with three phantom patients of few slices, the tests' fake models and edits of every kind
by several readers. The DICOM objects are not kept: a stored reading needs their headers only.

0002: one reading with much history and an undone edit at its end; one with a slice that failed and an excluded one;
and one that failed as a whole, on a stack without slice thickness.
0006: one reading whose sensitivity was typed, then followed, with corrections of every kind; one accepted in one step
and drawn otherwise afterwards, on a stack whose contrast a reader changed; and one untouched, of a study that was
removed.
0015: one reading that was drawn, stated and written about in every way, signed, and amended by a draft with an edit of
its own; one that is signed and nothing else; and a draft with an edit that was undone.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import psycopg

from scarmass.storage.database import migrate

DATA = Path(__file__).parent / "data"
REVISIONS = ("0002", "0006", "0015")
NUMBERED = {
    "0002": (("proposals", "ordinal"),),
    "0006": (("slice_changes", "ordinal"), ("study_changes", "id"), ("stack_changes", "id")),
    "0015": (("slice_changes", "ordinal"),),
}
"""Columns whose numbers go on where the stored rows ended."""


def restore(revision: str, url: str) -> None:
    """Make the tables of a revision in an empty database and fill them with the stored rows."""
    migrate(url, revision)
    with psycopg.connect(url) as connection:
        for table, rows in _read(f"revision_{revision}.json.gz").items():
            filled = (
                f"insert into {table} overriding system value select * from json_populate_recordset(null::{table}, %s)"
            )
            connection.execute(filled.encode(), [json.dumps(rows)])
        for column in _documents_of_edits(connection):  # what an edit said nothing of was written as JSON's null
            connection.execute(f"update edits set {column} = 'null' where {column} is null".encode())
        for table, column in NUMBERED[revision]:
            newest = f"select setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) from {table}"
            connection.execute(newest.encode())


def _documents_of_edits(connection: psycopg.Connection) -> list[str]:
    query = "select column_name from information_schema.columns where table_name = 'edits' and data_type = 'jsonb'"
    return [column for (column,) in connection.execute(query)]


def answers(revision: str) -> dict[str, Any]:
    """What the API answered.

    studies: GET /studies. stacks: GET /stacks/{id} by stack_id. readings: by id, each with GET /readings/{id}, its
    history from /edits (the slices of an edit sorted), the rows of its CSV without exported_at, and GET /readings/{id}
    after every one of as many undos as there were edits to undo. edits_sent: each edit's request and answer.
    """
    return _read(f"revision_{revision}_answers.json.gz")


def _read(name: str) -> dict[str, Any]:
    return json.loads(gzip.decompress((DATA / name).read_bytes()))
