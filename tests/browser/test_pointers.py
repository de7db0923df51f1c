"""Mouse, pen, finger and keys: each can draw, on a thin client without WebGL too."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from scarmass.domain.masks import from_rle
from tests.browser.conftest import Server, stored_slice
from tests.browser.driving import client_point, drag, reading_state, wait_for_revision
from tests.kept import Kept
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

Places = list[tuple[float, float]]


def with_pen(page: Page, places: Places) -> None:
    """Press, move and lift a pen at image points, as the browser gets it from a tablet."""
    devices = page.context.new_cdp_session(page)
    at = [dict(zip("xy", client_point(page, *place), strict=True)) for place in places]
    pen = {"pointerType": "pen", "button": "left", "clickCount": 1}
    devices.send("Input.dispatchMouseEvent", {"type": "mousePressed", "buttons": 1, **at[0], **pen})
    for each in at[1:]:
        devices.send("Input.dispatchMouseEvent", {"type": "mouseMoved", "buttons": 1, **each, **pen})
    devices.send("Input.dispatchMouseEvent", {"type": "mouseReleased", "buttons": 0, **at[-1], **pen})


def with_fingers(page: Page, *ways: Places) -> None:
    """Touch, move and lift as many fingers as there are ways."""
    devices = page.context.new_cdp_session(page)
    for number, places in enumerate(zip(*ways, strict=True)):
        fingers = [{"x": x, "y": y, "id": id} for id, (x, y) in enumerate(client_point(page, *at) for at in places)]
        kind = "touchMove" if number else "touchStart"
        devices.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    devices.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def corners(box: dict) -> list[float]:
    return [box[side] for side in ("x0", "y0", "x1", "y1")]


@pytest.mark.parametrize("draw", [with_pen, with_fingers], ids=["pen", "finger"])
def test_a_pen_and_a_finger_draw_too(
    page: Page, server: Server, opened: str, draw: Callable[[Page, Places], None]
) -> None:
    index = reading_state(page)["index"]
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    draw(page, [(110, 80), (115, 84), (120, 90)])
    wait_for_revision(page, 2)
    (box,) = stored_slice(server, opened, index)["boxes"]
    assert corners(box) == pytest.approx([110, 80, 120, 90], abs=0.6)
    page.keyboard.press("b")
    draw(page, [(60, 60), (70, 60), (80, 60)])
    wait_for_revision(page, 3)
    assert from_rle(stored_slice(server, opened, index)["mask"])[60, 60:80].all()


def pen_events(page: Page, events: list[tuple[str, str, int, tuple[float, float]]]) -> None:
    """(type, pointerType, button, image point) one after the other, for what the browser's own input cannot make."""
    send = """([events]) => {
      const image = document.getElementById("viewport");
      image.setPointerCapture = () => {};
      for (const [type, pointerType, button, clientX, clientY] of events)
        image.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerType, button, clientX, clientY,
          pointerId: pointerType === "pen" ? 7 : 8 + button }));
    }"""
    page.evaluate(send, [[[kind, by, button, *client_point(page, *at)] for kind, by, button, at in events]])


def test_the_other_end_of_a_pen_erases_and_a_palm_beside_it_does_not_count(
    page: Page, server: Server, opened: str
) -> None:
    index = reading_state(page)["index"]
    page.keyboard.press("c")
    page.keyboard.press("b")
    palm = [("pointerdown", "touch", finger, (150.0 + finger, 150.0)) for finger in (0, 1)]
    stroke = [("pointerdown", "pen", 0, (60.0, 60.0)), *palm, ("pointermove", "pen", 0, (80.0, 60.0))]
    pen_events(page, [*stroke, ("pointerup", "pen", 0, (80.0, 60.0))])
    wait_for_revision(page, 2)
    mask = from_rle(stored_slice(server, opened, index)["mask"])
    assert mask[60, 60:80].all()
    assert not mask[140:160].any()
    pen_events(page, [("pointerdown", "pen", 5, (70.0, 60.0)), ("pointerup", "pen", 5, (70.0, 60.0))])
    wait_for_revision(page, 3)
    assert not from_rle(stored_slice(server, opened, index)["mask"])[60, 70]


