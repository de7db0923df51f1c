"""The pattern on the page: LGE mass until a reader says otherwise, by one key or the mouse, each word one undo."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.driving import reading_state, show_part, wait_for_revision
from tests.browser.test_accessibility import serious
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def test_the_grams_are_of_lge_until_a_reader_states_an_infarct(page: Page, server: Server, opened: str) -> None:
    name, select = page.locator("[data-mass-name]"), page.get_by_label("Pattern")
    expect(name).to_have_text("LGE mass")
    before = reading_state(page)["reading"]["revision"]
    page.keyboard.press("5")
    expect(select).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_for_revision(page, before + 1)
    stated = server.reading(opened)["pattern"]
    assert (stated["layer"], stated["ischaemic"]) == ("subendocardial", True)
    expect(name).to_have_text("Infarct mass")
    expect(select).not_to_be_focused()
    page.keyboard.press("z")
    wait_until(lambda: server.reading(opened)["pattern"] is None)
    page.get_by_text("Undone.").wait_for()
    expect(name).to_have_text("LGE mass")
    expect(select.locator("option:checked")).to_contain_text("not stated")


def test_stepping_through_the_patterns_is_one_word_and_escape_none(page: Page, server: Server, opened: str) -> None:
    before = reading_state(page)["reading"]["revision"]
    for keys in (["ArrowDown"] * 4, ["t"]):  # a letter goes to the pattern that begins so
        page.keyboard.press("5")
        for key in keys:
            page.keyboard.press(key)
        expect(page.get_by_label("Pattern").locator("option:checked")).not_to_contain_text("not stated")
        page.keyboard.press("Escape")
    page.keyboard.press("5")
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_for_revision(page, before + 1)
    stated = server.reading(opened)["pattern"]
    assert (stated["layer"], stated["ischaemic"]) == ("mid_wall", False)
    expect(page.locator("[data-mass-name]")).to_have_text("LGE mass")
    show_part(page, "History")
    page.get_by_text("pattern: mid-wall, non-ischaemic").wait_for()


def test_a_choice_by_mouse_counts_at_once_and_leaves_the_keys_to_the_page(
    page: Page, server: Server, opened: str
) -> None:
    before = reading_state(page)["reading"]["revision"]
    page.get_by_label("Pattern").select_option(label="transmural, ischaemic")
    wait_for_revision(page, before + 1)
    page.keyboard.press("ArrowRight")
    assert server.reading(opened)["revision"] == before + 1
    assert not serious(page), "\n".join(serious(page))


def test_the_layer_is_proposed_once_the_wall_is_contoured(page: Page, contoured: str) -> None:
    select = page.get_by_label("Pattern")
    expect(select.locator("option").first).to_have_text("not stated; proposed: transmural")
    assert "Typical of ischaemic disease." in str(select.get_attribute("title"))
