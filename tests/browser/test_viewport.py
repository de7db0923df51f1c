"""How the slice is looked at: window, zoom and pan, by mouse and by keys, change nothing of the reading."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from scarmass.domain.prompts import Box
from scarmass.domain.protocols import DetectedBox
from scarmass.domain.structures import Structure
from scarmass.services.context import Context
from tests.browser.conftest import Server, open_stack
from tests.browser.driving import client_point, drag, reading_state, wait_for_revision, wait_until_prepared
from tests.fakes import FakeDetector
from tests.waiting import wait_until

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
    of_heart = corner(page, "window")
    page.mouse.move(*client_point(page, 100, 100))
    page.keyboard.down("Shift")
    page.mouse.down(button="right")
    page.mouse.move(*client_point(page, 120, 110))
    page.mouse.up(button="right")
    page.keyboard.up("Shift")
    wait_until(lambda: corner(page, "window") != of_heart)
    dragged = corner(page, "window")
    page.keyboard.press("Shift+ArrowRight")
    wait_until(lambda: corner(page, "window") != dragged)
    page.keyboard.press("Shift+W")
    wait_until(lambda: corner(page, "window") not in (of_heart, dragged))
    page.keyboard.press("w")
    wait_until(lambda: corner(page, "window") == of_heart)
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

    page.keyboard.down("Space")
    page.keyboard.press("?")
    page.keyboard.up("Space")  # which the sheet that covers the page hears
    page.keyboard.press("Escape")
    wait_until(lambda: not page.locator("#help").is_visible())
    drag(page, (100, 90), (120, 105))
    wait_for_revision(page, 1)


def matrix(page: Page) -> list[float]:
    """How the image lies on the screen: which way its rows and columns run, as signs."""
    origin, right, down = (client_point(page, *at) for at in ((100, 100), (110, 100), (100, 110)))
    ways = [right[0] - origin[0], right[1] - origin[1], down[0] - origin[0], down[1] - origin[1]]
    return [round(way / max(map(abs, ways))) for way in ways]


@pytest.mark.parametrize("page", [True, False], indirect=True, ids=["WebGL", "without WebGL"])
def test_the_image_is_turned_and_mirrored_on_the_screen_and_drawn_on_as_before(
    page: Page, server: Server, opened: str
) -> None:
    def press(key: str, expected: list[float]) -> None:
        page.keyboard.press(key)
        wait_until(lambda: matrix(page) == expected)

    press("q", [0, 1, -1, 0])
    press("m", [0, 1, 1, 0])
    press("q", [-1, 0, 0, 1])
    press("Shift+M", [-1, 0, 0, -1])
    press("Shift+Q", [0, 1, -1, 0])
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    drag(page, (100, 90), (120, 105))
    wait_for_revision(page, 2)
    drawn = server.reading(opened)["slices"][reading_state(page)["index"]]["boxes"][0]
    assert [drawn[side] for side in ("x0", "y0", "x1", "y1")] == pytest.approx([100, 90, 120, 105], abs=0.6)
    page.keyboard.press("ArrowRight")
    wait_until(lambda: reading_state(page)["shown"] == reading_state(page)["index"])
    assert matrix(page) == [0, 1, -1, 0]
    page.set_viewport_size({"width": 1500, "height": 700})
    page.wait_for_timeout(300)
    assert matrix(page) == [0, 1, -1, 0]
    press("Shift+U", [1, 0, 0, 1])


def test_how_a_stack_was_looked_at_is_kept(page: Page, server: Server, opened: str) -> None:
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("q")
    place, window = client_point(page, 100, 100), corner(page, "window")
    page.reload()
    wait_until_prepared(page)
    assert corner(page, "zoom") == "156 %"
    assert corner(page, "window") == window
    assert client_point(page, 100, 100) == pytest.approx(place, abs=1)


def test_the_first_image_is_close_to_the_heart_and_the_strip_follows_its_window(
    page: Page, server: Server, context: Context, phantom_files: list[Path]
) -> None:
    context.detector = SmallHeart()
    stack_id = server.upload(phantom_files)
    open_stack(page, server, stack_id)
    view = httpx.get(f"{server.address}/api/v1/stacks/{stack_id}/view").json()
    assert view["heart"] == {"x0": 96, "y0": 80, "x1": 160, "y1": 144}
    assert corner(page, "zoom") == "200 %"
    width, level = view["window_width"], view["window_center"]
    assert corner(page, "window") == f"W {width:.0f}  L {level:.0f}"
    middle = page.locator("#viewport").bounding_box() or {}
    at = client_point(page, 128, 112)
    assert at == pytest.approx((middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2), abs=1)
    wait_until(lambda: grey(page, 0) is not None)
    before = grey(page, 0)
    page.keyboard.press("i")
    wait_until(lambda: grey(page, 0) == pytest.approx(255 - (before or 0), abs=1))


class SmallHeart(FakeDetector):
    """A left ventricle in a quarter of the columns, above the middle."""

    def _boxes(self, rows: int, columns: int) -> list[DetectedBox]:
        return [DetectedBox(Box(96, 80, 160, 144), Structure.LEFT_VENTRICLE, 0.9)]


def grey(page: Page, index: int) -> float | None:
    """The mean grey of a picture in the strip, None before it is drawn."""
    return page.evaluate(
        """(index) => {
          const canvas = document.querySelectorAll("#strip .pixels")[index];
          if (canvas.width < 2) return null;
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let sum = 0;
          for (let at = 0; at < data.length; at += 4) sum += data[at];
          return sum / (data.length / 4);
        }""",
        index,
    )
