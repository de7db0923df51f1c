"""The panel beside the image: its figures on one screen, the parts beneath them, and what is read out of it."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from scarmass.phantom.stack import Phantom
from tests.browser.conftest import Server, open_stack
from tests.browser.driving import reading_state, show_part, wait_for_revision
from tests.browser.test_accessibility import serious
from tests.kept import Kept
from tests.phantom_reader import PhantomReader
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

METHODS = re.compile("/readings/.*/methods")
PARTS = ("Overview", "Methods", "Slices", "History", "Readings", "Details")

SCROLLING = """() => [...document.querySelectorAll("#mass, #mass .lower > *, #mass .lower > * > *")]
  .filter((node) => node.checkVisibility() && !node.matches(".unseen"))
  .filter((node) => node.scrollHeight > node.clientHeight + 1 || node.scrollWidth > node.clientWidth + 1)
  .map((node) => `${node.id || node.className} ${node.scrollHeight} > ${node.clientHeight}`)"""


@pytest.fixture
def whole(page: Page, server: Server, kept_stack: Kept[str], demo_phantom: Phantom) -> Iterator[PhantomReader]:
    """A reading with insertion points, and the page opened on it."""
    kept_stack.put_into(server.context)
    with httpx.Client(base_url=server.address, timeout=120) as client:
        reader = PhantomReader(client, kept_stack.told, demo_phantom)
        reader.edit("landmark", landmarks=reader.points(len(reader.slices) // 2))
        open_stack(page, server, kept_stack.told)
        page.locator('[data-segment="1"]').wait_for()
        expect(page.locator("#methods tbody tr")).to_have_count(9)
        yield reader


def test_all_of_it_stands_on_one_screen_without_scrolling(page: Page, whole: PhantomReader) -> None:
    for width, height in ((1280, 720), (1366, 768), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(200)
        assert page.evaluate(SCROLLING) == []
        for shown in (".figures", ".extents", "#sensitivity", ".bulls-eye svg", "#methods table", ".finish"):
            assert page.locator(shown).is_visible(), shown
        svg = page.locator(".bulls-eye svg").bounding_box()
        assert svg is not None
        assert svg["height"] > 170


def test_the_headline_holds_the_figures_of_the_reading(page: Page, server: Server, whole: PhantomReader) -> None:
    reading = whole.reading
    totals = reading["totals"]
    expect(page.locator("[data-headline=mass]")).to_have_text(f"{totals['by_slice_thickness']['mass_g']:.1f}")
    expect(page.locator("[data-headline=percent]")).to_have_text(f"{reading['scar_percent_of_myocardium']:.1f}")
    for extent, mass in totals.items():
        expect(page.locator(f'[data-extent="{extent}"] [data-mass]')).to_have_text(f"{mass['mass_g']:.2f}")
    expect(page.locator("[data-reviewed]")).to_have_text(f"Reviewed 0 of {reading['of']}")


def test_whatever_is_shown_beneath_them_the_figures_stay_where_they_are(page: Page, whole: PhantomReader) -> None:
    steady = [page.locator(one) for one in (".figures", ".extents", "#sensitivity", ".lower", ".finish")]
    before = [place.bounding_box() for place in steady]
    for name in PARTS:
        show_part(page, name)
        expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
        page.wait_for_timeout(200)
        assert [place.bounding_box() for place in steady] == before
        assert not serious(page), "\n".join(serious(page))


def test_on_a_low_screen_the_panel_scrolls_beneath_its_figures(page: Page, whole: PhantomReader) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": 1093, "height": 614})
    page.keyboard.press("p")
    wait_until(page.locator("#mass").is_visible)
    show_part(page, "Slices")
    page.evaluate("document.getElementById('mass').scrollTo(0, 10000)")
    expect(page.locator(".figures")).to_be_in_viewport(ratio=1)


def test_the_methods_stand_where_they_will_stand_before_they_are_there(page: Page, server: Server, opened: str) -> None:
    page.route(METHODS, lambda route: None)
    open_stack(page, server, opened)
    page.get_by_text("Being worked out").wait_for()
    place = page.locator("#methods table")
    before = place.bounding_box()
    page.unroute(METHODS)
    page.keyboard.press("0")
    expect(page.locator("#methods tbody tr")).to_have_count(9)
    after = place.bounding_box()
    assert before is not None
    assert after is not None
    assert (before["x"], before["y"]) == (after["x"], after["y"])


def test_a_screen_reader_hears_the_totals_once_after_several_edits(page: Page, server: Server, opened: str) -> None:
    said = page.locator("#announced")
    expect(said).to_contain_text("LGE mass")
    page.evaluate(
        "() => { window.heard = []; new MutationObserver(() => window.heard.push(document.getElementById('announced')"
        ".textContent)).observe(document.getElementById('announced'), { childList: true }) }"
    )
    page.wait_for_timeout(3000)  # the spread has come, and has been read out
    page.evaluate("() => { window.heard = [] }")
    for _ in range(3):
        page.keyboard.press("0")
    wait_for_revision(page, 3)
    expect(said).to_contain_text("reviewed 3 of")
    heard = page.evaluate("window.heard")
    assert len(heard) == 1
    grams = server.reading(opened)["mass_g"]
    assert f"LGE mass {grams:.1f} g" in heard[0]


def test_keys_alone_reach_every_part(page: Page, server: Server, opened: str) -> None:
    page.locator("#pattern").focus()
    index = reading_state(page)["index"]
    for name in PARTS:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
    assert reading_state(page)["index"] == index
    assert server.reading(opened)["revision"] == 0
