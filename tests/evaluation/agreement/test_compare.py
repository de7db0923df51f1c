"""`scarmass agreement`, from the application's own exports to the plots."""

import csv
import json
import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from scarmass.cli.app import app
from scarmass.domain.errors import PairsInvalid, ReadingsNotComparable
from scarmass.phantom.demonstration import write_phantom
from tests.conftest import small_studies, upload
from tests.services.readings.test_prepare import wait_until_draft

pytestmark = pytest.mark.slow

BOX = {"x0": 10.0, "y0": 20.0, "x1": 14.0, "y1": 23.0}


def compared(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["agreement", *map(str, arguments)])


def exported(client: TestClient, readings: list[dict], folder: Path) -> Path:
    folder.mkdir()
    for reading in readings:
        answer = client.get(f"/api/v1/readings/{reading['id']}/export", params={"format": "csv"})
        assert answer.status_code == 200
        (folder / f"{reading['id']}.csv").write_bytes(answer.content)
    return folder


def total_grams(folder: Path) -> list[float]:
    rows = [row for file in sorted(folder.iterdir()) for row in csv.DictReader(file.open())]
    return [float(row["mass_g_by_slice_spacing"]) for row in rows if row["row"] == "total"]


def test_two_observers_exports_are_compared_end_to_end(client: TestClient, tmp_path: Path) -> None:
    readings = []
    for study in small_studies(3):
        stack = upload(client, write_phantom(tmp_path / study.patient_id, study))["studies"][0]["stacks"][0]
        opened = client.post(f"/api/v1/stacks/{stack['stack_id']}/readings", json={"client_id": str(uuid.uuid4())})
        readings.append(wait_until_draft(client, opened.json()["id"]))
    first = exported(client, readings, tmp_path / "observer_a")
    for reading in readings[1:]:
        edit = {"client_id": str(uuid.uuid4()), "expected_revision": 0, "kind": "prompt", "boxes": [BOX]}
        edit["sop_instance_uid"] = reading["slices"][1]["sop_instance_uid"]
        assert client.post(f"/api/v1/readings/{reading['id']}/edits", json=edit).status_code == 200
    second = exported(client, readings, tmp_path / "observer_b")

    answer = compared(first, second, "--output", tmp_path / "out", "--extent", "slice_spacing")

    assert answer.exit_code == 0, answer.output
    written = json.loads((tmp_path / "out" / "agreement.json").read_text())
    one, other = total_grams(first), total_grams(second)
    assert sorted(pair["first"] for pair in written["pairs"]) == pytest.approx(sorted(one))
    assert written["agreement"]["n"] == 3
    assert written["agreement"]["bias"]["value"] == pytest.approx((sum(one) - sum(other)) / 3)
    assert written["agreement"]["bias"]["value"] != 0
    assert {pair["patient"] for pair in written["pairs"]} == {study.patient_id for study in small_studies(3)}
    assert "observer_a holds drafts" in written["warnings"]
    names = {"agreement.json", "correlation.png", "correlation.svg", "bland_altman.png", "bland_altman.svg"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert "observer_a against observer_b: 3 pairs" in answer.output


def table_of(folder: Path, name: str, grams: list[float], column: str = "mass_g") -> Path:
    path = folder / name
    path.write_text("\n".join([f"patient,{column}", *(f"P{i},{value}" for i, value in enumerate(grams))]))
    return path


def test_patients_of_one_set_only_are_told(tmp_path: Path) -> None:
    first, second = table_of(tmp_path, "a.csv", [1, 2, 3, 5]), table_of(tmp_path, "b.csv", [1, 2, 4])
    answer = compared(first, second, "--output", tmp_path / "out")
    assert answer.exit_code == 0
    assert "only in a, left out: P3" in answer.output
    assert json.loads((tmp_path / "out" / "agreement.json").read_text())["only_in_first"] == [
        {"patient": "P3", "stack": None}
    ]


def test_file_names_are_shown_as_they_are(tmp_path: Path) -> None:
    first, second = table_of(tmp_path, "[red]$x.csv", [1, 2, 3]), table_of(tmp_path, "$b$_{.csv", [1, 2, 4])
    answer = compared(first, second, "--output", tmp_path / "out")
    assert answer.exit_code == 0
    assert "[red]$x against $b$_{: 3 pairs" in answer.output


def test_figures_that_are_not_defined_are_null_and_told_as_such(tmp_path: Path) -> None:
    same = table_of(tmp_path, "a.csv", [0, 0, 0])
    answer = compared(same, table_of(tmp_path, "b.csv", [0, 0, 0]), "--output", tmp_path / "out")
    assert answer.exit_code == 0
    assert "undefined" in answer.output
    assert json.loads((tmp_path / "out" / "agreement.json").read_text())["agreement"]["wilcoxon_p"] is None


def test_nothing_is_written_where_readings_cannot_be_compared(tmp_path: Path) -> None:
    grams, percent = table_of(tmp_path, "a.csv", [1, 2, 3]), table_of(tmp_path, "b.csv", [1, 2, 3], "scar_percent")
    answer = compared(grams, percent, "--output", tmp_path / "out")
    assert isinstance(answer.exception, ReadingsNotComparable)
    few = compared(grams, table_of(tmp_path, "c.csv", [1, 2]), "--output", tmp_path / "out")
    assert isinstance(few.exception, PairsInvalid)
    assert not (tmp_path / "out").exists()
