"""A click does what the hand meant: it is never swallowed, never taken for another gesture, and undone as one."""

import pytest
from playwright.sync_api import Page

from scarmass.domain.masks import from_rle
from tests.browser.conftest import Server, stored_slice
from tests.browser.driving import client_point, drag, reading_state, wait_for_revision
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

CORNERS = (100, 90, 140, 130)


@pytest.fixture
def boxed(page: Page, server: Server, opened: str) -> int:
    """One box on the slice on the screen, not selected; its index."""
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    drag(page, CORNERS[:2], CORNERS[2:])
    wait_for_revision(page, 2)
    page.keyboard.press("Escape")
    return reading_state(page)["index"]


def points_of(server: Server, stack_id: str, index: int) -> list[tuple[int, int, bool]]:
    return [(int(p["x"]), int(p["y"]), p["positive"]) for p in stored_slice(server, stack_id, index)["points"]]


def said(page: Page) -> str:
    return page.locator("#messages").inner_text()


def cursor(page: Page) -> str:
    return page.evaluate("() => document.getElementById('viewport').style.cursor")


def test_a_click_on_a_box_s_line_in_a_selected_box_and_on_a_point_is_a_click(
    page: Page, server: Server, opened: str, boxed: int
) -> None:
    page.mouse.click(*client_point(page, 110.5, 90))
    wait_for_revision(page, 3)
    page.wait_for_timeout(400)
    page.mouse.click(*client_point(page, 110.5, 90))
    wait_until(lambda: "marked already" in said(page))
    page.wait_for_timeout(400)
    page.mouse.click(*client_point(page, 110.9, 90.2))
    wait_for_revision(page, 4)
    assert [point[0] for point in points_of(server, opened, boxed)] == [110, 110]
    page.mouse.click(*client_point(page, *CORNERS[:2]))
    page.mouse.click(*client_point(page, 120.5, 120.5))
    wait_for_revision(page, 5)
    assert points_of(server, opened, boxed)[-1] == (120, 120, True)
    assert len(stored_slice(server, opened, boxed)["boxes"]) == 1


def test_hovering_shows_what_a_drag_would_take_and_del_deletes_it(
    page: Page, server: Server, opened: str, boxed: int
) -> None:
    page.mouse.move(*client_point(page, 140, 130))
    assert cursor(page) == "nwse-resize"
    page.mouse.move(*client_point(page, 120, 90))
    assert cursor(page) == "ns-resize"
    page.mouse.move(*client_point(page, 110, 90))
    assert cursor(page) == "crosshair"
    page.mouse.click(*client_point(page, 60.5, 60.5))
    wait_for_revision(page, 3)
    page.mouse.move(*client_point(page, 140, 130))
    page.keyboard.press("Delete")
    wait_for_revision(page, 4)
    assert stored_slice(server, opened, boxed)["boxes"] == []
    assert points_of(server, opened, boxed) == [(60, 60, True)]


def test_a_small_box_can_be_clicked_into(page: Page, server: Server, opened: str) -> None:
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    drag(page, (100, 90), (106, 96))
    wait_for_revision(page, 2)
    page.mouse.click(*client_point(page, 103, 93))
    wait_for_revision(page, 3)
    assert len(points_of(server, opened, reading_state(page)["index"])) == 1


def test_a_double_click_shows_the_image_alone_and_draws_nothing(
    page: Page, server: Server, opened: str, boxed: int
) -> None:
    before = stored_slice(server, opened, boxed)
    for tool, is_alone in (("v", True), ("b", False)):
        page.keyboard.press(tool)
        page.mouse.dblclick(*client_point(page, 120.5, 110.5))
        wait_until(lambda: page.locator("#viewport").get_attribute("data-saved") == "true")
        assert page.locator("#mass").is_visible() is not is_alone
        assert page.locator("#strip").is_visible() is not is_alone
        after = stored_slice(server, opened, boxed)
        assert {**after, "revision": 0} == {**before, "revision": 0}
    assert page.locator(".identity").is_visible()


