"""Bringing a folder in: what is bad in it is told; a lost connection or a second thought loses and doubles nothing."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Route

from scarmass.phantom.demonstration import write_phantom
from tests.browser.conftest import Server
from tests.browser.test_accessibility import serious
from tests.browser.test_layout import CUT_OFF
from tests.conftest import small_studies
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

STUDIES = re.compile("/api/v1/studies$")
FILES = 120
"""More than one request takes."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good images, a note, one that is cut off, and many that are empty."""
    (study,) = small_studies(1)
    first, second = write_phantom(tmp_path / "folder" / "series", study)
    first.rename(first.with_name("000.dcm"))
    second.rename(second.with_name("999.dcm"))
    (tmp_path / "folder" / "notes.txt").write_text("not an image")
    (tmp_path / "folder" / "cut.dcm").write_bytes(second.with_name("999.dcm").read_bytes()[:900])
    for number in range(1, FILES - 3):
        (tmp_path / "folder" / "series" / f"{number:03}.dcm").write_bytes(b"")
    return tmp_path / "folder"


def choose(page: Page, folder: Path) -> None:
    page.locator("#folder").set_input_files(str(folder))


def said(page: Page) -> str:
    return page.locator("#upload-text").inner_text()


def stacks(server: Server) -> list[int]:
    """Images of each stack that is stored."""
    studies = httpx.get(f"{server.address}/api/v1/studies").json()["studies"]
    return [stack["number_of_slices"] for study in studies for stack in study["stacks"]]


def posts(page: Page, answer: Callable[[Route, int], None]) -> list[int]:
    """Have each upload's request answered so; the returned list grows with the bytes of each."""
    seen: list[int] = []

    def handle(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        seen.append(len(route.request.post_data_buffer or b""))
        answer(route, len(seen))

    page.route(STUDIES, handle)
    return seen


def test_the_good_files_of_a_folder_come_in_and_what_is_bad_is_told_by_reason(
    page: Page, server: Server, folder: Path
) -> None:
    page.goto(server.address)
    page.get_by_text("No studies yet").wait_for()
    choose(page, folder)
    page.get_by_text("1 study imported: 2 new images.").wait_for()
    assert f"{FILES - 2} files refused" in said(page)
    page.get_by_text("Small, 0").wait_for()
    refused = page.locator("#refused-list")
    assert "not a DICOM file" in refused.inner_text()
    assert "folder/notes.txt" in refused.inner_text()
    assert "and 66 more files" in refused.inner_text()
    assert not serious(page)
    for width, height in ((820, 1180), (1366, 768), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(CUT_OFF) == []
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as text").click()
    text = saved.value.path().read_text()
    assert f"the file is empty ({FILES - 4} files)" in text
    assert all(f"folder/series/{number:03}.dcm" in text for number in range(1, FILES - 3))
    page.get_by_role("button", name="Copy the list").press("Enter")
    page.get_by_text("Copied").wait_for()
    page.get_by_role("button", name="Dismiss").press("Enter")
    wait_until(lambda: not page.locator("#upload").is_visible())


def test_a_connection_that_is_lost_in_the_middle_loses_nothing_and_sends_nothing_again(
    page: Page, server: Server, folder: Path
) -> None:
    is_away = [True]
    sent = posts(page, lambda route, count: route.abort() if count > 1 and is_away[0] else route.continue_())
    page.goto(server.address)
    choose(page, folder)
    page.get_by_text("The upload goes on by itself").wait_for()
    assert "100 of 120 files" in page.locator("#upload-counts").inner_text()
    assert not serious(page)
    is_away[0] = False
    page.get_by_role("button", name="Try now").press("Enter")
    page.get_by_text("1 study imported: 2 new images.").wait_for()
    assert "0 already here" in page.locator("#upload-counts").inner_text()
    assert stacks(server) == [2]
    assert len(sent) >= 3


def test_a_cancelled_upload_keeps_what_arrived_and_can_be_resumed(page: Page, server: Server, folder: Path) -> None:
    held: list[Route] = []
    posts(page, lambda route, count: held.append(route) if count == 2 else route.continue_())
    page.goto(server.address)
    choose(page, folder)
    wait_until(lambda: said(page) and held)
    page.get_by_role("button", name="Cancel").press("Enter")
    page.get_by_text("Cancelled.").wait_for()
    assert "1 of 120 files arrived and stays, 20 were not sent" in said(page)
    assert stacks(server) == [1]
    assert page.evaluate("document.activeElement.textContent") == "Resume"
    page.keyboard.press("Enter")
    page.get_by_text("1 study imported: 2 new images.").wait_for()
    assert stacks(server) == [2]


def test_hundreds_of_files_are_listed_without_a_row_for_each(page: Page, server: Server, tmp_path: Path) -> None:
    for number in range(1500):
        (tmp_path / f"{number:04}.dcm").write_bytes(b"")
    posts(page, lambda _route, _count: None)
    page.goto(server.address)
    choose(page, tmp_path)
    page.get_by_text("Uploading 1500 files").wait_for()
    rows = page.locator("#upload-list li")
    assert rows.count() < 40
    page.locator("#upload-rows").focus()
    page.keyboard.press("End")
    rows.get_by_text("1499.dcm").wait_for()
    assert rows.count() < 40
    assert not serious(page)
