"""The worklist in a browser: how far each study is, found, sorted, taken off and brought back, by keys as well."""

from pathlib import Path

import httpx
import pydicom
import pytest
from playwright.sync_api import Page, expect

from scarmass.phantom.demonstration import write_phantom
from tests.browser.conftest import Server, open_stack
from tests.browser.driving import show_part, wait_for_revision
from tests.browser.test_accessibility import serious
from tests.conftest import small_studies
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def stacks(server: Server, tmp_path: Path) -> list[str]:
    """Three studies, the oldest first, each with an accession number."""
    uploaded = []
    for number, study in enumerate(small_studies(3)):
        paths = write_phantom(tmp_path / study.patient_id, study)
        for path in paths:
            dataset = pydicom.dcmread(path)
            dataset.AccessionNumber = f"ACC-{number}"
            dataset.save_as(path)
        uploaded.append(server.upload(paths))
    return uploaded


def names(page: Page) -> list[str]:
    return [text[-1] for text in page.locator("#studies .patient strong").all_inner_texts()]


def focused(page: Page) -> str | None:
    return page.evaluate("document.activeElement.getAttribute('href')")


def progress(page: Page) -> list[str]:
    return page.locator("#studies [data-progress]").all_inner_texts()


def test_it_tells_how_far_each_study_is_with_grams_and_reader(page: Page, server: Server, stacks: list[str]) -> None:
    open_stack(page, server, stacks[0])
    show_part(page, "Details")
    page.get_by_label("Reader").fill("Dr Hand")
    page.keyboard.press("Enter")
    page.keyboard.press("0")
    wait_for_revision(page, 1)
    open_stack(page, server, stacks[1])
    page.keyboard.press("Shift+A")
    page.keyboard.press("Shift+A")
    wait_for_revision(page, 1)
    page.goto(server.address)
    wait_until(lambda: progress(page) == ["new", "done", "reading 1/2"])
    row = page.locator("#studies tbody").nth(2)
    grams = server.reading(stacks[0])["mass_g"]
    assert f"{grams:.2f} g" in row.inner_text()
    assert "Dr Hand, just now" in row.inner_text()
    assert "ACC-0" in row.inner_text()
    assert not serious(page)


def test_a_study_that_is_prepared_meanwhile_is_ready_by_itself_and_the_keyboard_stays_where_it_is(
    page: Page, server: Server, stacks: list[str]
) -> None:
    page.goto(server.address)
    wait_until(lambda: progress(page) == ["new"] * 3)
    body = {"client_id": "00000000-0000-4000-8000-000000000001"}
    httpx.post(f"{server.address}/api/v1/stacks/{stacks[2]}/readings", json=body).raise_for_status()
    page.keyboard.press("ArrowDown")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    wait_until(lambda: progress(page)[0] == "ready")
    assert focused(page) == f"/stacks/{stacks[2]}"
    menu = page.get_by_role("button", name="More about the study of Small, 1")
    menu.focus()
    drawn = page.locator("#studies tbody").first.element_handle()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    wait_until(lambda: not drawn.evaluate("(row) => row.isConnected"))
    expect(menu).to_be_focused()


