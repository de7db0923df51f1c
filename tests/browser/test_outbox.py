"""What is done behind edits that are not answered yet, refused or overtaken: nothing comes back, nothing is lost."""

import re
import uuid
from collections.abc import Callable

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, Route

from scarmass.domain.masks import Mask, from_rle
from tests.browser.conftest import Server, open_stack, stored_slice
from tests.browser.driving import client_point, drag, intercept, reading_state, show_part, wait_for_revision
from tests.browser.test_offline import cut, reconnect, saving, shown_state, wait_until_saving
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def stroke(page: Page, row: float) -> None:
    drag(page, (100, row), (130, row))


def mask_of(server: Server, stack_id: str, index: int) -> Mask:
    return from_rle(stored_slice(server, stack_id, index)["mask"])


def rows_painted(mask: Mask) -> set[int]:
    return set(np.flatnonzero(mask[:, 115]).tolist())


def refusing(page: Page, status: int, kind: str) -> Callable[[], None]:
    """The server answers edits of this kind so, until the returned function is called."""
    edits = re.compile("/edits$")

    def answer(route: Route) -> None:
        if (route.request.post_data_json or {}).get("kind") == kind:
            route.fulfill(status=status, json={"title": "No", "detail": "this cannot be done"})
        else:
            route.continue_()

    intercept(page, edits, answer)
    return lambda: page.unroute(edits)


@pytest.fixture
def painted(page: Page, server: Server, opened: str) -> int:
    """A slice with one stroke at row 100, the brush in hand; its index."""
    page.keyboard.press("c")
    page.keyboard.press("b")
    stroke(page, 100)
    wait_for_revision(page, 2)
    return reading_state(page)["index"]


def test_painting_behind_an_undo_does_not_bring_back_what_was_undone(
    page: Page, server: Server, opened: str, painted: int
) -> None:
    cut(page)
    page.keyboard.press("z")
    stroke(page, 140)
    reconnect(page)
    wait_for_revision(page, 4)
    mask = mask_of(server, opened, painted)
    assert mask[140, 115]
    assert not mask[100, 115]


def test_painting_behind_a_box_keeps_what_the_model_answers(
    page: Page, server: Server, opened: str, painted: int
) -> None:
    cut(page)
    page.keyboard.press("v")
    drag(page, (60, 60), (80, 70))
    page.keyboard.press("b")
    stroke(page, 140)
    reconnect(page)
    wait_for_revision(page, 4)
    mask = mask_of(server, opened, painted)
    assert mask[62:68, 62:78].all()
    assert mask[140, 115]


def test_a_click_behind_a_clear_is_asked_on_an_empty_slice(
    page: Page, server: Server, opened: str, painted: int
) -> None:
    cut(page)
    page.keyboard.press("c")
    page.keyboard.press("v")
    page.mouse.click(*client_point(page, 60.5, 60.5))
    reconnect(page)
    wait_for_revision(page, 4)
    assert np.argwhere(mask_of(server, opened, painted)).tolist() == [[60, 60]]


def test_what_is_not_sent_is_undone_and_done_again_without_the_server(
    page: Page, server: Server, opened: str, painted: int
) -> None:
    cut(page)
    stroke(page, 120)
    stroke(page, 140)
    stroke(page, 160)
    page.keyboard.press("z")
    page.keyboard.press("z")
    page.keyboard.press("y")
    wait_until_saving(page, "2 changes kept here")
    reconnect(page)
    wait_for_revision(page, 4)
    mask = mask_of(server, opened, painted)
    assert [bool(mask[row, 115]) for row in (100, 120, 140, 160)] == [True, True, True, False]


