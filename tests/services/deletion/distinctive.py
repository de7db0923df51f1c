"""A patient whose every name is found again wherever it lies, and the walks that look for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import psycopg
import pydicom
from psycopg import sql

from scarmass.phantom.demonstration import write_phantom
from scarmass.storage.erasing import KEPT
from tests.conftest import small_studies

PATIENT_ID = "ZQX-4711"


@dataclass(frozen=True)
class Distinctive:
    """A study's files. words: of the patient, none of which stands anywhere else."""

    files: list[Path]
    study_instance_uid: str
    words: tuple[str, ...]


def distinctive(
    folder: Path, number: int = 0, patient_birth_date: str = "19600101", patient_name: str = "Zyxwquark^Vera"
) -> Distinctive:
    """One of the patient's studies, written into a folder; or of another person who has the same PatientID."""
    study = next(islice(small_studies(number + 1), number, None))
    study = replace(study, patient_name=patient_name, patient_id=PATIENT_ID, patient_birth_date=patient_birth_date)
    files = write_phantom(folder, study)
    uids: set[str] = set()
    for path in files:
        dataset = pydicom.dcmread(path)
        dataset.AccessionNumber = "ACC-ZQX-99"
        dataset.save_as(path)
        uids |= {str(dataset.StudyInstanceUID), str(dataset.SeriesInstanceUID), str(dataset.SOPInstanceUID)}
    study_instance_uid = str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
    return Distinctive(files, study_instance_uid, ("Zyxwquark", PATIENT_ID, "ACC-ZQX-99", *sorted(uids)))


def rows_that_name(conninfo: str, words: Sequence[str]) -> Iterator[str]:
    """Each row of any table that holds one of the words in any column, as table and word; but for records that stay."""
    with psycopg.connect(conninfo) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            if table in KEPT:
                continue
            rows = sql.SQL("select whole::text from {} as whole").format(sql.Identifier(schema, table))
            for (text,) in connection.execute(rows):
                yield from (f"{table}: {word}" for word in words if word in text)


def files_that_name(folder: Path, words: Sequence[str]) -> Iterator[str]:
    """Each file below a folder whose name or content holds one of the words, as name and word."""
    for path in sorted(folder.rglob("*")):
        name, content = str(path.relative_to(folder)), path.read_bytes() if path.is_file() else b""
        yield from (f"{name}: {word}" for word in words if word in name or word.encode() in content)