def test_alt_double_click_takes_the_part_under_it_away_as_one_gesture(
    page: Page, server: Server, opened: str, boxed: int
) -> None:
    def is_saved() -> bool:
        return page.locator("#viewport").get_attribute("data-saved") == "true"

    drag(page, (60, 60), (80, 75))
    wait_for_revision(page, 3)
    before = stored_slice(server, opened, boxed)
    page.keyboard.down("Alt")
    page.mouse.dblclick(*client_point(page, 120.5, 110.5))
    page.keyboard.up("Alt")
    wait_until(is_saved)
    after = from_rle(stored_slice(server, opened, boxed)["mask"])
    assert not after[90:130, 100:140].any()
    assert after[60:75, 60:80].all()
    assert stored_slice(server, opened, boxed)["points"] == []
    page.keyboard.press("z")
    wait_until(lambda: {**stored_slice(server, opened, boxed), "revision": 0} == {**before, "revision": 0})
    page.keyboard.down("Alt")
    page.mouse.dblclick(*client_point(page, 180.5, 180.5))
    page.keyboard.up("Alt")
    wait_until(lambda: "no outlined part" in said(page))
    wait_until(is_saved)
    assert {**stored_slice(server, opened, boxed), "revision": 0} == {**before, "revision": 0}


def test_a_dab_and_a_quick_stroke_from_the_same_place_are_two_strokes(page: Page, server: Server, opened: str) -> None:
    page.keyboard.press("c")
    page.keyboard.press("b")
    place, end = client_point(page, 70, 60.5), client_point(page, 90, 60.5)
    page.mouse.click(*place)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()
    wait_for_revision(page, 3)
    assert from_rle(stored_slice(server, opened, reading_state(page)["index"])["mask"])[60, 70:90].all()


def test_what_a_reader_accepted_is_replaced_when_it_is_asked_for_twice(
    page: Page, server: Server, opened: str, boxed: int
) -> None:
    page.keyboard.press("Enter")
    wait_for_revision(page, 3)
    page.keyboard.press("ArrowLeft")
    wait_until(lambda: reading_state(page)["shown"] == boxed)
    accepted = stored_slice(server, opened, boxed)
    drag(page, (140, 130), (150, 140))
    page.get_by_text("repeat to let the model answer anew").wait_for()
    assert stored_slice(server, opened, boxed) == accepted
    assert len(reading_state(page)["prompt"]["boxes"]) == 1
    drag(page, (140, 130), (150, 140))
    wait_for_revision(page, 4)
    assert stored_slice(server, opened, boxed)["state"] == "edited"
    page.keyboard.press("z")
    wait_for_revision(page, 5)
    assert stored_slice(server, opened, boxed)["mask"] == accepted["mask"]
    assert stored_slice(server, opened, boxed)["state"] == "accepted"


def test_a_click_that_changes_nothing_says_why(page: Page, server: Server, opened: str, boxed: int) -> None:
    page.mouse.click(*client_point(page, 120.5, 110.5))
    wait_until(lambda: "lies within the outline" in said(page))
    page.keyboard.down("Alt")
    page.mouse.click(*client_point(page, 60.5, 60.5))
    page.keyboard.up("Alt")
    wait_until(lambda: "lies outside the outline" in said(page))


def test_a_preview_shows_what_a_click_would_do_and_stores_nothing(
    page: Page, server: Server, opened: str, boxed: int
) -> None:
    asked: list[dict] = []
    page.on("request", lambda sent: asked.append(sent.post_data_json or {}) if sent.url.endswith("/segment") else None)
    page.mouse.move(*client_point(page, 60.5, 60.5))
    page.wait_for_timeout(400)
    assert not asked
    page.keyboard.press("Shift+P")
    with page.expect_response(lambda answer: answer.url.endswith("/segment")):
        page.mouse.move(*client_point(page, 62.5, 62.5))
    (prompt,) = asked
    assert [(int(point["x"]), int(point["y"]), point["positive"]) for point in prompt["points"]] == [(62, 62, True)]
    assert prompt["previous"] == stored_slice(server, opened, boxed)["mask"]
    assert reading_state(page)["reading"]["revision"] == 2
    page.mouse.click(*client_point(page, 62.5, 62.5))
    wait_for_revision(page, 3)


def test_messages_over_the_image_do_not_swallow_clicks(page: Page, server: Server, opened: str, boxed: int) -> None:
    page.mouse.click(*client_point(page, 120.5, 110.5))
    message = page.locator("#messages .message span")
    message.wait_for()
    area = message.bounding_box()
    assert area is not None
    page.keyboard.press("n")  # far from the heart: where scar is marked, a second word would be asked for
    page.mouse.click(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    wait_for_revision(page, 4)
    assert len(points_of(server, opened, boxed)) == 2
