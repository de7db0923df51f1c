"""Threshold brush, edge, cores and the presets of mouse and keys, each by real mouse, wheel and keys."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from scarmass.domain.masks import Mask, from_rle
from scarmass.services.context import Context
from tests.api.test_limits import RingSegmenter
from tests.browser.conftest import Server, open_stack, stored_slice
from tests.browser.driving import client_point, drag, reading_state, show_part, wait_for_revision
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def mask_of(server: Server, stack_id: str, index: int) -> Mask:
    return from_rle(stored_slice(server, stack_id, index)["mask"])


def cleared(page: Page) -> int:
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    return reading_state(page)["index"]


def zoom_of(page: Page) -> str:
    return page.locator('[data-corner="zoom"]').inner_text()


def window_of(page: Page) -> str:
    return page.locator('[data-corner="window"]').inner_text()


def test_the_threshold_brush_paints_only_above_its_limit(
    page: Page, server: Server, context: Context, phantom_files: list[Path]
) -> None:
    context.segmenter = RingSegmenter()
    stack_id = server.upload(phantom_files)
    open_stack(page, server, stack_id)
    index = cleared(page)
    one = stored_slice(server, stack_id, index)
    page.keyboard.press("Shift+B")
    page.locator("#limit").select_option("3sd")
    for _ in range(12):
        page.keyboard.press(".")
    with page.expect_response(lambda answer: "/above" in answer.url) as answer:
        page.mouse.move(*client_point(page, 90, 90))
    above = from_rle(answer.value.json()["mask"])
    assert answer.value.url.endswith(f"{one['sop_instance_uid']}/1/above?limit=3sd&sensitivity=0")
    wait_until(lambda: page.evaluate("() => document.readyState") == "complete")
    page.wait_for_timeout(200)
    drag(page, (80, 80), (170, 170))
    wait_for_revision(page, 2)
    painted = mask_of(server, stack_id, index)
    assert painted.any()
    assert not (painted & ~above).any()
    page.keyboard.down("Alt")
    drag(page, (80, 80), (170, 170))
    page.keyboard.up("Alt")
    wait_for_revision(page, 3)
    assert not mask_of(server, stack_id, index).any()


def test_without_a_limit_the_threshold_brush_says_why_it_does_not_paint(page: Page, opened: str) -> None:
    page.keyboard.press("Shift+B")
    page.mouse.move(*client_point(page, 100, 100))

    def is_told() -> bool:
        page.mouse.click(*client_point(page, 100, 100))  # while the limit is computed it says that
        page.wait_for_timeout(300)
        return "no wall of the left ventricle" in page.locator("#messages").inner_text()

    wait_until(is_told)
    assert reading_state(page)["reading"]["revision"] == 0


def test_the_edge_is_dragged_outwards_and_inwards_and_a_press_alone_changes_nothing(
    page: Page, server: Server, opened: str
) -> None:
    index = cleared(page)
    drag(page, (100, 100), (130, 130))
    wait_for_revision(page, 2)
    square = mask_of(server, opened, index)
    page.keyboard.press("s")
    page.mouse.click(*client_point(page, 129.5, 115))
    page.wait_for_timeout(400)
    drag(page, (129.5, 115), (135.5, 115))
    wait_for_revision(page, 3)
    pushed = mask_of(server, opened, index)
    assert not (square & ~pushed).any()
    added = np.argwhere(pushed & ~square)
    assert 10 < len(added) < 40
    assert added[:, 1].max() in (134, 135, 136)
    assert (np.abs(added[:, 0] - 115) <= 3).all()
    drag(page, (115, 100.5), (115, 106))
    wait_for_revision(page, 4)
    dented = mask_of(server, opened, index)
    assert not (dented & ~pushed).any()
    taken = np.argwhere(pushed & ~dented)
    assert 10 < len(taken) < 40
    assert (np.abs(taken[:, 1] - 115) <= 3).all()
    page.mouse.click(*client_point(page, 60, 60))
    wait_until(lambda: "no edge here" in page.locator("#messages").inner_text())
    page.keyboard.press("z")
    wait_for_revision(page, 5)
    assert np.array_equal(mask_of(server, opened, index), pushed)


def test_a_core_open_to_the_blood_pool_is_filled(page: Page, server: Server, opened: str) -> None:
    index = cleared(page)
    page.keyboard.press("b")
    ring = [(112, 106), (104, 100), (96, 106), (96, 114), (104, 120), (112, 114)]
    for revision, (start, end) in enumerate(pairwise(ring), start=2):
        drag(page, start, end)
        wait_for_revision(page, revision)
    page.keyboard.press("x")
    drag(page, (116, 110), (110, 110))
    open_core = mask_of(server, opened, index)
    assert not open_core[110, 104]
    revision = reading_state(page)["reading"]["revision"]
    page.keyboard.press("Shift+F")
    wait_for_revision(page, revision + 1)
    assert mask_of(server, opened, index)[107:113, 101:107].all()


def test_buttons_and_wheel_are_as_in_ohif_until_the_reader_has_them_otherwise(
    page: Page, server: Server, opened: str
) -> None:
    def right_drag(shift: bool = False) -> None:
        if shift:
            page.keyboard.down("Shift")
        page.mouse.move(*client_point(page, 128, 128))
        page.mouse.down(button="right")
        page.mouse.move(700, 320, steps=3)
        page.mouse.up(button="right")
        if shift:
            page.keyboard.up("Shift")

    def turn_with_ctrl() -> None:
        page.keyboard.down("Control")
        page.mouse.wheel(0, -200)
        page.keyboard.up("Control")

    before = zoom_of(page), window_of(page)
    right_drag()
    assert zoom_of(page) != before[0]
    assert window_of(page) == before[1]
    right_drag(shift=True)
    assert window_of(page) != before[1]
    page.keyboard.press("b")
    size, zoom = page.locator("#brush-size").inner_text(), zoom_of(page)
    turn_with_ctrl()
    wait_until(lambda: page.locator("#brush-size").inner_text() != size)
    assert zoom_of(page) == zoom
    page.keyboard.press("=")
    assert zoom_of(page) == "100 %"
    place = client_point(page, 128, 128)
    page.mouse.move(*place)
    page.mouse.down(button="middle")
    page.mouse.move(place[0] + 50, place[1])
    page.mouse.up(button="middle")
    assert client_point(page, 128, 128)[0] == pytest.approx(place[0] + 50, abs=1)

    show_part(page, "Details")
    page.get_by_label("Reader").fill("Dr B")
    page.keyboard.press("Enter")
    page.keyboard.press("?")
    page.locator("#preset").select_option("window")
    assert "window and level" in page.locator("#help div", has_text="Right-drag").first.inner_text()
    page.keyboard.press("Escape")
    before = zoom_of(page), window_of(page)
    right_drag()
    assert window_of(page) != before[1]
    assert zoom_of(page) == before[0]
    turn_with_ctrl()
    assert zoom_of(page) != before[0]
    page.get_by_label("Reader").fill("Dr A")
    page.keyboard.press("Enter")
    assert page.locator("#preset").input_value() == "ohif"
    show_part(page, "Details")
    page.get_by_label("Reader").fill("Dr B")
    page.keyboard.press("Enter")
    assert page.locator("#preset").input_value() == "window"
    page.reload()
    wait_until(lambda: page.locator("#preset").input_value() == "window")
