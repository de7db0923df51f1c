"""Rows as a workbook, read back by another library."""

import io
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from scarmass.services.readings.xlsx import to_xlsx
from tests.conftest import upload
from tests.services.readings.driving import prepared
from tests.services.readings.reported import Reported

TABLE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def opened(content: bytes) -> Any:
    """Its one sheet."""
    return load_workbook(io.BytesIO(content)).worksheets[0]


def read(content: bytes) -> list[dict]:
    sheet = opened(content)
    heading, *lines = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, heading), line, strict=True)) for line in lines]


def test_numbers_are_numbers_with_their_digits_and_text_is_text() -> None:
    content = to_xlsx([{"patient_id": "0012", "mass_g": 1.5, "slice": 3, "follows": True, "model": None}])
    assert read(content) == [{"patient_id": "0012", "mass_g": 1.5, "slice": 3, "follows": True, "model": None}]
    sheet = opened(content)
    assert (sheet["B2"].number_format, sheet["A2"].data_type) == ("0.00", "s")


@pytest.mark.parametrize("name", ["=cmd()", "+1", "@sum(a1)", "A;=cmd()", "http://x", "{=1+1}", "-2"])
def test_no_cell_is_a_formula_or_a_link(name: str) -> None:
    content = to_xlsx([{"name": name}])
    cell = opened(content)["A2"]
    assert (cell.data_type, cell.hyperlink) == ("s", None)
    assert not any(part.startswith(("=", "+", "-", "@")) for part in str(cell.value).split(";"))


def test_the_same_rows_are_the_same_file() -> None:
    assert to_xlsx([{"a": 1}]) == to_xlsx([{"a": 1}])


@pytest.mark.slow
def test_a_reading_leaves_as_the_rows_of_its_csv_each_with_patient_and_recipe(reported: Reported) -> None:
    rows, told = read(reported.export("xlsx")), reported.report()
    assert [row["row"] for row in rows] == ["slice"] * 6 + ["total"]
    assert {row["patient_id"] for row in rows} == {"TRUTH-7"}
    assert {row["status"] for row in rows} == {"DRAFT"}
    assert {row["models"] for row in rows} == {f"oracle {'2' * 64}"}
    assert {row["density_g_per_ml"] for row in rows} == {1.05}
    total = rows[-1]["mass_g_by_slice_thickness"]
    assert total == pytest.approx(told["scar"]["by_slice_thickness"]["mass_g"], abs=0.005)


@pytest.mark.slow
def test_totals_of_several_readings_are_one_table(client: TestClient, reported: Reported, other_phantom_files) -> None:
    stack_id = upload(client, other_phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    ids = [reported.id, prepared(client, stack_id)["id"], reported.id]
    answers = {
        format: client.get("/api/v1/export", params={"reading": ids, "format": format}).raise_for_status()
        for format in ("csv", "xlsx", "json")
    }
    rows = answers["json"].json()["rows"]
    assert [row["patient_id"] for row in rows] == ["TRUTH-7", "PHANTOM-002"]
    assert [row["mass_g_by_slice_thickness"] for row in rows] == [
        row["mass_g_by_slice_thickness"] for row in read(answers["xlsx"].content)
    ]
    assert len(answers["csv"].text.splitlines()) == 3
    named = answers["xlsx"].headers["content-disposition"]
    assert named == 'attachment; filename="DRAFT_scar-mass_2-readings.xlsx"'
    assert answers["xlsx"].headers["content-type"] == TABLE


@pytest.mark.slow
def test_a_table_of_none_of_too_many_or_of_unknown_readings_is_refused(client: TestClient) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    assert client.get("/api/v1/export").status_code == 422
    assert client.get("/api/v1/export", params={"reading": ["nobody"]}).status_code == 422
    assert client.get("/api/v1/export", params={"reading": [nobody] * 201}).status_code == 422
    assert client.get("/api/v1/export", params={"reading": [nobody]}).status_code == 404
