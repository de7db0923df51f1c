"""What is drawn far from the heart is asked about before it counts, and marked where it counts all the same."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server, stored_slice
from tests.browser.driving import client_point, drag, reading_state, wait_for_revision
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

CHEST_WALL = ((20.0, 100.0), (40.0, 130.0))


def messages(page: Page) -> str:
    return page.locator("#messages").inner_text()


def in_hand(page: Page) -> int:
    return reading_state(page)["index"]


@pytest.fixture
def whole(page: Page, opened: str) -> str:
    """The whole image on the screen: the chest wall lies beyond the view of the heart."""
    page.keyboard.press("f")
    return opened


def test_a_box_far_from_the_ventricle_counts_when_it_is_drawn_twice_and_is_marked(
    page: Page, server: Server, whole: str
) -> None:
    drag(page, *CHEST_WALL)
    assert "far from the left ventricle" in messages(page)
    assert reading_state(page)["prompt"]["boxes"] == stored_slice(server, whole, in_hand(page))["boxes"]
    assert server.reading(whole)["revision"] == 0
    drag(page, *CHEST_WALL)
    wait_for_revision(page, 1)
    (warning,) = stored_slice(server, whole, in_hand(page))["warnings"]
    wait_until(lambda: page.locator('[data-corner="warnings"]').inner_text() == warning)
    thumbnail = page.locator("#strip button").nth(in_hand(page))
    assert thumbnail.locator(".warned").is_visible()
    assert warning in (thumbnail.get_attribute("title") or "")
    assert warning in (thumbnail.get_attribute("aria-label") or "")
    assert page.locator("[data-warned]").inner_text() == "1 slice with a warning"
    page.keyboard.press("u")
    wait_for_revision(page, 2)
    wait_until(lambda: page.locator("[data-warned]").inner_text() == "")
    assert not thumbnail.locator(".warned").is_visible()


def test_a_click_far_from_it_counts_by_the_message_and_one_that_takes_away_at_once(
    page: Page, server: Server, whole: str
) -> None:
    page.mouse.click(*client_point(page, 30.5, 110.5))
    assert server.reading(whole)["revision"] == 0
    page.get_by_role("button", name="Draw it all the same").click()
    wait_for_revision(page, 1)
    assert [point["positive"] for point in stored_slice(server, whole, in_hand(page))["points"]] == [True]
    page.keyboard.press("n")
    page.mouse.click(*client_point(page, 30.5, 140.5))
    wait_for_revision(page, 2)


def test_a_box_that_reaches_into_the_ventricle_counts_at_once(page: Page, whole: str) -> None:
    drag(page, (20, 100), (70, 130))
    wait_for_revision(page, 1)
    assert "far from" not in messages(page)
