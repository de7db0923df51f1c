"""No-reflow on the page: drawn, corrected, adopted and rejected by the gestures of scar; and the ends of a stack."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from scarmass.domain.masks import Mask, from_rle
from tests.browser.conftest import Server, stored_slice
from tests.browser.driving import client_point, drag, reading_state, wait_for_revision
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def masks_of(server: Server, stack_id: str, index: int) -> tuple[Mask, Mask]:
    """The slice's scar, and the no-reflow within it."""
    segments = stored_slice(server, stack_id, index)["segments"]
    scar = from_rle(segments["scar"]["mask"])
    core = from_rle(segments["no_reflow"]["mask"]) if "no_reflow" in segments else np.zeros_like(scar)
    return scar, core


def painted_core(page: Page, revision: int = 1) -> int:
    """Paint no-reflow across the middle of the slice's scar; the slice's index."""
    page.keyboard.press("6")
    page.keyboard.press("b")
    drag(page, (80, 100), (110, 100))
    wait_for_revision(page, revision)
    return reading_state(page)["index"]


def test_the_brush_paints_no_reflow_within_the_scar_and_the_scar_stays(page: Page, server: Server, opened: str) -> None:
    index = reading_state(page)["index"]
    before, _ = masks_of(server, opened, index)
    painted_core(page)
    scar, core = masks_of(server, opened, index)
    assert core.any()
    assert np.array_equal(scar, before)
    assert stored_slice(server, opened, index)["state"] == "proposed"
    grams = server.reading(opened)["structures"]["no_reflow"]["by_slice_thickness"]["mass_g"]
    expect(page.locator("[data-headline=no_reflow]")).to_have_text(f"{grams:.1f}")
    page.keyboard.press("z")
    wait_for_revision(page, 2)
    assert not masks_of(server, opened, index)[1].any()


def test_no_reflow_beyond_the_scar_is_scar_at_once_and_one_undo_takes_both_back(
    page: Page, server: Server, opened: str
) -> None:
    index = reading_state(page)["index"]
    before, _ = masks_of(server, opened, index)
    page.locator('[data-command="no_reflow"]').click()
    page.keyboard.press("b")
    drag(page, (180, 180), (200, 180))
    segments = reading_state(page)["reading"]["slices"][index]["segments"]
    wait_for_revision(page, 1)
    scar, core = masks_of(server, opened, index)
    assert (core & ~before).any()
    assert np.array_equal(scar, before | core)
    assert stored_slice(server, opened, index)["state"] == "edited"
    assert segments is not None
    page.keyboard.press("z")
    wait_for_revision(page, 2)
    assert np.array_equal(masks_of(server, opened, index)[0], before)


def test_clicks_mean_no_reflow_while_it_is_chosen_and_scar_again_after_that(
    page: Page, server: Server, opened: str
) -> None:
    index = painted_core(page)
    page.keyboard.press("v")
    assert page.locator('[data-command="positive"]').inner_text().endswith("No-reflow")
    page.mouse.click(*client_point(page, 90.5, 80.5))
    wait_for_revision(page, 2)
    scar, core = masks_of(server, opened, index)
    assert core[80, 90]
    page.keyboard.press("6")
    assert page.locator('[data-command="positive"]').inner_text().endswith("Scar")
    page.mouse.click(*client_point(page, 150.5, 100.5))
    wait_for_revision(page, 3)
    after = masks_of(server, opened, index)
    assert after[0][100, 150]
    assert np.array_equal(after[1], core)
    assert np.array_equal(after[0] & scar, scar)


def test_what_is_erased_of_the_scar_goes_of_its_no_reflow(page: Page, server: Server, opened: str) -> None:
    index = painted_core(page)
    page.keyboard.press("6")
    page.keyboard.press("x")
    drag(page, (95, 90), (95, 110))
    wait_for_revision(page, 2)
    scar, core = masks_of(server, opened, index)
    assert core.any()
    assert not scar[100, 95]
    assert not (core & ~scar).any()


def test_one_key_rejects_it_on_a_slice_and_accepting_adopts_it(page: Page, server: Server, opened: str) -> None:
    index = painted_core(page)
    before = masks_of(server, opened, index)
    page.keyboard.press("Shift+N")
    wait_for_revision(page, 2)
    scar, core = masks_of(server, opened, index)
    assert not core.any()
    assert np.array_equal(scar, before[0])
    page.keyboard.press("Shift+N")
    wait_until(lambda: "no no-reflow on this slice" in page.locator("#messages").inner_text())
    page.keyboard.press("z")
    wait_for_revision(page, 3)
    page.keyboard.press("Enter")
    wait_for_revision(page, 4)
    assert stored_slice(server, opened, index)["state"] == "accepted"
    assert np.array_equal(masks_of(server, opened, index)[1], before[1])


def test_one_key_leaves_out_all_slices_beyond_one_and_takes_them_in_again(
    page: Page, server: Server, opened: str
) -> None:
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    wait_until(lambda: reading_state(page)["shown"] == 1)
    page.keyboard.press("Shift+X")
    wait_for_revision(page, 1)
    states = [one["state"] for one in server.reading(opened)["slices"]]
    assert [at for at, state in enumerate(states) if state == "excluded"] == [0, 1]
    page.keyboard.press("Shift+X")
    wait_for_revision(page, 2)
    assert "excluded" not in [one["state"] for one in server.reading(opened)["slices"]]
    page.keyboard.press("End")
    wait_until(lambda: reading_state(page)["shown"] == len(states) - 1)
    page.keyboard.press("Shift+X")
    wait_for_revision(page, 3)
    assert server.reading(opened)["slices"][-1]["state"] == "excluded"
    page.keyboard.press("z")
    wait_for_revision(page, 4)
    assert "excluded" not in [one["state"] for one in server.reading(opened)["slices"]]
