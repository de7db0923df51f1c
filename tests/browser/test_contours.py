"""The contours of ventricle and blood pool: drawn, pulled by a real mouse, evened out, taken over, and undone."""

import numpy as np
import pytest
from playwright.sync_api import Page

from scarmass.domain.masks import Mask, from_rle
from tests.browser.conftest import Server, stored_slice
from tests.browser.driving import client_point, drag, reading_state, wait_for_revision
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def wall_of(server: Server, stack_id: str, index: int) -> tuple[Mask, Mask]:
    segments = stored_slice(server, stack_id, index)["segments"]
    return from_rle(segments["left_ventricle"]["mask"]), from_rle(segments["blood_pool"]["mask"])


def right_end(mask: Mask) -> tuple[float, float]:
    """Where the mask's border crosses its middle row, on the right."""
    rows, columns = np.nonzero(mask)
    return float(columns.max() + 1), float(np.round(rows.mean()) + 0.5)


def test_a_line_is_pulled_with_the_pointer_and_one_undo_takes_one_pull_back(
    page: Page, server: Server, opened: str
) -> None:
    index = reading_state(page)["index"]
    ventricle, blood_pool = wall_of(server, opened, index)
    x, y = right_end(ventricle)
    page.keyboard.press("Shift+C")
    page.mouse.click(*client_point(page, x, y))  # a press alone changes nothing
    page.wait_for_timeout(400)
    drag(page, (x, y), (x + 8, y))
    wait_for_revision(page, 1)
    pulled, same = wall_of(server, opened, index)
    added = np.argwhere(pulled & ~ventricle)
    assert added[:, 1].max() >= x + 6
    assert (np.abs(added[:, 0] - y) < 30).all()
    assert np.array_equal(same, blood_pool)
    page.keyboard.press("z")
    wait_for_revision(page, 2)
    assert np.array_equal(wall_of(server, opened, index)[0], ventricle)


def handles(page: Page) -> list[dict]:
    """The points that are drawn on the contour that is taken."""
    return page.evaluate("() => window.scarmass.state().handles")


def nearest(page: Page, x: float, y: float) -> dict:
    return min(handles(page), key=lambda each: (each["x"] - x) ** 2 + (each["y"] - y) ** 2)


def test_a_point_is_moved_with_what_lies_between_its_neighbours_and_comes_back_with_one_undo(
    page: Page, server: Server, opened: str
) -> None:
    index = reading_state(page)["index"]
    ventricle, _ = wall_of(server, opened, index)
    assert handles(page) == []
    page.keyboard.press("Shift+C")
    x, y = right_end(ventricle)
    before = handles(page)
    assert 12 <= len(before) <= 16
    held = nearest(page, x, y)
    start = (held["x"], held["y"])
    page.mouse.move(*client_point(page, *start))
    wait_until(lambda: [each["isLit"] for each in handles(page)].count(True) == 1)
    drag(page, start, (start[0] + 7, start[1]))
    wait_for_revision(page, 1)
    moved = wall_of(server, opened, index)[0]
    others = [one for one in before if one != held]
    changed = np.argwhere(moved != ventricle)
    assert changed[:, 1].max() >= start[0] + 4
    reach = sorted((one["x"] - start[0]) ** 2 + (one["y"] - start[1]) ** 2 for one in others)[1] ** 0.5
    assert np.hypot(changed[:, 1] - start[0], changed[:, 0] - start[1]).max() < reach + 7
    assert len(handles(page)) == len(before)
    page.keyboard.press("z")
    wait_for_revision(page, 2)
    assert np.array_equal(wall_of(server, opened, index)[0], ventricle)
    assert handles(page) == before


