"""`scarmass audit`: the chain verified and its head kept elsewhere; what commands do is recorded."""

import json
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from scarmass.cli.app import app
from scarmass.domain.audit import Action, Event, Outcome, Sought
from scarmass.storage import audit
from scarmass.storage.database import Database
from tests.imaging.segmentation_objects import segmentation_of

run = CliRunner().invoke


@pytest.fixture
def trail(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database with three rows, which the commands' settings name."""
    monkeypatch.setenv("DATABASE_URL", database.conninfo)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    with database.transaction() as session:
        audit.append(session, [Event(Action.EDIT, f"Dr {number}") for number in range(3)])
    return database


def change(database: Database, statement: str) -> None:
    with psycopg.connect(database.conninfo) as connection:
        connection.execute("alter table audit_events disable trigger audit_events_stay")
        connection.execute(statement.encode())


def test_a_chain_that_holds_is_said_to_with_its_head(trail: Database) -> None:
    verified, head = run(app, ["audit", "verify"]), run(app, ["audit", "head"])
    assert verified.exit_code == 0
    number, sha256 = head.output.split()
    assert (number, len(sha256)) == ("3", 64)
    assert f"row 1 to row 3: {sha256}" in verified.output


def test_the_first_broken_row_is_told_and_the_command_fails(trail: Database) -> None:
    change(trail, "update audit_events set person = 'Nobody' where number >= 2")
    verified = run(app, ["audit", "verify"])
    assert verified.exit_code == 1
    assert "Row 2 breaks the chain" in verified.output


def test_an_end_that_was_cut_off_is_found_by_the_head_that_was_kept(trail: Database, tmp_path: Path) -> None:
    kept = tmp_path / "head.json"
    assert run(app, ["audit", "head", "--to", str(kept)]).exit_code == 0
    assert json.loads(kept.read_text())["number"] == 3
    change(trail, "delete from audit_events where number = 3")
    assert run(app, ["audit", "verify"]).exit_code == 0
    verified = run(app, ["audit", "verify", "--kept", str(kept)])
    assert verified.exit_code == 1
    assert "row 3 was kept elsewhere" in verified.output


def test_a_file_that_holds_no_head_is_refused(trail: Database, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("{}")
    refused = run(app, ["audit", "verify", "--kept", str(tmp_path / "other")])
    assert refused.exit_code == 2
    assert "holds no head" in " ".join(refused.output.replace("│", " ").split())


@pytest.mark.slow
def test_an_import_by_the_command_line_is_recorded_of_each_study(
    trail: Database, phantom_files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "none.dcm").write_bytes(b"nothing")
    assert run(app, ["import", *map(str, phantom_files)]).exit_code == 0
    assert run(app, ["import", str(tmp_path / "none.dcm")]).exit_code == 1
    with trail.transaction() as session:
        rows = audit.page(session, Sought(actions=(Action.IMPORT,)), 10, None)
    refused, imported = (row.event for row in rows)
    assert imported.subject.patient_id == "PHANTOM-001"
    assert imported.person.endswith(" (command line)")
    assert imported.about["stored"] == str(len(phantom_files))
    assert (refused.reason, refused.subject.patient_id) == ("ObjectRefused", "")


@pytest.mark.slow
def test_a_segmentation_that_is_imported_before_its_images_is_recorded_as_stored(
    trail: Database, phantom_files: list[Path], tmp_path: Path
) -> None:
    path = tmp_path / "seg.dcm"
    path.write_bytes(segmentation_of(phantom_files[0]))
    for _ in ("new", "already there"):
        assert run(app, ["import", str(path)]).exit_code == 0
    with trail.transaction() as session:
        rows = audit.page(session, Sought(actions=(Action.IMPORT,)), 10, None)
    assert [row.event.outcome for row in rows] == [Outcome.SUCCESS] * 2
    assert {row.event.subject.patient_id for row in rows} == {"PHANTOM-001"}
    assert [row.event.about["stored"] for row in rows] == ["0", "1"]