def test_two_fingers_zoom_and_mark_nothing(page: Page, server: Server, opened: str) -> None:
    page.keyboard.press("b")
    wide = client_point(page, 140, 128)[0] - client_point(page, 110, 128)[0]
    with_fingers(page, [(110, 128), (105, 128), (100, 128)], [(140, 128), (145, 128), (150, 128)])
    wider = client_point(page, 140, 128)[0] - client_point(page, 110, 128)[0]
    assert wider > 1.3 * wide
    index = reading_state(page)["index"]
    page.keyboard.press("0")
    wait_for_revision(page, 1)
    assert stored_slice(server, opened, index)["state"] == "no_scar"


def test_a_finger_reaches_a_handle_from_farther_than_a_mouse(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    drag(page, (100, 80), (160, 140))
    wait_for_revision(page, 2)
    pixel = client_point(page, 101, 80)[0] - client_point(page, 100, 80)[0]
    beside = 160 + 12 / pixel
    with_fingers(page, [(beside, 140), (beside + 5, 145), (beside + 10, 150)])
    wait_for_revision(page, 3)
    (box,) = stored_slice(server, opened, index)["boxes"]
    assert corners(box) == pytest.approx([100, 80, beside + 10, 150], abs=0.6)
    drag(page, (beside + 10 + 12 / pixel, 150), (190, 190))
    wait_for_revision(page, 4)
    assert len(stored_slice(server, opened, index)["boxes"]) == 2


def test_a_pen_and_a_finger_push_the_edge(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    drag(page, (100, 100), (130, 130))
    wait_for_revision(page, 2)
    page.keyboard.press("s")
    with_pen(page, [(129.5, 115), (132, 115), (135.5, 115)])
    wait_for_revision(page, 3)
    pushed = from_rle(stored_slice(server, opened, index)["mask"])
    assert pushed[115, 133]
    with_fingers(page, [(115, 100.5), (115, 103), (115, 106)])
    wait_for_revision(page, 4)
    assert not from_rle(stored_slice(server, opened, index)["mask"])[103, 115]


def test_two_taps_show_the_image_alone(page: Page, server: Server, opened: str) -> None:
    before = stored_slice(server, opened, reading_state(page)["index"])
    for _ in range(2):
        with_fingers(page, [(60, 60)])
    wait_until(lambda: not page.locator("#mass").is_visible())
    wait_until(lambda: page.locator("#viewport").get_attribute("data-saved") == "true")
    assert stored_slice(server, opened, reading_state(page)["index"])["points"] == before["points"]


@pytest.mark.parametrize("page", [False], indirect=True, ids=["without WebGL"])
def test_a_thin_client_draws_paints_and_works_offline(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    drag(page, (100, 90), (120, 105))
    wait_for_revision(page, 2)
    (box,) = stored_slice(server, opened, index)["boxes"]
    assert corners(box) == pytest.approx([100, 90, 120, 105], abs=0.6)
    page.context.set_offline(True)
    page.keyboard.press("b")
    drag(page, (60, 60), (80, 60))
    page.keyboard.press("Enter")
    wait_until(lambda: "2 changes kept here" in page.locator("#saving").inner_text())
    page.context.set_offline(False)
    wait_for_revision(page, 4)
    stored = stored_slice(server, opened, index)
    assert stored["state"] == "accepted"
    assert from_rle(stored["mask"])[60, 60:80].all()


def move(page: Page, right: int, down: int) -> None:
    """Move the crosshair by so many pixels of the image."""
    for pixels, key in ((right, "ArrowRight"), (-right, "ArrowLeft"), (down, "ArrowDown"), (-down, "ArrowUp")):
        for _ in range(max(0, pixels) // 10):
            page.keyboard.press(f"Shift+{key}")
        for _ in range(max(0, pixels) % 10):
            page.keyboard.press(key)


def test_keys_draw_a_box_mark_points_and_paint(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    page.keyboard.press("k")
    page.keyboard.press("Space")
    move(page, 21, 13)
    page.keyboard.press("Space")
    wait_for_revision(page, 2)
    (box,) = stored_slice(server, opened, index)["boxes"]
    assert (box["x1"] - box["x0"], box["y1"] - box["y0"]) == pytest.approx((21, 13))
    page.keyboard.press("n")
    move(page, -6, -4)
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    wait_for_revision(page, 3)
    (point,) = stored_slice(server, opened, index)["points"]
    assert (point["x"], point["y"], point["positive"]) == pytest.approx((box["x1"] - 6, box["y1"] - 4, False))
    page.keyboard.press("b")
    move(page, -40, 0)
    page.keyboard.press("Space")
    move(page, 0, 12)
    page.keyboard.press("Space")
    wait_for_revision(page, 4)
    column, row = int(point["x"]) - 40, int(point["y"])
    assert from_rle(stored_slice(server, opened, index)["mask"])[row : row + 12, column].all()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    wait_until(lambda: reading_state(page)["shown"] == index + 1)


def test_a_press_of_keys_that_is_escaped_from_leaves_nothing(page: Page, server: Server, opened: str) -> None:
    page.keyboard.press("k")
    page.keyboard.press("Space")
    move(page, 12, 12)
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    index = reading_state(page)["index"]
    page.keyboard.press("0")
    wait_for_revision(page, 1)
    assert stored_slice(server, opened, index)["state"] == "no_scar"


def test_the_keyboard_alone_does_a_whole_reading(
    page: Page, server: Server, kept_stack: Kept[str], tmp_path: Path
) -> None:
    kept_stack.put_into(server.context)
    stack_id = kept_stack.told
    page.goto(server.address)
    page.get_by_text("SAX LGE magnitude").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/stacks/*")
    wait_until(lambda: (reading_state(page).get("reading") or {}).get("state") == "draft")
    wait_until(lambda: reading_state(page)["shown"] == reading_state(page)["index"])
    page.keyboard.press("Home")
    of = server.reading(stack_id)["of"]
    for number in range(of):
        wait_until(lambda number=number: reading_state(page)["shown"] == number)
        if number == 4:
            page.keyboard.press("c")
            page.keyboard.press("k")
            page.keyboard.press("Space")
            move(page, 10, 20)
            page.keyboard.press("Space")
            page.keyboard.press("Escape")
            page.keyboard.press("Enter")
        else:
            page.keyboard.press("0")
    wait_until(lambda: server.reading(stack_id)["reviewed"] == of)
    with page.expect_download() as download:
        page.keyboard.press("e")
    download.value.save_as(tmp_path / "reading.csv")
    rows = list(csv.DictReader((tmp_path / "reading.csv").open()))
    (box,) = stored_slice(server, stack_id, 4)["boxes"]
    assert (box["x1"] - box["x0"], box["y1"] - box["y0"]) == pytest.approx((10, 20))
    columns, rows_of = (
        np.count_nonzero((np.arange(256) + 0.5 > start) & (np.arange(256) + 0.5 < end))
        for start, end in ((box["x0"], box["x1"]), (box["y0"], box["y1"]))
    )
    pixel_mm, thickness_mm = 1.4, 8.0
    expected_g = columns * rows_of * pixel_mm**2 * thickness_mm * 0.001 * 1.05
    assert float(rows[-1]["mass_g_by_slice_thickness"]) == pytest.approx(expected_g, abs=0.0051)
    assert np.count_nonzero([row["slice_state"] == "no_scar" for row in rows]) == of - 1
