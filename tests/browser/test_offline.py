"""Without a connection nothing is lost, nothing is overwritten, and nothing changes its order."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Dialog, Page
from playwright.sync_api import Error as PlaywrightError

from tests.browser.conftest import Server, open_stack, stored_slice
from tests.browser.driving import drag, intercept, reading_state, shown_scar, wait_for_revision
from tests.browser.test_accessibility import serious
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

EDITS = re.compile(r"/api/v1/readings/[^/]+/(edits|events)")


def cut(page: Page) -> None:
    """The server cannot be reached with an edit; the page itself can still be loaded."""
    intercept(page, EDITS, lambda route: route.abort())


def reconnect(page: Page) -> None:
    page.unroute(EDITS)


def saving(page: Page) -> str:
    return page.locator("#saving").inner_text()


def wait_until_saving(page: Page, words: str) -> None:
    """Until the page says these words of what is saved. Raises TimeoutError with those that it says instead."""
    try:
        wait_until(lambda: words in saving(page))
    except TimeoutError as error:
        raise TimeoutError(f"the page says {saving(page)!r}, not {words!r}, of {reading_state(page)}") from error


def shown_state(page: Page, index: int) -> str:
    return page.locator("#strip button").nth(index).get_attribute("data-state") or ""


def test_painting_deciding_and_accepting_go_on_and_are_sent_in_order(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    cut(page)
    page.keyboard.press("c")
    page.keyboard.press("b")
    drag(page, (100, 100), (130, 110))
    page.keyboard.press("Enter")
    wait_until(lambda: reading_state(page)["shown"] == index + 1)
    page.keyboard.press("0")
    wait_until(lambda: reading_state(page)["shown"] == index + 2)
    page.keyboard.press("u")
    wait_until_saving(page, "5 changes kept here")
    assert [shown_state(page, at) for at in range(index, index + 3)] == ["accepted", "no_scar", "excluded"]
    assert not serious(page)
    assert server.reading(opened)["revision"] == 0
    reconnect(page)
    wait_for_revision(page, 5)
    wait_until_saving(page, "All changes saved")
    stored = server.reading(opened)["slices"]
    assert [stored[at]["state"] for at in range(index, index + 3)] == ["accepted", "no_scar", "excluded"]
    assert len(stored[index]["mask"]["counts"]) > 1


def test_a_box_drawn_without_a_connection_says_that_it_waits_for_the_model(
    page: Page, server: Server, opened: str
) -> None:
    index = reading_state(page)["index"]
    waiting = page.locator('[data-corner="waiting"]')
    cut(page)
    drag(page, (100, 90), (120, 105))
    wait_until(lambda: "when the connection is back" in waiting.inner_text())
    page.keyboard.press("ArrowDown")
    wait_until(lambda: waiting.inner_text() == "")
    page.keyboard.press("ArrowUp")
    wait_until(lambda: "when the connection is back" in waiting.inner_text())
    reconnect(page)
    wait_for_revision(page, 1)
    wait_until(lambda: waiting.inner_text() == "")
    assert len(stored_slice(server, opened, index)["boxes"]) == 2


def test_what_was_not_sent_survives_the_page(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    cut(page)
    page.keyboard.press("b")
    drag(page, (100, 100), (130, 110))
    wait_until_saving(page, "1 change kept here")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("about:blank")
    reconnect(page)
    open_stack(page, server, opened)
    wait_for_revision(page, 1)
    assert stored_slice(server, opened, index)["state"] == "edited"
    assert page.evaluate("() => Object.keys(localStorage).filter((key) => key.includes('unsent')).length") == 0


def test_leaving_with_unsaved_work_warns(page: Page, server: Server, opened: str) -> None:
    cut(page)
    page.mouse.click(300, 300)
    page.keyboard.press("0")
    wait_until_saving(page, "kept here")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    with suppress(PlaywrightError):
        page.goto("about:blank", timeout=3000)
    assert asked == ["beforeunload"]
    assert page.url.startswith(server.address)


def test_edits_of_other_slices_are_merged(page: Page, server: Server, opened: str, other: Page) -> None:
    index = reading_state(page)["index"]
    cut(page)
    page.keyboard.press("0")
    wait_until_saving(page, "1 change kept here")
    other.keyboard.press("ArrowDown")
    wait_until(lambda: reading_state(other)["shown"] == index + 1)
    other.keyboard.press("u")
    wait_for_revision(other, 1)
    reconnect(page)
    wait_for_revision(page, 2)
    assert stored_slice(server, opened, index)["state"] == "no_scar"
    assert stored_slice(server, opened, index + 1)["state"] == "excluded"


def test_a_slice_changed_elsewhere_meanwhile_is_shown_and_the_reader_decides(
    page: Page, server: Server, opened: str, other: Page
) -> None:
    index = reading_state(page)["index"]
    cut(page)
    page.keyboard.press("0")
    wait_until_saving(page, "1 change kept here")
    other.keyboard.press("u")
    wait_for_revision(other, 1)
    reconnect(page)
    page.get_by_text("was changed in another window").wait_for()
    assert stored_slice(server, opened, index)["state"] == "excluded"
    assert shown_state(page, index) == "excluded"
    assert not serious(page)
    page.get_by_text("Use mine instead").click()
    wait_for_revision(page, 2)
    assert stored_slice(server, opened, index)["state"] == "no_scar"


def test_a_slow_network_neither_loses_nor_reorders(page: Page, server: Server, opened: str) -> None:
    throttled = page.context.new_cdp_session(page)
    throttled.send("Network.enable")
    throttled.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 20_000},
    )
    index = reading_state(page)["index"]
    page.keyboard.press("b")
    for row in range(5):
        drag(page, (100, 100 + 4 * row), (130, 100 + 4 * row))
    page.keyboard.press("Enter")
    wait_until(lambda: server.reading(opened)["revision"] == 6)
    assert stored_slice(server, opened, index)["state"] == "accepted"
    wait_until_saving(page, "All changes saved")
    assert shown_scar(page, index)["mask"] == stored_slice(server, opened, index)["mask"]
