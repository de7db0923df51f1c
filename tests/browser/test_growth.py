"""A study that grows while it is read: the page says so, changes nothing by itself, and takes the new slices over."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from scarmass.services.context import Context
from tests.browser.conftest import Server, open_stack
from tests.browser.driving import client_point, drag, intercept, reading_state, wait_for_revision
from tests.browser.test_accessibility import serious
from tests.conftest import UNCONFINED, upload
from tests.fakes import EchoSegmenter
from tests.kept import Kept
from tests.services.readings.driving import prepared
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

ANYWHERE = (100, 100)


@pytest.fixture(scope="module")
def kept_early(keeping: Callable[..., Kept[str]], phantom_files: list[Path]) -> Kept[str]:
    """The stack, prepared, of a study whose third slice from either end has not come yet, told by its id."""

    def happens(client: TestClient, context: Context) -> str:
        context.wall = UNCONFINED
        early = [path for path in phantom_files if path not in _late(phantom_files)]
        stack_id = upload(client, early)["studies"][0]["stacks"][0]["stack_id"]
        prepared(client, stack_id)
        return stack_id

    return keeping(EchoSegmenter(), happens)


@pytest.fixture
def early(page: Page, server: Server, kept_early: Kept[str]) -> str:
    """That stack, opened."""
    kept_early.put_into(server.context)
    open_stack(page, server, kept_early.told)
    return kept_early.told


def _late(files: list[Path]) -> list[Path]:
    return [files[2], files[-3]]


def shown_images(page: Page) -> list[str]:
    return [one["sop_instance_uid"] for one in reading_state(page)["reading"]["slices"]]


def shown_image(page: Page) -> str:
    return shown_images(page)[reading_state(page)["shown"]]


def wait_for_slices(page: Page, count: int) -> None:
    wait_until(lambda: page.locator("#strip li").count() == count and len(shown_images(page)) == count)


def states(page: Page) -> list[str]:
    return [one["state"] for one in reading_state(page)["reading"]["slices"]]


def test_new_slices_are_taken_over_when_the_reader_says_so_and_nothing_jumps(
    page: Page, server: Server, early: str, phantom_files: list[Path]
) -> None:
    count = len(phantom_files)
    page.keyboard.press("0")
    wait_for_revision(page, 1)
    page.keyboard.press("+")
    before = (shown_image(page), client_point(page, *ANYWHERE))
    server.upload(_late(phantom_files))
    page.get_by_text("The study has grown since: 2 images more").wait_for()
    assert (shown_image(page), client_point(page, *ANYWHERE)) == before
    assert len(shown_images(page)) == count - 2
    assert not serious(page)

    page.keyboard.press("t")
    wait_for_slices(page, count)
    wait_until(lambda: sorted(states(page)) == ["no_scar", *["proposed"] * (count - 1)])
    wait_until(lambda: shown_image(page) == before[0])
    assert client_point(page, *ANYWHERE) == pytest.approx(before[1])
    assert not page.locator("#growth").is_visible()

    page.keyboard.press("z")
    wait_for_slices(page, count - 2)
    page.locator("#growth").wait_for()
    assert shown_image(page) == before[0]
    assert client_point(page, *ANYWHERE) == pytest.approx(before[1])


def test_work_that_is_not_sent_yet_survives_new_slices(
    page: Page, server: Server, early: str, phantom_files: list[Path]
) -> None:
    index = reading_state(page)["index"]
    page.keyboard.press("b")
    intercept(page, "**/edits", lambda route: route.abort())
    drag(page, (100, 100), (130, 100))
    wait_until(lambda: page.locator("#saving").get_attribute("data-state") == "offline")
    server.upload(_late(phantom_files))
    page.get_by_text("The study has grown since").wait_for()
    taken = {"client_id": "00000000-0000-4000-8000-000000000001", "expected_revision": 0, "kind": "take_over"}
    reading_id = reading_state(page)["reading"]["id"]
    httpx.post(f"{server.address}/api/v1/readings/{reading_id}/edits", json=taken).raise_for_status()
    wait_for_slices(page, len(phantom_files))
    page.unroute("**/edits")
    wait_for_revision(page, 2)
    stored = [one["state"] for one in server.reading(early)["slices"]]
    assert stored.index("edited") == reading_state(page)["index"] == index + 1


def test_the_worklist_says_that_a_study_has_grown(
    page: Page, server: Server, early: str, phantom_files: list[Path]
) -> None:
    server.upload(_late(phantom_files))
    page.goto(server.address)
    page.get_by_text("The study has grown since: 2 images more").wait_for()
    assert not serious(page)


def test_a_change_of_the_stack_elsewhere_is_shown(page: Page, server: Server, opened: str) -> None:
    assert page.locator("#contrast").input_value() == "magnitude"
    httpx.patch(f"{server.address}/api/v1/stacks/{opened}", json={"contrast": "psir"}).raise_for_status()
    wait_until(lambda: page.locator("#contrast").input_value() == "psir")
