"""From a tablet held upright to 4K nothing of the pages is cut off, and fingers find what they tap."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.conftest import Server, open_stack
from tests.browser.driving import reading_state
from tests.browser.test_accessibility import serious
from tests.kept import Kept
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

SIZES = [(820, 1180), (1180, 820), (1093, 614), (1280, 720), (1366, 768), (1920, 1080), (2560, 1440), (3840, 2160)]
"""CSS pixels; 1093 x 614 is a screen of 1366 x 768 at 125 %."""

READING_SIZES = [(390, 844), (683, 500), (768, 1024), *SIZES]
"""A reading also fits a telephone, and 1024 x 768 at 150 %."""

CUT_OFF = """() => {
  const isLeftOut = (node) => node.closest(".strip, .panel .slices, dialog, .history, .refused-rows");
  const shown = [...document.querySelectorAll("button, a, h1, h2, th, dd, .corner, .identity *, select, input")]
    .filter((node) => node.checkVisibility({ visibilityProperty: true }) && !isLeftOut(node));
  const overflows = (node) => node && node.scrollHeight > node.clientHeight;
  const scrolls = (node) => overflows(document.documentElement) || overflows(node.closest(".panel"));
  return shown.map((node) => [node, node.getBoundingClientRect()])
    .filter(([node, { left, top, right, bottom, width }]) => width &&
      (left < -1 || top < -1 || right > innerWidth + 1 || (bottom > innerHeight + 1 && !scrolls(node))))
    .map(([node]) => node.outerHTML.slice(0, 90));
}"""

SMALL_TARGETS = """() => [...document.querySelectorAll("button, .links a, select")]
  .filter((node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest("table, dialog, .link, .study"))
  .map((node) => [node.outerHTML.slice(0, 90), node.getBoundingClientRect()])
  .filter(([, { width, height }]) => width < 44 || height < 44).map(([html]) => html)"""


def cut_off(page: Page, size: tuple[int, int]) -> list[str]:
    """What of the page is cut off on a screen of this size, each after the size."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_timeout(200)
    return [f"{size[0]} x {size[1]}: {html}" for html in page.evaluate(CUT_OFF)]


def test_nothing_of_a_reading_its_panel_and_all_slices_side_by_side_is_cut_off(page: Page, opened: str) -> None:
    # A drawer on its way out is no measure.
    page.emulate_media(reduced_motion="reduce")
    for size in READING_SIZES:
        assert cut_off(page, size) == []
        if page.locator('[data-command="panel"]').is_visible():
            page.keyboard.press("p")
            wait_until(page.locator("#mass").is_visible)
            assert cut_off(page, size) == []
            page.keyboard.press("Escape")
        page.keyboard.press("a")
        page.get_by_role("button", name="Accept all shown").wait_for()
        assert cut_off(page, size) == []
        page.keyboard.press("a")
        page.get_by_role("button", name="Accept all shown").wait_for(state="hidden")


WHO = {
    "name": "Featherstonehaugh-Cholmondeley, Maximilian Bartholomew Alexander, Professor",
    "id": "UKB-2026-0004711-ABCDEFGH-01234567",
}

LONG_NAME = """(who) => {
  for (const [part, text] of Object.entries(who))
    document.querySelector(`.identity [data-patient="${part}"]`).textContent = text;
}"""

DISTURBED = """() => {
  document.getElementById("assignment").hidden = false;
  document.getElementById("assignment").textContent = "1 of 3";
  document.getElementById("saving").textContent = "The server fails: 12 changes kept here";
  document.getElementById("saving").dataset.state = "failing";
}"""

PLACES = """() => [...document.querySelectorAll(".top button, .identity, #viewport, #mass")]
  .map((node) => node.getBoundingClientRect()).map(({ left, top, height }) => [left, top, height])"""

CLIPPED = """() => [...document.querySelectorAll(".identity p, .identity p > span, .saving")]
  .filter((node) => node.scrollWidth > node.clientWidth || node.scrollHeight > node.clientHeight)
  .map((node) => node.outerHTML)"""


def test_a_long_name_widens_nothing_and_nothing_moves_when_the_page_has_more_to_say(page: Page, opened: str) -> None:
    for size in READING_SIZES:
        page.evaluate(LONG_NAME, WHO)
        page.evaluate("document.getElementById('assignment').hidden = true")
        assert cut_off(page, size) == []
        places = page.evaluate(PLACES)
        page.evaluate(DISTURBED)
        assert page.evaluate(PLACES) == places
        assert page.evaluate(CLIPPED) == []
        assert cut_off(page, size) == []


def test_nothing_of_the_worklist_is_cut_off_however_long_a_name_is(
    page: Page, server: Server, kept_stack: Kept[str]
) -> None:
    kept_stack.put_into(server.context)
    long = "_SAX_LGE_PSIR_segmented_BH_whole_heart_10min_MAG_and_more"

    def lengthen(route: Route) -> None:
        answer = route.fetch()
        body = answer.text().replace("Phantom^Anterior", f"Phantom^Anterior{long}").replace("SAX LGE magnitude", long)
        route.fulfill(response=answer, body=body)

    page.route("**/api/v1/studies?*", lengthen)
    page.goto(server.address)
    page.get_by_text("Phantom, Anterior").wait_for()
    for size in [*SIZES, (1024, 768), (390, 844)]:
        assert cut_off(page, size) == []
        name, box = (page.locator(f".stack {inner}").bounding_box() for inner in ("a", "input"))
        assert name is not None
        assert box is not None
        assert name["y"] < box["y"] + box["height"], "a name begins beside its box"


def test_a_small_laptop_has_one_row_of_tools_whichever_is_in_hand(page: Page, opened: str) -> None:
    for tool in ("v", "b", "Shift+B", "Shift+C"):
        page.keyboard.press(tool)
        row = page.locator(".tools").bounding_box()
        button = page.locator('.tools [data-command="prompt"]').bounding_box()
        assert row is not None, tool
        assert button is not None, tool
        assert row["height"] < 2 * button["height"], tool


def test_on_a_narrow_screen_the_panel_is_a_drawer(page: Page, server: Server, opened: str) -> None:
    panel = page.locator("#mass")
    assert panel.is_visible()
    page.set_viewport_size({"width": 1239, "height": 800})
    wait_until(lambda: not panel.is_visible())
    grams = server.reading(opened)["mass_g"]
    toggle = page.get_by_role("button", name=f"{grams:.2f} g")
    middle = page.locator("#viewport").bounding_box()
    toggle.click()
    wait_until(panel.is_visible)
    assert page.locator("#viewport").bounding_box() == middle
    page.wait_for_timeout(200)
    assert not serious(page)
    page.keyboard.press("Escape")
    wait_until(lambda: not panel.is_visible())
    page.keyboard.press("p")
    wait_until(panel.is_visible)
    panel.get_by_role("button", name="Slices", exact=True).focus()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement === document.body"), "Enter would press what is no longer seen"


@pytest.fixture
def tablet(browsers: Callable[[bool], Browser], server: Server, kept_stack: Kept[str]) -> Iterator[Page]:
    """The reading on a screen for fingers."""
    kept_stack.put_into(server.context)
    context = browsers(True).new_context(has_touch=True, is_mobile=True, viewport={"width": 1180, "height": 820})
    tablet = context.new_page()
    open_stack(tablet, server, kept_stack.told)
    yield tablet
    context.close()


def test_fingers_have_targets_of_44_pixels(tablet: Page, server: Server) -> None:
    assert tablet.evaluate("matchMedia('(pointer: coarse)').matches")
    assert tablet.evaluate(SMALL_TARGETS) == []
    tablet.get_by_role("button", name="No scar").tap()
    wait_until(lambda: reading_state(tablet)["reading"]["revision"] == 1)
    for size in ((820, 1180), (768, 1024), (683, 500), (390, 844), (360, 740)):
        assert cut_off(tablet, size) == []
        assert tablet.evaluate(SMALL_TARGETS) == []
        left, right = (tablet.locator(f".images > .image > .top-{side}").bounding_box() for side in ("left", "right"))
        assert left
        assert right
        assert left["x"] + left["width"] <= right["x"]
    tablet.goto(server.address)
    tablet.get_by_text("Phantom, Anterior").wait_for()
    assert tablet.evaluate(SMALL_TARGETS) == []
    assert tablet.evaluate(CUT_OFF) == []
