"""A database as version 0.1.0 left it at revision 0002, and what its API answered then.

Made by that version with three phantom patients of few slices, the tests' fake models and edits of every kind
by several readers: one reading with much history and an undone edit at its end; one with a slice that failed and an
excluded one; and one that failed as a whole, on a stack without slice thickness. The DICOM objects are not kept: a
stored reading needs their headers only.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import psycopg

from scarmass.storage.database import migrate

DATA = Path(__file__).parent / "data"


def restore(url: str) -> None:
    """Make the tables of revision 0002 in an empty database and fill them with the stored rows."""
    migrate(url, "0002")
    with psycopg.connect(url) as connection:
        for table, rows in _read("revision_0002.json.gz").items():
            filled = (
                f"insert into {table} overriding system value select * from json_populate_recordset(null::{table}, %s)"
            )
            connection.execute(filled.encode(), [json.dumps(rows)])
        newest = "select setval(pg_get_serial_sequence('proposals', 'ordinal'), max(ordinal)) from proposals"
        connection.execute(newest)


def answers() -> dict[str, Any]:
    """What the API answered.

    studies: GET /studies. stacks: GET /stacks/{id} by stack_id. readings: by id, each with GET /readings/{id}, its
    history from /edits (the slices of an edit sorted), the rows of its CSV without exported_at, and GET /readings/{id}
    after every one of as many undos as there were edits to undo. edits_sent: each edit's request and answer.
    """
    return _read("revision_0002_answers.json.gz")


def _read(name: str) -> dict[str, Any]:
    return json.loads(gzip.decompress((DATA / name).read_bytes()))
