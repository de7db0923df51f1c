"""A reader study on the page: made of patients of the worklist, read one after the other, and its results."""

import uuid
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from scarmass.phantom.demonstration import write_phantom
from tests.api.test_reader_studies import read_all
from tests.browser.conftest import Server
from tests.browser.driving import reading_state, wait_for_revision
from tests.browser.test_accessibility import serious
from tests.conftest import small_studies
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def patients(server: Server, tmp_path: Path) -> list[str]:
    """The stacks of three patients with two slices each."""
    return [server.upload(write_phantom(tmp_path / study.patient_id, study)) for study in small_studies(3)]


def make(page: Page, server: Server, arms: str) -> None:
    """A study of all patients by one reader, as a form makes it."""
    page.goto(server.address)
    page.get_by_role("link", name="Reader studies").click()
    page.get_by_text("None yet").wait_for()
    page.get_by_text("New reader study").click()
    page.get_by_label("Name").fill("Agreement")
    page.get_by_label("Readers, one a line").fill("Dr Anna")
    page.get_by_label("Ways of reading").select_option(label=arms)
    wait_until(lambda: page.locator("#patients input").count() == 3)
    page.get_by_role("button", name="All", exact=True).click()
    page.get_by_text("3 patients").wait_for()
    assert not serious(page), "\n".join(serious(page))
    page.get_by_role("button", name="Make the reader study").click()
    page.wait_for_url("**/reader-studies/*")


def open_next(page: Page, place: str) -> None:
    """By the button of the study's page."""
    page.get_by_label("You read as").select_option("Dr Anna")
    page.get_by_role("button", name="Read next").click()
    wait_until_open(page, place)


def wait_until_open(page: Page, place: str) -> None:
    """The page shows this measurement, prepared."""
    page.locator("#assignment", has_text=place).wait_for()
    wait_until(lambda: (reading_state(page).get("reading") or {}).get("state") == "draft")
    wait_until(lambda: reading_state(page)["shown"] == reading_state(page)["index"])


def no_scar_and_sign(page: Page) -> None:
    for revision in (1, 2):
        page.keyboard.press("0")
        wait_for_revision(page, revision)
    page.keyboard.press("Shift+S")
    page.get_by_text("Press again to sign").wait_for()
    page.keyboard.press("Shift+S")


def test_a_study_is_made_and_read_in_its_order_and_its_results_are_shown(
    page: Page, server: Server, patients: list[str]
) -> None:
    make(page, server, "both: without proposals first")
    page.get_by_text("Choose who you are").wait_for()
    page.get_by_text("Nothing is signed yet").wait_for()
    study_id = page.url.rpartition("/")[2]
    open_next(page, "1 of 6")
    assert {one["state"] for one in reading_state(page)["reading"]["slices"]} == {"pending"}
    assert page.locator("#readings").is_hidden()
    assert page.locator("[data-command=propose_stack]").is_hidden()
    page.keyboard.press("Shift+R")
    page.get_by_text("read without proposals").wait_for()
    page.keyboard.press("Shift+Enter")
    page.get_by_text("comes when this one is signed").wait_for()
    no_scar_and_sign(page)
    wait_until_open(page, "2 of 6")
    assert not serious(page), "\n".join(serious(page))
    page.locator("#assignment").click()
    page.get_by_text("1 of 6").wait_for()
    page.get_by_text("when you have signed your last measurement").wait_for()

    with httpx.Client(base_url=server.address, timeout=60) as client:
        read_all(client, study_id, {"X-Reader": "Dr Anna"})
    page.reload()
    page.get_by_text("You have signed everything").wait_for()
    page.locator("#plots svg").nth(1).wait_for()
    assert page.locator("#plots svg").count() == 2
    assert page.locator("#comparisons tr").count() == 2
    assert page.locator("#sets tr").count() == 2
    found = httpx.get(f"{server.address}/api/v1/reader-studies/{study_id}/results", timeout=60).json()["comparisons"][0]
    bias = found["agreement"]["slice_thickness"]["bias"]["value"]
    assert f"{bias:.2f}".replace("-", "−") in page.locator("#comparisons tr").first.inner_text()
    assert not serious(page), "\n".join(serious(page))
    with page.expect_download() as downloading:
        page.get_by_role("link", name="CSV of Dr Anna, with proposals, repeat 1").click()
    assert downloading.value.path().read_text().count("with_proposals") == 3


def test_the_last_signature_leads_back_to_the_study(page: Page, server: Server, patients: list[str]) -> None:
    make(page, server, "without proposals")
    study_id = page.url.rpartition("/")[2]
    open_next(page, "1 of 3")
    no_scar_and_sign(page)
    wait_until_open(page, "2 of 3")
    no_scar_and_sign(page)
    wait_until_open(page, "3 of 3")
    no_scar_and_sign(page)
    page.wait_for_url(f"**/reader-studies/{study_id}")
    page.get_by_text("You have signed everything").wait_for()


def test_patients_that_are_selected_in_the_worklist_are_chosen_for_a_study(
    page: Page, server: Server, patients: list[str]
) -> None:
    for stack_id in patients[:2]:
        body = {"client_id": str(uuid.uuid4())}
        httpx.post(f"{server.address}/api/v1/stacks/{stack_id}/readings", json=body).raise_for_status()
    page.goto(server.address)
    page.get_by_label("Select all readings that are shown").check()
    page.get_by_role("link", name="Reader study of them").click()
    page.get_by_text("2 patients").wait_for()
    ticked = page.locator("#patients input:checked")
    assert sorted(box.get_attribute("value") or "" for box in ticked.all()) == sorted(patients[:2])