def test_studies_are_sorted_by_a_column_filtered_by_state_and_found_and_the_way_back_leads_to_them(
    page: Page, server: Server, stacks: list[str]
) -> None:
    open_stack(page, server, stacks[1])
    page.goto(server.address)
    wait_until(lambda: names(page) == ["2", "1", "0"])
    page.get_by_role("button", name="Patient").click()
    wait_until(lambda: names(page) == ["0", "1", "2"])
    page.reload()
    wait_until(lambda: names(page) == ["0", "1", "2"])
    page.get_by_role("button", name="ready", exact=True).click()
    wait_until(lambda: names(page) == ["1"])
    page.keyboard.press("/")
    page.keyboard.type("acc")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/stacks/{stacks[1]}")
    page.go_back()
    wait_until(lambda: focused(page) == f"/stacks/{stacks[1]}")
    assert (names(page), page.locator("#filter").input_value()) == (["1"], "acc")
    expect(page.get_by_role("button", name="ready", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="all", exact=True).click()
    page.keyboard.press("/")
    page.keyboard.type("-2")
    wait_until(lambda: names(page) == ["2"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/stacks/{stacks[2]}")


def test_a_study_is_taken_off_and_brought_back(page: Page, server: Server, stacks: list[str]) -> None:
    page.goto(server.address)
    wait_until(lambda: names(page) == ["2", "1", "0"])
    page.get_by_role("button", name="More about the study of Small, 1").click()
    page.get_by_role("button", name="Remove from the worklist").click()
    wait_until(lambda: names(page) == ["2", "0"])
    page.get_by_text("Its readings stay in the record").wait_for()
    assert not serious(page)
    page.get_by_role("button", name="Undo").click()
    wait_until(lambda: names(page) == ["2", "1", "0"])
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Delete")
    wait_until(lambda: names(page) == ["2", "0"])
    assert focused(page) == f"/stacks/{stacks[0]}", "the row that took its place"
    page.get_by_role("button", name="Removed").click()
    wait_until(lambda: names(page) == ["1"])
    page.get_by_text("Del bring its study back").wait_for()
    assert "removed just now by no name" in page.locator("#studies tbody").inner_text()
    page.get_by_role("button", name="More about").click()
    page.get_by_role("button", name="Bring back").click()
    page.get_by_text("No study was removed").wait_for()
    page.get_by_role("button", name="Removed").click()
    wait_until(lambda: names(page) == ["2", "1", "0"])


def test_a_removed_study_is_deleted_for_good_when_its_patients_id_is_typed(
    page: Page, server: Server, stacks: list[str]
) -> None:
    page.goto(server.address)
    page.get_by_role("button", name="More about the study of Small, 1").click()
    assert not page.get_by_role("button", name="Delete for good").count()
    page.get_by_role("button", name="Remove from the worklist").click()
    wait_until(lambda: names(page) == ["2", "0"])
    page.get_by_role("button", name="Removed").click()
    page.get_by_role("button", name="More about the study of Small, 1").click()
    page.get_by_role("button", name="Delete for good").click()
    dialog = page.get_by_role("dialog", name="Delete for good")
    delete = dialog.get_by_role("button", name="Delete the study")
    dialog.get_by_text("Small, 1, SMALL-1").wait_for()
    assert not serious(page)
    assert delete.is_disabled()
    dialog.get_by_label("Type the patient’s ID to confirm").fill("SMALL-2")
    assert delete.is_disabled()
    dialog.get_by_label("Type the patient’s ID to confirm").fill("SMALL-1")
    dialog.get_by_label("Why").select_option("wrong_patient")
    page.keyboard.press("Tab")
    delete.click()
    page.get_by_text("Deleted for good: 1 study").wait_for()
    page.get_by_text("No study was removed").wait_for()
    assert httpx.get(f"{server.address}/api/v1/stacks/{stacks[1]}").status_code == 404
    (record,) = httpx.get(f"{server.address}/api/v1/deletions").json()["deletions"]
    assert record["reason"] == "wrong_patient"


def test_consent_to_training_is_given_and_withdrawn_with_the_keys_alone(
    page: Page, server: Server, stacks: list[str]
) -> None:
    page.goto(server.address)
    menu = page.get_by_role("button", name="More about the study of Small, 1")
    row = page.locator("#studies tbody").nth(1)
    dialog = page.get_by_role("dialog", name="Consent to training")
    for before, chosen, save in (("Not asked", "given", "Save"), ("Given", "withdrawn", "Withdraw for good")):
        menu.press("Enter")
        page.get_by_role("button", name="Consent to training").press("Enter")
        dialog.get_by_text("Small, 1, SMALL-1").wait_for()
        assert not serious(page)
        dialog.get_by_label(before).press("ArrowDown")
        dialog.get_by_role("button", name=save).press("Enter")
        row.get_by_text(f"consent to training {chosen}").wait_for()
    menu.press("Enter")
    page.get_by_role("button", name="Consent to training").press("Enter")
    dialog.get_by_text("It is withdrawn, as no name said just now.").wait_for()
    assert dialog.get_by_label("Given").is_disabled()
    studies = httpx.get(f"{server.address}/api/v1/studies").json()["studies"]
    said = {one["patient"]["id"]: one["training_consent"]["state"] for one in studies}
    assert said == {"SMALL-0": "not_asked", "SMALL-1": "withdrawn", "SMALL-2": "not_asked"}
