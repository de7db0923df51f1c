"""The printable report in a browser: opened from the reading, written into, shown in other languages; and the table of
readings that are selected in the worklist."""

import csv
import io
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from scarmass.phantom.demonstration import write_phantom
from tests.browser.conftest import Server, open_stack
from tests.browser.driving import wait_for_revision
from tests.browser.test_accessibility import serious
from tests.conftest import small_studies
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def report(page: Page, server: Server, opened: str) -> str:
    """The report of the reading that is open, opened by its key."""
    page.keyboard.press("Shift+E")
    page.wait_for_url("**/report?language=en")
    return server.reading(opened)["id"]


def test_the_report_tells_the_readings_grams_and_pictures(page: Page, server: Server, opened: str, report: str) -> None:
    totals = server.reading(opened)["totals"]
    figures = page.locator(".figure b").all_inner_texts()
    assert figures == [f"{totals[by]['mass_g']:.2f} g" for by in ("by_slice_thickness", "by_slice_spacing")]
    assert page.locator(".images svg").count() == 3
    expect(page.locator(".mark")).to_have_text("DRAFT")
    assert not serious(page), "\n".join(serious(page))
    page.get_by_role("link", name="Back to the reading").click()
    page.wait_for_url(f"**/stacks/{opened}")


def test_a_reader_writes_the_finding_and_it_stays(page: Page, server: Server, report: str) -> None:
    proposed = page.locator("#finding").inner_text()
    page.get_by_role("button", name="Begin with the proposed finding").click()
    assert page.get_by_label("Finding").input_value() == proposed
    page.get_by_label("Finding").fill("Anterior scar & <b>more</b>")
    page.get_by_label("Remarks").fill("Breathing artefacts")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#finding")).to_have_text("Anterior scar & <b>more</b>")
    page.reload()
    expect(page.locator("#finding")).to_have_text("Anterior scar & <b>more</b>")
    expect(page.locator("#remarks")).to_have_text("Breathing artefacts")
    httpx.post(f"{server.address}/api/v1/readings/{report}/report/text", json={"finding": "Elsewhere", "after": 1})
    page.get_by_label("Finding").fill("Here")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Not saved: the report's text was changed elsewhere").wait_for()
    assert page.get_by_label("Finding").input_value() == "Here"


def test_the_language_is_kept_for_the_next_report(page: Page, server: Server, opened: str, report: str) -> None:
    page.get_by_label("Language").select_option("de")
    page.wait_for_url("**/report?language=de")
    expect(page.locator("h1")).to_contain_text("LGE-Masse")
    pdf = page.get_by_role("link", name="PDF").get_attribute("href")
    assert pdf == f"/api/v1/readings/{report}/export?format=pdf&language=de"
    open_stack(page, server, opened)
    page.get_by_role("button", name="Report").click()
    page.wait_for_url("**/report?language=de")


def test_what_is_printed_is_the_sheet_alone(page: Page, report: str) -> None:
    page.emulate_media(media="print")
    assert not page.locator(".actions").is_visible()
    assert not page.locator("#text").is_visible()
    assert page.locator("#finding").is_visible()
    assert page.locator(".mark").is_visible()


def test_readings_that_are_selected_by_keys_leave_as_one_table(page: Page, server: Server, tmp_path: Path) -> None:
    stacks = [server.upload(write_phantom(tmp_path / study.patient_id, study)) for study in small_studies(3)]
    for stack in stacks[:2]:
        open_stack(page, server, stack)
    page.keyboard.press("0")
    wait_for_revision(page, 1)
    page.goto(server.address)
    wait_until(lambda: page.locator("[data-select]").count() == 2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    expect(page.locator("#selected-text")).to_have_text("2 readings selected")
    assert not serious(page), "\n".join(serious(page))
    with page.expect_download() as download:
        page.locator("#selected-csv").click()
    assert download.value.suggested_filename == "DRAFT_scar-mass_2-readings.csv"
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert sorted(row["patient_id"] for row in rows) == ["SMALL-0", "SMALL-1"]
    page.get_by_label("Select all readings that are shown").uncheck()
    expect(page.locator("#selected")).to_be_hidden()


def test_a_selection_outlives_a_filter_and_a_refresh(page: Page, server: Server, tmp_path: Path) -> None:
    for study in small_studies(2):
        open_stack(page, server, server.upload(write_phantom(tmp_path / study.patient_id, study)))
    page.goto(server.address)
    page.get_by_label("Select all readings that are shown").check()
    page.keyboard.press("/")
    page.keyboard.type("SMALL-1")
    wait_until(lambda: page.locator("[data-select]").count() == 1)
    expect(page.locator("#selected-text")).to_have_text("2 readings selected")
    page.keyboard.press("Escape")
    wait_until(lambda: page.locator("[data-select]:checked").count() == 2)
