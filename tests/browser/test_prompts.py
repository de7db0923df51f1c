"""Several boxes and points on a slice, each of which can be moved and deleted."""

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server, stored_slice
from tests.browser.driving import client_point, drag, reading_state, wait_for_revision
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def drawn(page: Page, server: Server, opened: str) -> int:
    """Two boxes, a positive point and a negative one on the slice on the screen; its index."""
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    drag(page, (100, 90), (120, 105))
    wait_for_revision(page, 2)
    page.keyboard.press("Escape")
    drag(page, (150, 140), (170, 160))
    wait_for_revision(page, 3)
    page.keyboard.press("Escape")
    page.mouse.click(*client_point(page, 60.5, 60.5))
    wait_for_revision(page, 4)
    page.keyboard.down("Control")
    page.mouse.click(*client_point(page, 110.5, 97.5))
    page.keyboard.up("Control")
    wait_for_revision(page, 5)
    return reading_state(page)["index"]


def corners(box: dict) -> list[float]:
    return [box[side] for side in ("x0", "y0", "x1", "y1")]


def test_a_point_is_moved_and_deleted(page: Page, server: Server, opened: str, drawn: int) -> None:
    drag(page, (60.5, 60.5), (70.5, 64.5))
    wait_for_revision(page, 6)
    first, second = stored_slice(server, opened, drawn)["points"]
    assert (int(first["x"]), int(first["y"]), first["positive"]) == (70, 64, True)
    assert second["positive"] is False
    page.keyboard.press("Backspace")
    wait_for_revision(page, 7)
    assert stored_slice(server, opened, drawn)["points"] == [second]
    assert len(stored_slice(server, opened, drawn)["boxes"]) == 2


def test_one_of_two_boxes_is_moved_as_a_whole_and_deleted_by_its_handle(
    page: Page, server: Server, opened: str, drawn: int
) -> None:
    page.mouse.click(*client_point(page, 150, 150))
    drag(page, (160, 150), (165, 160))
    wait_for_revision(page, 6)
    first, second = stored_slice(server, opened, drawn)["boxes"]
    assert corners(first) == pytest.approx([100, 90, 120, 105], abs=0.6)
    assert corners(second) == pytest.approx([155, 150, 175, 170], abs=0.6)
    x, y = client_point(page, second["x1"], second["y0"])
    page.mouse.click(x + 14, y - 14)
    wait_for_revision(page, 7)
    assert stored_slice(server, opened, drawn)["boxes"] == [first]


def test_undo_takes_prompts_back_one_by_one_and_redo_brings_them(
    page: Page, server: Server, opened: str, drawn: int
) -> None:
    with_all = stored_slice(server, opened, drawn)
    for revision, (boxes, points) in enumerate([(2, 1), (2, 0), (1, 0), (0, 0)], start=6):
        page.keyboard.press("z")
        wait_for_revision(page, revision)
        now = stored_slice(server, opened, drawn)
        assert (len(now["boxes"]), len(now["points"])) == (boxes, points)
    page.locator('button[data-command="redo"]').click()
    wait_for_revision(page, 10)
    for revision in (11, 12, 13):
        page.keyboard.press("y")
        wait_for_revision(page, revision)
    assert stored_slice(server, opened, drawn) == with_all


def test_one_slice_or_the_stack_is_proposed_again_and_what_was_decided_by_hand_stays(
    page: Page, server: Server, opened: str, drawn: int
) -> None:
    by_hand = stored_slice(server, opened, drawn)
    page.keyboard.press("Shift+R")
    wait_for_revision(page, 6)
    assert stored_slice(server, opened, drawn) == by_hand
    page.keyboard.press("r")
    page.get_by_text("This slice was decided by hand").wait_for()
    assert stored_slice(server, opened, drawn) == by_hand
    page.get_by_text("Propose it all the same").click()
    wait_for_revision(page, 7)
    assert stored_slice(server, opened, drawn)["state"] == "proposed"


def test_the_buttons_do_what_the_keys_do(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    wanted = [
        ("exclude", "excluded"),
        ("exclude", "proposed"),
        ("clear", "pending"),
        ("propose_slice", "proposed"),
        ("accept", "accepted"),
        ("no_scar", "no_scar"),
    ]
    for revision, (command, state) in enumerate(wanted, start=1):
        at = reading_state(page)["index"]
        page.locator(f'button[data-command="{command}"]').click()
        wait_for_revision(page, revision)
        assert stored_slice(server, opened, at)["state"] == state
    assert reading_state(page)["index"] == index + 2
    page.locator("#strip button").first.click()
    wait_until(lambda: reading_state(page)["shown"] == 0)
    page.mouse.wheel(0, 100)
    assert reading_state(page)["index"] == 0
    page.mouse.move(*client_point(page, 100, 100))
    page.mouse.wheel(0, 100)
    wait_until(lambda: reading_state(page)["shown"] == 1)


def ink(page: Page) -> int:
    """How many pixels of the overlay are drawn on."""
    count = """() => {
      const canvas = document.getElementById("overlay");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, at) => at % 4 === 3 && value > 0).length;
    }"""
    return page.evaluate(count)


def test_a_held_key_hides_the_overlay_and_others_change_its_look(page: Page, opened: str) -> None:
    outlined = ink(page)
    page.keyboard.down("h")
    assert ink(page) == 0
    page.keyboard.up("h")
    assert ink(page) == outlined
    page.keyboard.press("o")
    assert ink(page) > outlined
    slider = page.get_by_label("Overlay opacity")
    before = slider.input_value()
    page.keyboard.press("[")
    assert int(slider.input_value()) == int(before) - 10


def test_a_refused_edit_says_why_and_leaves_the_slice_as_it_was(page: Page, server: Server, opened: str) -> None:
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    page.keyboard.press("Enter")
    page.get_by_text("There is nothing to accept on this slice").wait_for()
    reading_id = server.reading(opened)["id"]
    answer = httpx.post(
        f"{server.address}/api/v1/readings/{reading_id}/edits",
        json={"client_id": "11111111-1111-4111-8111-111111111111", "expected_revision": 1, "kind": "redo"},
    )
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("NothingToRedo")
    assert server.reading(opened)["revision"] == 1
