"""How generously outlines are drawn is set by keys and slider, said, undone, and follows what is corrected."""

import uuid

import httpx
import pytest
from playwright.sync_api import Page

from scarmass.services.context import Context
from tests.browser.conftest import Server
from tests.browser.driving import reading_state, wait_for_revision
from tests.services.readings.test_sensitivity import RampSegmenter, as_drawn_at
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def context(context: Context) -> Context:
    context.segmenter = RampSegmenter()
    return context


def shown(page: Page) -> str:
    return page.locator("[data-sensitivity] output").inner_text()


def follows(page: Page) -> str | None:
    return page.locator("[data-sensitivity] button").get_attribute("aria-pressed")


def test_keys_draw_every_undecided_slice_more_generously_and_undo_takes_it_back(
    page: Page, server: Server, opened: str
) -> None:
    before = server.reading(opened)
    assert (shown(page), follows(page)) == ("0.0", "true")
    page.keyboard.press("2")
    page.keyboard.press("2")
    assert shown(page) == "+1.0"
    wait_for_revision(page, 2)
    after = server.reading(opened)
    assert (after["sensitivity"], after["follows"]) == (1.0, False)
    assert after["mass_g"] > before["mass_g"]
    assert reading_state(page)["reading"]["totals"] == after["totals"]
    page.keyboard.press("z")
    page.keyboard.press("z")
    wait_until(lambda: server.reading(opened)["mass_g"] == before["mass_g"])
    wait_until(lambda: (shown(page), follows(page)) == ("0.0", "true"))


def test_the_slider_sets_it_in_one_edit_and_the_third_key_lets_it_follow_again(
    page: Page, server: Server, opened: str
) -> None:
    slider = page.locator("#sensitivity").bounding_box()
    assert slider is not None
    page.mouse.move(slider["x"] + slider["width"] / 3, slider["y"] + slider["height"] / 2)
    page.mouse.down()
    page.mouse.move(slider["x"] + slider["width"] / 6, slider["y"] + slider["height"] / 2)
    page.mouse.up()
    wait_for_revision(page, 1)
    assert server.reading(opened)["sensitivity"] < 0
    before = reading_state(page)["shown"]
    page.keyboard.press("ArrowRight")  # the slices' again
    wait_until(lambda: reading_state(page)["shown"] == before + 1)
    page.keyboard.press("3")
    wait_for_revision(page, 2)
    wait_until(lambda: (shown(page), follows(page)) == ("0.0", "true"))
    assert server.reading(opened)["follows"]


def test_a_correction_moves_the_outlines_that_nobody_decided_on_in_every_open_page(
    page: Page, server: Server, opened: str
) -> None:
    reading = server.reading(opened)
    told, mask = reading["slices"][0], as_drawn_at(reading["slices"][0], 3.0)
    paint = {"client_id": str(uuid.uuid4()), "expected_revision": 0, "kind": "paint", "mask": mask}
    where = {"sop_instance_uid": told["sop_instance_uid"]}
    httpx.post(f"{server.address}/api/v1/readings/{reading['id']}/edits", json=paint | where).raise_for_status()
    wait_until(lambda: (shown(page), follows(page)) == ("+3.0", "true"))
    masks = [one["segments"]["scar"]["mask"] for one in reading_state(page)["reading"]["slices"]]
    assert masks == [one["mask"] for one in server.reading(opened)["slices"]]
    assert masks[5] != reading["slices"][5]["mask"]
