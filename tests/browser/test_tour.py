"""The README's tour, with mouse and keyboard, and what must never go wrong on the way."""

import csv
import time
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from scarmass.domain.masks import from_rle
from scarmass.services.context import Context
from tests.browser.conftest import Server, stored_slice
from tests.browser.driving import client_point, drag, reading_state, shown_scar, wait_for_revision
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def test_the_tour_of_the_readme(page: Page, server: Server, phantom_files: list[Path], tmp_path: Path) -> None:
    page.goto(server.address)
    page.locator("input[type=file]").first.set_input_files([str(path) for path in phantom_files])
    page.get_by_text("SAX LGE magnitude").wait_for()
    assert page.get_by_text("Phantom, Anterior").is_visible()
    page.get_by_text("SAX LGE magnitude").click()
    wait_until(lambda: (reading_state(page).get("reading") or {}).get("state") == "draft")
    stack_id = page.url.rsplit("/", 1)[1]
    index = reading_state(page)["index"]
    assert stored_slice(server, stack_id, index)["state"] == "proposed"
    assert "PHANTOM-001" in page.locator("header.top").inner_text()

    page.keyboard.press("c")
    wait_for_revision(page, 1)
    drag(page, (100, 90), (120, 105))
    wait_for_revision(page, 2)
    drawn = stored_slice(server, stack_id, index)
    (box,) = drawn["boxes"]
    assert [box[k] for k in ("x0", "y0", "x1", "y1")] == pytest.approx([100, 90, 120, 105], abs=0.6)
    before = server.reading(stack_id)["mass_g"]

    page.mouse.click(*client_point(page, 60.5, 60.5))
    wait_for_revision(page, 3)
    assert server.reading(stack_id)["mass_g"] > before

    page.reload()
    wait_until(lambda: (reading_state(page).get("reading") or {}).get("revision") == 3)
    assert len(shown_scar(page, index)["points"]) == 1

    page.keyboard.press("Control+z")
    wait_for_revision(page, 4)
    assert server.reading(stack_id)["mass_g"] == pytest.approx(before)

    with page.expect_download() as download:
        page.keyboard.press("e")
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert saved.name.startswith("DRAFT")
    rows = list(csv.DictReader(saved.open()))
    assert float(rows[-1]["mass_g_by_slice_thickness"]) == pytest.approx(before, abs=0.005)


def test_the_grams_on_the_page_are_those_of_the_server(page: Page, server: Server, opened: str) -> None:
    totals = server.reading(opened)["totals"]
    text = page.locator("main").inner_text()
    assert f"{totals['by_slice_thickness']['mass_g']:.2f}" in text
    assert f"{totals['by_slice_spacing']['mass_g']:.2f}" in text


def test_a_negative_click_is_a_negative_point(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    page.keyboard.down("Alt")
    page.mouse.click(*client_point(page, 70.5, 80.5))
    page.keyboard.up("Alt")
    wait_for_revision(page, 1)
    (point,) = stored_slice(server, opened, index)["points"]
    assert point["positive"] is False
    assert (int(point["x"]), int(point["y"])) == (70, 80)


def test_a_box_is_resized_by_its_corner_and_deleted_by_its_key(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    drag(page, (100, 100), (130, 120))
    wait_for_revision(page, 2)
    drag(page, (130, 120), (140, 128))
    wait_for_revision(page, 3)
    (box,) = stored_slice(server, opened, index)["boxes"]
    assert [box[k] for k in ("x0", "y0", "x1", "y1")] == pytest.approx([100, 100, 140, 128], abs=1)
    page.keyboard.press("Delete")
    wait_for_revision(page, 4)
    assert stored_slice(server, opened, index)["boxes"] == []


def test_clicks_faster_than_the_model_end_with_all_of_them_on_the_screen_and_stored(
    page: Page, server: Server, opened: str, context: Context
) -> None:
    index = reading_state(page)["index"]
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    # The first answer is the slowest: were answers applied as they come, it would overwrite the later ones.
    delays = iter([0.6, 0.1])
    context.segmenter.before_answer = lambda _: time.sleep(next(delays, 0))  # type: ignore[attr-defined]
    targets = [(60, 60), (90, 70), (120, 80)]
    for x, y in targets:
        page.mouse.click(*client_point(page, x + 0.5, y + 0.5))
    wait_until(lambda: len(stored_slice(server, opened, index)["points"]) == 3)
    wait_until(lambda: len(shown_scar(page, index)["points"]) == 3)
    mask = from_rle(stored_slice(server, opened, index)["mask"])
    assert {(x, y) for y, x in np.argwhere(mask).tolist()} == set(targets)
    assert shown_scar(page, index)["mask"] == stored_slice(server, opened, index)["mask"]


def test_an_edit_that_the_network_lost_is_kept_and_sent_again(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    page.context.set_offline(True)
    page.keyboard.press("0")
    page.wait_for_timeout(500)
    assert stored_slice(server, opened, index)["state"] == "proposed"
    page.context.set_offline(False)
    wait_until(lambda: stored_slice(server, opened, index)["state"] == "no_scar")
    assert server.reading(opened)["revision"] == 1


def test_the_keyboard_alone_walks_the_stack_accepts_and_shows_its_help(page: Page, server: Server, opened: str) -> None:
    start = reading_state(page)["index"]
    page.keyboard.press("ArrowDown")
    wait_until(lambda: reading_state(page)["index"] == start + 1)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    wait_for_revision(page, 1)
    assert stored_slice(server, opened, start)["state"] == "accepted"
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()


def test_one_key_proposes_the_whole_stack_again(page: Page, server: Server, opened: str) -> None:
    page.keyboard.press("c")
    wait_for_revision(page, 1)
    page.keyboard.press("Shift+R")
    wait_for_revision(page, 2)
    assert {s["state"] for s in server.reading(opened)["slices"]} == {"proposed"}


def test_the_api_is_documented_without_leaving_the_server(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/docs")
    page.get_by_text("/api/v1/segment", exact=False).first.wait_for()
