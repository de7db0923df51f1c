"""What the pages say where there is nothing, not yet, not any more, or not what was expected."""

import re
from pathlib import Path

import pydicom
import pytest
from playwright.sync_api import Page
from pydicom.uid import generate_uid

from scarmass.domain.errors import DeviceOutOfMemory
from scarmass.services.context import Context
from tests.browser.conftest import Server, stored_slice
from tests.browser.driving import drag, reading_state, wait_for_revision
from tests.browser.test_accessibility import serious
from tests.kept import Kept
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def test_the_worklist_says_that_it_is_empty_and_what_to_do(page: Page, server: Server) -> None:
    page.goto(server.address)
    page.get_by_text("No studies yet").wait_for()
    assert page.get_by_role("button", name="Upload folder").last.is_visible()
    assert not serious(page)


def test_the_worklist_comes_by_itself_when_the_server_is_back(
    page: Page, server: Server, kept_stack: Kept[str]
) -> None:
    kept_stack.put_into(server.context)
    studies = re.compile("/api/v1/studies")
    page.route(studies, lambda route: route.abort())
    page.goto(server.address)
    page.get_by_text("The server cannot be reached").wait_for()
    page.unroute(studies)
    page.get_by_text("Phantom, Anterior").wait_for()
    assert not page.get_by_text("The server cannot be reached").is_visible()


@pytest.fixture
def cine_files(phantom_files: list[Path], tmp_path: Path) -> list[Path]:
    """The phantom under a description of something else than LGE."""
    written = []
    for path in phantom_files:
        header = pydicom.dcmread(path)
        header.SeriesDescription = "cine SAX"
        header.ProtocolName = "cine SAX"
        header.SequenceName = "cine"
        header.SeriesInstanceUID = generate_uid(entropy_srcs=["cine"])
        header.SOPInstanceUID = generate_uid(entropy_srcs=["cine", path.name])
        header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
        written.append(tmp_path / path.name)
        header.save_as(written[-1])
    return written


def test_where_no_lge_is_found_the_pages_say_so_and_the_reader_can_read_it_anyway(
    page: Page, server: Server, cine_files: list[Path]
) -> None:
    page.goto(server.address)
    page.locator("input[type=file]").first.set_input_files([str(path) for path in cine_files])
    page.get_by_text("No late gadolinium enhancement was recognised").wait_for()
    page.get_by_text("cine SAX").first.click()
    page.get_by_text("was not recognised as late gadolinium enhancement").wait_for()
    assert reading_state(page)["reading"] is None
    assert not serious(page)
    page.get_by_role("button", name="Read it as LGE").click()
    wait_until(lambda: (reading_state(page)["reading"] or {}).get("state") == "draft")
    assert not page.get_by_text("was not recognised").is_visible()


def test_a_reading_that_could_not_be_prepared_says_so_and_is_drawn_by_hand_or_proposed_again(
    page: Page, server: Server, context: Context, phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_memory(*_: object) -> list:
        raise DeviceOutOfMemory("no memory left")

    monkeypatch.setattr(context.detector, "detect", out_of_memory)
    stack_id = server.upload(phantom_files)
    page.goto(f"{server.address}/stacks/{stack_id}")
    page.get_by_text("no memory left").wait_for()
    page.get_by_text("Draw on the image, or press Shift+R to try the stack again").wait_for()
    wait_until(lambda: reading_state(page)["shown"] == reading_state(page)["index"])
    assert not serious(page)
    page.keyboard.press("b")
    drag(page, (100, 100), (120, 100))
    wait_for_revision(page, 1)
    assert stored_slice(server, stack_id, reading_state(page)["index"])["state"] == "edited"
    monkeypatch.undo()
    page.get_by_role("button", name="Propose again").click()
    wait_for_revision(page, 2)
    states = sorted(one["state"] for one in server.reading(stack_id)["slices"])
    assert states == ["edited", *["proposed"] * (len(phantom_files) - 1)]


def test_a_stack_that_is_not_there_leads_back_to_the_worklist(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/stacks/1.2.3")
    page.get_by_text("This stack cannot be opened").wait_for()
    page.get_by_text("Back to the worklist").click()
    page.wait_for_url(f"{server.address}/")


def test_a_slow_image_says_that_it_is_loading(page: Page, server: Server, kept_stack: Kept[str]) -> None:
    kept_stack.put_into(server.context)
    page.route(re.compile("/pixels"), lambda route: None)
    page.goto(f"{server.address}/stacks/{kept_stack.told}")
    wait_until(lambda: (reading_state(page).get("reading") or {}).get("state") == "draft")
    page.keyboard.press("ArrowRight")
    page.get_by_text("Loading slice").wait_for()
    assert not serious(page)
    page.unroute(re.compile("/pixels"))
    wait_until(lambda: reading_state(page)["shown"] == reading_state(page)["index"])
    wait_until(lambda: not page.get_by_text("Loading slice").is_visible())