def test_a_box_on_an_accepted_slice_is_accepted_anew(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    page.keyboard.press("Enter")
    wait_for_revision(page, 1)
    page.keyboard.press("ArrowUp")
    wait_until(lambda: reading_state(page)["shown"] == index)
    cut(page)
    drag(page, (60, 60), (80, 70))
    page.keyboard.press("Enter")
    reconnect(page)
    wait_for_revision(page, 3)
    assert stored_slice(server, opened, index)["state"] == "accepted"
    assert len(stored_slice(server, opened, index)["boxes"]) == 2


def test_a_page_that_is_reloaded_at_once_goes_on_with_its_unsent_work(
    page: Page, server: Server, opened: str, painted: int
) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    cut(page)
    stroke(page, 140)
    wait_until_saving(page, "1 change kept here")
    page.goto(server.address)
    page.get_by_text("unsent changes").wait_for()
    reconnect(page)
    open_stack(page, server, opened)
    wait_for_revision(page, 3)
    assert rows_painted(mask_of(server, opened, painted)) >= {100, 140}


def test_a_refused_edit_is_kept_and_holds_nothing_up(page: Page, server: Server, opened: str, painted: int) -> None:
    index = painted
    let = refusing(page, 422, "paint")
    stroke(page, 140)
    page.get_by_text("was refused. this cannot be done").wait_for()
    page.keyboard.press("ArrowRight")
    wait_until(lambda: reading_state(page)["shown"] == index + 1)
    page.keyboard.press("0")
    wait_for_revision(page, 3)
    assert saving(page) == "1 change not saved"
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.get_by_text("was refused. this cannot be done").wait_for()
    let()
    page.get_by_text("Try again").click()
    wait_for_revision(page, 4)
    assert rows_painted(mask_of(server, opened, index)) >= {100, 140}
    wait_until_saving(page, "All changes saved")


def test_an_undo_that_was_meant_for_a_refused_edit_undoes_nothing_else(
    page: Page, server: Server, opened: str, painted: int
) -> None:
    let = refusing(page, 422, "no_scar")
    cut(page)
    page.keyboard.press("0")
    wait_until_saving(page, "1 change kept here")
    page.keyboard.press("z")
    wait_until_saving(page, "2 changes kept here")
    reconnect(page)
    wait_until_saving(page, "All changes saved")
    let()
    assert server.reading(opened)["revision"] == 2
    assert stored_slice(server, opened, painted)["state"] == "edited"


def test_a_server_that_always_fails_at_one_edit_does_not_hold_up_the_others(
    page: Page, server: Server, opened: str, painted: int
) -> None:
    refusing(page, 500, "paint")
    stroke(page, 140)
    page.keyboard.press("ArrowRight")
    wait_until(lambda: reading_state(page)["shown"] == painted + 1)
    page.keyboard.press("0")
    wait_until_saving(page, "The server fails: 2 changes kept here")
    wait_for_revision(page, 3)
    assert saving(page) == "1 change not saved"
    assert page.get_by_text("Try again").is_visible()


def test_conflicts_stay_until_each_is_decided(
    page: Page, server: Server, opened: str, other: Page, painted: int
) -> None:
    wait_for_revision(other, 2)
    cut(page)
    for _ in range(4):
        page.keyboard.press("0")
        page.wait_for_timeout(200)
    for number in range(4):
        wait_until(lambda number=number: reading_state(other)["shown"] == painted + number)
        other.keyboard.press("u")
        wait_for_revision(other, 3 + number)
        other.keyboard.press("ArrowRight")
    reconnect(page)
    wait_until(lambda: page.get_by_text("Use mine instead").count() == 4)
    assert saving(page) == "4 changes not saved"
    page.get_by_text("Use mine instead").last.click()
    wait_for_revision(page, 7)
    assert stored_slice(server, opened, painted + 3)["state"] == "no_scar"
    page.get_by_label("Dismiss").first.click()
    wait_until_saving(page, "2 changes not saved")
    assert shown_state(page, painted) == "excluded"


def test_a_slice_that_was_cleared_elsewhere_is_not_painted_over_unseen(
    page: Page, server: Server, opened: str, painted: int
) -> None:
    cut(page)
    stroke(page, 140)
    reading = server.reading(opened)
    of = reading["slices"][painted]
    cleared = {"client_id": str(uuid.uuid4()), "expected_revision": 2, "kind": "clear"}
    cleared |= {"sop_instance_uid": of["sop_instance_uid"], "frame_number": of["frame_number"]}
    httpx.post(f"{server.address}/api/v1/readings/{reading['id']}/edits", json=cleared).raise_for_status()
    reconnect(page)
    page.get_by_text("was changed in another window").wait_for()
    assert stored_slice(server, opened, painted)["state"] == "pending"
    page.get_by_text("Use mine too").click()
    wait_for_revision(page, 4)
    assert not mask_of(server, opened, painted)[100, 115]
    assert mask_of(server, opened, painted)[140, 115]


def test_work_carries_the_name_of_who_did_it(page: Page, server: Server, opened: str) -> None:
    show_part(page, "Details")
    page.get_by_label("Reader").fill("Dr First")
    page.keyboard.press("Enter")
    cut(page)
    page.keyboard.press("0")
    wait_until_saving(page, "1 change kept here")
    name = "Ж" * 64
    page.get_by_label("Reader").fill(name)
    page.keyboard.press("Enter")
    page.keyboard.press("u")
    reconnect(page)
    wait_for_revision(page, 2)
    edits = httpx.get(f"{server.address}/api/v1/readings/{server.reading(opened)['id']}/edits").json()["edits"]
    assert [edit["author"] for edit in edits] == [f"{name} (unauthenticated)", "Dr First (unauthenticated)"]
