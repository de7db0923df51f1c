"""The 17 segments on the page: insertion points by mouse, the bull's-eye beside the image, what it lights up."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from scarmass.domain.structures import Structure
from scarmass.phantom.demonstration import demo_studies
from scarmass.phantom.stack import Phantom
from tests.browser.conftest import Server, open_stack
from tests.browser.driving import client_point, drag, reading_state, show_part, wait_for_revision
from tests.browser.test_accessibility import serious
from tests.phantom_reader import PhantomReader
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

MARKED_ON = 5


@pytest.fixture
def reader(server: Server, contoured: str, demo_phantom: Phantom) -> Iterator[PhantomReader]:
    """Whose contours the reading has that the page shows."""
    with httpx.Client(base_url=server.address, timeout=120) as client:
        yield PhantomReader(client, contoured, demo_phantom)


def marked(page: Page) -> dict:
    return reading_state(page)["reading"]["landmarks"]


def xy(place: dict) -> tuple[float, float]:
    return place["x"], place["y"]


def mark(page: Page, reader: PhantomReader) -> None:
    """Both insertion points, by two clicks where the phantom has them."""
    page.keyboard.press("Shift+L")
    for name, place in reader.points(MARKED_ON).items():
        page.mouse.click(*client_point(page, *xy(place)))
        wait_until(lambda name=name: marked(page)[name])


def test_before_they_are_marked_nothing_is_asked_for_that_needs_them(
    page: Page, server: Server, contoured: str, reader: PhantomReader
) -> None:
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 409 else None)
    open_stack(page, server, contoured)
    page.get_by_text("Mark where the right ventricle meets").wait_for()
    page.wait_for_load_state("networkidle")
    assert refused == []


def test_two_clicks_mark_the_insertion_points_a_drag_moves_one_and_each_is_one_undo(
    page: Page, reader: PhantomReader
) -> None:
    before = reader.reading["revision"]
    mark(page, reader)
    wait_for_revision(page, before + 2)
    stored = reader.reading["landmarks"]
    for name, place in reader.points(reading_state(page)["index"]).items():
        assert xy(stored[name]) == pytest.approx(xy(place), abs=8)
    page.mouse.click(*client_point(page, 40, 40))
    assert reader.reading["revision"] == before + 2
    assert "Both insertion points are marked" in page.locator("#messages").inner_text()
    start = xy(stored["inferior_insertion"])
    drag(page, start, (start[0] + 6, start[1] - 4))
    wait_for_revision(page, before + 3)
    assert xy(reader.reading["landmarks"]["inferior_insertion"]) == pytest.approx((start[0] + 6, start[1] - 4), abs=0.6)
    assert reader.reading["landmarks"]["anterior_insertion"] == stored["anterior_insertion"]
    page.keyboard.press("z")
    wait_until(lambda: reader.reading["landmarks"] == stored)
    page.keyboard.press("z")
    wait_until(lambda: reader.reading["landmarks"]["inferior_insertion"] is None)


def test_the_bulls_eye_lights_what_is_pointed_at_and_a_click_goes_to_a_slice_of_it(
    page: Page, reader: PhantomReader
) -> None:
    page.get_by_text("Mark where the right ventricle meets").wait_for()
    mark(page, reader)
    sector = page.locator('[data-segment="13"]')
    sector.wait_for()
    told = reader.get("segments17")
    assert told[12]["name"] in str(sector.get_attribute("aria-label"))
    sector.locator("path").hover()
    lit = page.locator('#strip button[data-lit="true"]')
    assert lit.count() == len(told[12]["slices"])
    sector.locator("path").click()
    apical = {one["sop_instance_uid"] for one in told[12]["slices"]}
    wait_until(lambda: reader.slices[reading_state(page)["index"]]["sop_instance_uid"] in apical)
    page.mouse.move(5, 5)
    wait_until(lambda: lit.count() == 0)
    sector.focus()
    assert lit.count() == len(told[12]["slices"])
    show_part(page, "Slices")
    page.locator(".by-segment summary").click()
    rows = page.locator('[data-segments="table"] tr')
    assert rows.count() == 17
    grams, percent = told[12]["mass"]["by_slice_thickness"]["mass_g"], told[12]["percent_scar"]
    cells = [told[12]["transmurality_class"] + " %", told[12]["viability"]]
    shown = rows.nth(12).locator("td").all_inner_texts()
    assert shown[:4] == [f"{grams:.2f}", f"{percent:.0f}", *cells]
    show_part(page, "Overview")
    sector.focus()
    first = reading_state(page)["index"]
    page.keyboard.press("Enter")
    wait_until(lambda: reading_state(page)["index"] != first)
    assert not serious(page), "\n".join(serious(page))


def test_proposed_points_are_marked_by_a_button_and_taken_back_by_one_undo(
    page: Page, server: Server, tmp_path: Path
) -> None:
    client = httpx.Client(base_url=server.address, timeout=120)
    reader = PhantomReader.of(client, next(demo_studies()), tmp_path)
    reader.contour((Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL))
    open_stack(page, server, reader.reading["stack_id"])
    button = page.get_by_role("button", name="Propose them")
    button.click()
    page.locator('[data-segment="1"]').wait_for()
    assert not button.is_visible()
    assert reader.reading["landmarks"] == reader.get("landmarks/proposed")
    page.keyboard.press("z")
    wait_until(lambda: reader.reading["landmarks"]["anterior_insertion"] is None)
    button.wait_for()


def test_a_border_of_the_levels_is_moved_by_naming_its_first_slice(page: Page, reader: PhantomReader) -> None:
    mark(page, reader)
    page.locator('[data-segment="1"]').wait_for()
    show_part(page, "Slices")
    page.locator('[data-border="first_mid"]').select_option(label="9")
    wait_until(lambda: reader.reading["levels"]["first_mid"] == reader.slices[8])
    page.get_by_text("Base: slices 10.").wait_for()
    levels = [each["level"] for each in reader.get("segments17/levels")["slices"]]
    assert levels == ["apical"] * 3 + ["mid"] * 6 + ["base"]