def test_a_click_on_the_line_adds_a_point_and_delete_takes_one_away(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    ventricle, _ = wall_of(server, opened, index)
    page.keyboard.press("Shift+C")
    before = handles(page)
    one, next_one = before[0], before[1]
    rows, columns = np.nonzero(ventricle)
    middle = (columns.mean() + 0.5, rows.mean() + 0.5)
    halfway = np.array([(one[axis] + next_one[axis]) / 2 for axis in "xy"])
    outwards = (halfway - middle) / np.hypot(*(halfway - middle))
    page.mouse.click(*client_point(page, *(halfway + outwards).tolist()))
    wait_until(lambda: len(handles(page)) == len(before) + 1)
    assert server.reading(opened)["revision"] == 0
    added = next(each for each in handles(page) if each["isLit"])
    start = (added["x"], added["y"])
    page.wait_for_timeout(500)
    drag(page, start, (start[0] + 5 * float(outwards[0]), start[1] + 5 * float(outwards[1])))
    wait_for_revision(page, 1)
    spiked = wall_of(server, opened, index)[0]
    assert (spiked & ~ventricle).sum() > 10
    wait_until(lambda: any(each["isLit"] for each in handles(page)))
    page.keyboard.press("Delete")
    wait_for_revision(page, 2)
    assert len(handles(page)) == len(before)
    assert (wall_of(server, opened, index)[0] & ~ventricle).sum() < (spiked & ~ventricle).sum() / 3
    page.keyboard.press("z")
    wait_for_revision(page, 3)
    assert np.array_equal(wall_of(server, opened, index)[0], spiked)


def test_keys_alone_move_a_point(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    ventricle, _ = wall_of(server, opened, index)
    page.keyboard.press("Shift+C")
    held = handles(page)[0]
    page.mouse.move(*client_point(page, held["x"], held["y"]))
    page.keyboard.press("k")
    wait_until(lambda: handles(page)[0]["isLit"])
    for key in ("Space", *["ArrowRight"] * 5, "Space"):
        page.keyboard.press(key)
    wait_for_revision(page, 1)
    assert not np.array_equal(wall_of(server, opened, index)[0], ventricle)


def test_the_blood_pool_never_leaves_the_ventricle_it_lies_in(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    ventricle, blood_pool = wall_of(server, opened, index)
    x, y = right_end(blood_pool)
    page.get_by_role("button", name="Pull the contours").click()
    drag(page, (x, y), (right_end(ventricle)[0] + 20, y))
    wait_for_revision(page, 1)
    after = wall_of(server, opened, index)
    assert (after[1] & ~blood_pool).any()
    assert not (after[1] & ~ventricle).any()


def test_a_contour_is_evened_out_and_taken_over_to_the_next_slice(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    x, y = right_end(wall_of(server, opened, index)[0])
    page.keyboard.press("Shift+C")
    drag(page, (x, y), (x + 8, y))
    wait_for_revision(page, 1)
    page.keyboard.press("Shift+O")
    wait_for_revision(page, 2)
    page.keyboard.press("Shift+D")
    wait_for_revision(page, 3)
    (own, _), (beside, _) = (wall_of(server, opened, each) for each in (index, index + 1))
    assert np.array_equal(own, beside)
    page.keyboard.press("z")
    wait_for_revision(page, 4)
    assert not np.array_equal(wall_of(server, opened, index + 1)[0], own)


def test_where_no_line_is_the_page_says_so_and_scar_stands_as_a_part_of_the_wall(
    page: Page, server: Server, opened: str
) -> None:
    page.keyboard.press("Shift+C")
    page.mouse.click(*client_point(page, 3, 3))
    wait_until(lambda: "no contour here" in page.locator("#messages").inner_text())
    reading = server.reading(opened)
    assert page.locator("[data-headline=percent]").inner_text() == f"{reading['scar_percent_of_myocardium']:.1f}"
    grams = reading["myocardium"]["by_slice_thickness"]["mass_g"]
    assert f"of {grams:.2f} g LGE myocardium" in page.locator("[data-myocardium]").inner_text()


def test_a_key_hides_and_shows_the_lines(page: Page, opened: str) -> None:
    def drawn() -> int:
        """Pixels of the canvas that are not empty."""
        script = (
            "() => { const c = document.getElementById('overlay'); const d ="
            " c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            " return d.reduce((n, v, i) => n + (i % 4 === 3 && v > 0 ? 1 : 0), 0) }"
        )
        return page.evaluate(script)

    shown = drawn()
    page.keyboard.press("Shift+K")
    wait_until(lambda: drawn() < shown)
    page.keyboard.press("Shift+K")
    wait_until(lambda: drawn() == shown)
