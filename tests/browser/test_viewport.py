"""How the slice is looked at: window, zoom and pan, by mouse and by keys, change nothing of the reading."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server
from tests.browser.driving import client_point, drag, wait_until

pytestmark = pytest.mark.browser


def corner(page: Page, name: str) -> str:
    return page.locator(f'[data-corner="{name}"]').inner_text()


def shift(page: Page, act: Callable[[], None]) -> tuple[float, float]:
    """How far the act moves the middle of the image on the screen."""
    before = client_point(page, 128, 128)
    act()
    after = client_point(page, 128, 128)
    return after[0] - before[0], after[1] - before[1]


def test_the_window_follows_a_right_drag_and_keys_and_comes_back(page: Page, opened: str) -> None:
    from_header = corner(page, "window")
    page.mouse.move(*client_point(page, 100, 100))
    page.keyboard.down("Shift")
    page.mouse.down(button="right")
    page.mouse.move(*client_point(page, 120, 110))
    page.mouse.up(button="right")
    page.keyboard.up("Shift")
    wait_until(lambda: corner(page, "window") != from_header)
    dragged = corner(page, "window")
    page.keyboard.press("Shift+ArrowRight")
    wait_until(lambda: corner(page, "window") != dragged)
    page.keyboard.press("w")
    wait_until(lambda: corner(page, "window") == from_header)
    page.keyboard.press("i")
    wait_until(lambda: "inverted" in corner(page, "window"))


def test_the_image_is_zoomed_where_the_wheel_turns_and_fitted_by_a_key(page: Page, opened: str) -> None:
    at = client_point(page, 90, 100)
    page.mouse.move(*at)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    wait_until(lambda: corner(page, "zoom") != "100 %")
    assert client_point(page, 90, 100) == pytest.approx(at, abs=1)
    page.keyboard.press("f")
    wait_until(lambda: corner(page, "zoom") == "100 %")
    page.keyboard.press("+")
    wait_until(lambda: corner(page, "zoom") == "125 %")
    page.keyboard.press("g")  # the heart that is found here takes half of the image, as it does when that fits
    wait_until(lambda: corner(page, "zoom") == "100 %")


def test_the_image_is_dragged_with_the_middle_button_and_with_space(page: Page, server: Server, opened: str) -> None:
    start = client_point(page, 100, 100)

    def middle() -> None:
        page.mouse.move(*start)
        page.mouse.down(button="middle")
        page.mouse.move(start[0] + 40, start[1] + 25)
        page.mouse.up(button="middle")

    def space() -> None:
        page.keyboard.down("Space")
        drag(page, (100, 100), (110, 100))
        page.keyboard.up("Space")

    assert shift(page, middle) == pytest.approx((40, 25), abs=1)
    assert shift(page, space)[0] > 20
    assert server.reading(opened)["revision"] == 0
