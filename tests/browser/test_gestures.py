"""Every gesture with a real mouse and keyboard, compared with what the server has stored."""

import threading
from itertools import pairwise

import httpx
import numpy as np
import pytest
from playwright.sync_api import Locator, Page

from scarmass.domain.masks import Mask, from_rle
from scarmass.services.context import Context
from tests.browser.conftest import Server, stored_slice
from tests.browser.driving import client_point, drag, reading_state, show_part, wait_for_revision
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def mask_of(server: Server, stack_id: str, index: int) -> Mask:
    return from_rle(stored_slice(server, stack_id, index)["mask"])


def cleared(page: Page) -> int:
    """An empty slice on the screen; its index."""
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    return reading_state(page)["index"]


def capsule(shape: tuple[int, ...], start: tuple[float, float], end: tuple[float, float], reach: float) -> Mask:
    """Pixels whose centres lie within reach (pixels) of a line from (x, y) to (x, y)."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy), 0, 1)
    return np.hypot(x - start[0] - along * dx, y - start[1] - along * dy) <= reach


def width_of(of: Locator) -> float:
    return (of.bounding_box() or {})["width"]


def test_the_brush_paints_a_stroke_of_its_own_width_and_the_eraser_takes_it_away(
    page: Page, server: Server, opened: str
) -> None:
    index = cleared(page)
    page.keyboard.press("b")
    drag(page, (100, 100), (130, 110))
    wait_for_revision(page, 2)
    painted = mask_of(server, opened, index)
    assert stored_slice(server, opened, index)["state"] == "edited"
    pixel_mm = 1.4
    for reach, holds in ((2.5 / pixel_mm - 0.3, "inside"), (2.5 / pixel_mm + 0.3, "outside")):
        stroke = capsule(painted.shape, (100, 100), (130, 110), reach)
        assert not (stroke & ~painted).any() if holds == "inside" else not (painted & ~stroke).any()
    page.keyboard.press("x")
    drag(page, (112, 95), (112, 120))
    wait_for_revision(page, 3)
    erased = mask_of(server, opened, index)
    assert erased.sum() < painted.sum()
    assert not erased[100:110, 112].any()
    page.keyboard.press("z")
    wait_for_revision(page, 4)
    assert np.array_equal(mask_of(server, opened, index), painted)


def test_a_stroke_that_was_abandoned_leaves_nothing(page: Page, server: Server, opened: str) -> None:
    cleared(page)
    page.keyboard.press("b")
    page.mouse.move(*client_point(page, 100, 100))
    page.mouse.down()
    page.mouse.move(*client_point(page, 120, 100))
    page.keyboard.press("Escape")
    page.mouse.up()
    index = reading_state(page)["index"]
    page.keyboard.press("0")
    wait_for_revision(page, 2)
    assert server.reading(opened)["slices"][index]["state"] == "no_scar"


def test_a_ring_is_filled_and_specks_are_dropped(page: Page, server: Server, opened: str) -> None:
    index = cleared(page)
    page.keyboard.press("b")
    corners = [(100, 100), (120, 100), (120, 120), (100, 120), (100, 100)]
    for start, end in pairwise(corners):
        drag(page, start, end)
    for _ in range(4):
        page.keyboard.press(",")
    page.mouse.click(*client_point(page, 160.5, 160.5))
    wait_for_revision(page, 6)
    ring = mask_of(server, opened, index)
    assert not ring[110, 110]
    assert ring[160, 160]
    page.keyboard.press("Shift+F")
    wait_for_revision(page, 7)
    filled = mask_of(server, opened, index)
    assert filled[100:120, 100:120].all()
    assert filled[160, 160]
    page.keyboard.press("Shift+I")
    wait_for_revision(page, 8)
    kept = mask_of(server, opened, index)
    assert not kept[155:165, 155:165].any()
    assert np.array_equal(kept[:150], filled[:150])
    show_part(page, "Details")
    page.get_by_label("Drop parts below").fill("2000")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+I")
    wait_for_revision(page, 9)
    assert not mask_of(server, opened, index).any()


def test_an_excluded_slice_weighs_nothing_until_it_is_taken_back(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    before = server.reading(opened)["totals"]["by_slice_thickness"]["mass_g"]
    weight = stored_slice(server, opened, index)["mass"]["by_slice_thickness"]["mass_g"]
    page.keyboard.press("u")
    wait_for_revision(page, 1)
    assert stored_slice(server, opened, index)["state"] == "excluded"
    after = server.reading(opened)["totals"]["by_slice_thickness"]["mass_g"]
    assert after == pytest.approx(before - weight)
    page.keyboard.press("u")
    wait_for_revision(page, 2)
    assert stored_slice(server, opened, index)["state"] == "proposed"
    assert server.reading(opened)["totals"]["by_slice_thickness"]["mass_g"] == pytest.approx(before)


def test_prompts_and_painted_masks_are_carried_over_to_the_next_slice(page: Page, server: Server, opened: str) -> None:
    index = cleared(page)
    drag(page, (100, 90), (120, 105))
    wait_for_revision(page, 2)
    page.keyboard.press("d")
    wait_for_revision(page, 3)
    here, there = stored_slice(server, opened, index), stored_slice(server, opened, index + 1)
    assert there["boxes"] == here["boxes"]
    assert there["mask"] == here["mask"]
    assert reading_state(page)["index"] == index + 1
    page.keyboard.press("c")
    page.keyboard.press("b")
    drag(page, (60, 60), (80, 60))
    wait_for_revision(page, 5)
    page.keyboard.press("d")
    wait_for_revision(page, 6)
    painted = mask_of(server, opened, index + 1)
    (box,) = stored_slice(server, opened, index + 2)["boxes"]
    rows, columns = np.nonzero(painted)
    assert (box["x0"], box["x1"]) == (columns.min() - 2, columns.max() + 3)
    assert (box["y0"], box["y1"]) == (rows.min() - 2, rows.max() + 3)


def test_the_history_walks_back_and_forth(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    page.keyboard.press("0")
    wait_for_revision(page, 1)
    wait_until(lambda: reading_state(page)["shown"] == index + 1)
    page.keyboard.press("u")
    wait_for_revision(page, 2)
    show_part(page, "History")
    rows = page.locator("#history li button")
    wait_until(lambda: rows.count() == 3)
    assert "excluded" in rows.nth(0).inner_text()
    page.locator("#history li").get_by_text("As proposed").dblclick()
    wait_for_revision(page, 4)
    page.wait_for_timeout(300)
    assert server.reading(opened)["revision"] == 4
    assert {s["state"] for s in server.reading(opened)["slices"]} == {"proposed"}
    wait_until(lambda: page.locator('#history [data-standing="undone"]').count() == 2)
    page.locator("#history li button").filter(has_text="no scar").click()
    wait_for_revision(page, 5)
    states = [s["state"] for s in server.reading(opened)["slices"]]
    assert (states[index], states[index + 1]) == ("no_scar", "proposed")


def test_undo_names_its_slice_and_goes_there(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    page.keyboard.press("0")
    wait_for_revision(page, 1)
    wait_until(lambda: reading_state(page)["shown"] == index + 1)
    page.keyboard.press("Home")
    wait_until(lambda: reading_state(page)["shown"] == 0)
    page.keyboard.press("z")
    wait_until(lambda: reading_state(page)["shown"] == index)
    assert f"slice {index + 1}" in page.locator("#messages").inner_text()


def test_all_slices_side_by_side_are_accepted_with_one_key_each(page: Page, server: Server, opened: str) -> None:
    def width() -> float:
        return width_of(page.locator("#strip li").first)

    narrow = width()
    page.keyboard.press("Home")
    page.keyboard.press("a")
    wait_until(lambda: width() > 1.3 * narrow)
    of = len(server.reading(opened)["slices"])
    for number in range(1, of + 1):
        wait_until(lambda: reading_state(page)["shown"] == reading_state(page)["index"])
        page.keyboard.press("Enter")
        wait_for_revision(page, number)
    assert server.reading(opened)["reviewed"] == of
    page.locator("#strip button").nth(2).dblclick()
    wait_until(lambda: width() == narrow)
    assert reading_state(page)["index"] == 2


def test_side_by_side_the_arrows_go_by_row_and_the_heart_is_seen_closely(
    page: Page, server: Server, opened: str
) -> None:
    page.keyboard.press("Home")
    page.keyboard.press("a")
    pictures = page.locator("#strip .picture")
    wait_until(lambda: width_of(page.locator("#strip img").first) > 1.05 * width_of(pictures.first))
    tops = [(pictures.nth(n).bounding_box() or {})["y"] for n in range(pictures.count())]
    across = tops.count(tops[0])
    page.keyboard.press("ArrowDown")
    wait_until(lambda: reading_state(page)["shown"] == across)
    page.keyboard.press("ArrowUp")
    wait_until(lambda: reading_state(page)["shown"] == 0)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    wait_until(lambda: reading_state(page)["shown"] == 1)


def test_what_a_reader_does_carries_the_name_that_was_typed(page: Page, server: Server, opened: str) -> None:
    show_part(page, "Details")
    page.get_by_label("Reader").fill("Dr Müller")
    page.keyboard.press("Enter")
    page.keyboard.press("0")
    wait_for_revision(page, 1)
    edits = httpx.get(f"{server.address}/api/v1/readings/{server.reading(opened)['id']}/edits").json()["edits"]
    assert edits[0]["author"] == "Dr Müller (unauthenticated)"


def test_the_slice_on_the_screen_is_proposed_next(page: Page, server: Server, context: Context, phantom_files) -> None:
    answers = threading.Semaphore(0)
    context.segmenter.before_answer = lambda _: answers.acquire(timeout=60)  # type: ignore[attr-defined]
    stack_id = server.upload(phantom_files)
    page.goto(f"{server.address}/stacks/{stack_id}")
    wait_until(lambda: (reading_state(page).get("reading") or {}).get("state") == "preparing")
    first = server.reading(stack_id)["slices"][0]["sop_instance_uid"]
    # The page says of the slice that it opened on as well that it is looked at.
    with page.expect_response(lambda one: one.url.endswith("/look") and first in (one.request.post_data or "")):
        page.keyboard.press("Home")

    def prepared() -> int:
        answers.release()  # not only proposals are answered: how unsure they are is asked as well
        return server.reading(stack_id)["prepared"]

    wait_until(lambda: prepared() >= 2)  # one slice was under way, the next is the one on the screen
    assert server.reading(stack_id)["slices"][0]["state"] == "proposed"
    answers.release(100)


def test_two_windows_see_each_other_s_edits(page: Page, other: Page) -> None:
    index = reading_state(other)["index"]
    other.keyboard.press("0")
    wait_for_revision(other, 1)
    wait_for_revision(page, 1)
    assert reading_state(page)["reading"]["slices"][index]["state"] == "no_scar"
