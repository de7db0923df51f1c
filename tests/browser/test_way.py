"""The way through a study: from one undecided slice to the next, to the finish line, and on to the next patient."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server, open_stack
from tests.browser.driving import drag, intercept, reading_state, wait_for_revision
from tests.browser.test_accessibility import serious
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def go_to(page: Page, key: str, index: int) -> None:
    page.keyboard.press(key)
    wait_until(lambda: reading_state(page)["shown"] == index)


def finish(page: Page) -> str:
    return page.locator(".finish").inner_text()


def states(server: Server, stack_id: str) -> list[str]:
    return [one["state"] for one in server.reading(stack_id)["slices"]]


def test_enter_and_no_scar_go_to_the_next_undecided_slice_wherever_it_is(
    page: Page, server: Server, opened: str
) -> None:
    of = len(server.reading(opened)["slices"])
    assert f"0 of {of}" in finish(page)
    go_to(page, "End", of - 1)
    page.keyboard.press("Enter")
    wait_until(lambda: reading_state(page)["shown"] == 0)
    go_to(page, "ArrowRight", 1)
    page.keyboard.press("0")
    wait_until(lambda: reading_state(page)["shown"] == 2)
    go_to(page, "Home", 0)
    page.keyboard.press("Enter")
    wait_until(lambda: reading_state(page)["shown"] == 2)
    wait_for_revision(page, 3)
    assert f"3 of {of}" in finish(page)
    assert "3, 4, 5" in page.locator("[data-finish=left]").inner_text()
    go_to(page, "Home", 0)
    go_to(page, "j", 2)
    page.keyboard.press("c")
    wait_for_revision(page, 4)
    page.keyboard.press("Enter")
    page.get_by_text("There is nothing to accept on this slice").wait_for()
    assert reading_state(page)["shown"] == 2


def test_a_correction_is_no_decision(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    page.keyboard.press("b")
    drag(page, (150, 150), (170, 150))
    wait_for_revision(page, 1)
    assert states(server, opened)[index] == "edited"
    assert server.reading(opened)["reviewed"] == 0
    assert "0 of" in finish(page)


def test_all_that_are_shown_side_by_side_are_accepted_in_one_step(page: Page, server: Server, opened: str) -> None:
    of = len(server.reading(opened)["slices"])
    page.keyboard.press("0")
    wait_for_revision(page, 1)
    page.keyboard.press("Shift+A")
    page.get_by_role("button", name="Accept all shown").wait_for()
    assert server.reading(opened)["revision"] == 1
    assert not serious(page)
    page.keyboard.press("Shift+A")
    wait_for_revision(page, 2)
    assert sorted(states(server, opened)) == [*["accepted"] * (of - 1), "no_scar"]
    wait_until(lambda: f"{of} of {of}" in finish(page))
    page.keyboard.press("z")
    wait_for_revision(page, 3)
    assert sorted(states(server, opened)) == ["no_scar", *["proposed"] * (of - 1)]


def test_only_those_that_can_be_seen_are_accepted(page: Page, server: Server, opened: str) -> None:
    page.set_viewport_size({"width": 700, "height": 420})
    page.keyboard.press("a")
    seen = page.get_by_role("button", name="Accept all shown")
    seen.click()
    wait_for_revision(page, 1)
    accepted = states(server, opened).count("accepted")
    assert 0 < accepted < len(states(server, opened))
    page.get_by_text(f"Accepted {accepted} slices. Left: ").wait_for()


def test_many_are_accepted_without_a_connection_and_sent_later(page: Page, server: Server, opened: str) -> None:
    of = len(server.reading(opened)["slices"])
    page.keyboard.press("a")
    page.get_by_role("button", name="Accept all shown").wait_for()
    intercept(page, "**/edits", lambda route: route.abort())
    page.keyboard.press("Shift+A")
    wait_until(lambda: "1 change kept here" in page.locator("#saving").inner_text())
    wait_until(lambda: f"{of} of {of}" in finish(page))
    page.unroute("**/edits")
    wait_for_revision(page, 1)
    assert set(states(server, opened)) == {"accepted"}


def test_at_the_finish_line_the_next_patient_is_one_key_away(
    page: Page, server: Server, opened: str, other_phantom_files: list[Path]
) -> None:
    other = server.upload(other_phantom_files)
    page.keyboard.press("a")
    page.keyboard.press("Shift+A")
    page.get_by_text("all slices are decided").wait_for()
    wait_for_revision(page, 1)
    assert page.get_by_role("button", name="Next patient", exact=True).is_visible()
    assert not serious(page)
    page.keyboard.press("Shift+Enter")
    page.wait_for_url(f"**/stacks/{other}")
    open_stack(page, server, other)
    page.keyboard.press("Shift+A")
    page.keyboard.press("Shift+A")
    wait_for_revision(page, 1)
    page.locator(".finish").get_by_role("button", name="Next patient", exact=True).click()
    page.get_by_text("No other patient of the worklist is left to be read").wait_for()
