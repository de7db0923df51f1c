"""How unsure the mass is stands beside it once nobody is at work, and the slices to check first are a key away."""

import pytest
from playwright.sync_api import Page, expect

from scarmass.services.context import Context
from tests.browser.conftest import Server
from tests.browser.driving import reading_state, wait_for_revision
from tests.services.readings.test_sensitivity import RampSegmenter

pytestmark = pytest.mark.browser


@pytest.fixture
def context(context: Context) -> Context:
    context.segmenter = RampSegmenter()
    return context


def test_it_comes_without_moving_anything_and_names_what_to_check_first(
    page: Page, server: Server, opened: str
) -> None:
    figure = page.locator('[data-headline="spread"]')
    row = page.locator('[data-extent="by_slice_thickness"]')
    total, unsure = row.locator("[data-mass]"), row.locator("[data-spread]")
    marks = page.locator("#strip .unsure:visible")
    steady = (row, total, page.locator(".figures"), page.locator(".lower"))
    before = [place.bounding_box() for place in steady]
    assert unsure.inner_text() == ""
    expect(marks).to_have_count(3)
    assert unsure.inner_text().startswith("± ")
    assert figure.inner_text() == unsure.inner_text()
    assert [place.bounding_box() for place in steady] == before
    whole, text = row.bounding_box(), unsure.bounding_box()
    assert whole is not None
    assert text is not None
    assert text["x"] + text["width"] < whole["x"] + whole["width"]
    button = marks.first.locator("xpath=ancestor::button")
    assert "check first: ± " in (button.get_attribute("title") or "")
    assert "check first: ± " in (button.get_attribute("aria-label") or "")
    page.keyboard.press("Shift+J")
    at = reading_state(page)["index"]
    assert page.locator("#strip button").nth(at).locator(".unsure").is_visible()
    page.keyboard.press("Enter")
    wait_for_revision(page, 1)
    expect(marks).to_have_count(2)
    assert not page.locator("#strip button").nth(at).locator(".unsure").is_visible()
    assert unsure.inner_text().startswith("± ")
    assert server.reading(opened)["slices"][at]["state"] == "accepted"
