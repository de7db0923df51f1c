"""Readers' reference methods on the page: compared, shown on the image, resting on placed regions, adopted, undone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect

from scarmass.domain.masks import to_rle
from scarmass.domain.structures import Structure
from scarmass.phantom.stack import Phantom
from scarmass.services.context import Context
from tests.api.test_readings import edit
from tests.browser.conftest import Server, open_stack
from tests.browser.driving import drag, reading_state, show_part, wait_for_revision
from tests.browser.test_accessibility import serious
from tests.conftest import UNCONFINED, upload
from tests.fakes import WithoutOutlines
from tests.kept import Kept
from tests.services.readings.driving import prepared
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

CONTOURED = range(3, 7)
AT = 4
REVISION = 2 * len(CONTOURED)


@pytest.fixture
def context(context: Context) -> Context:
    context.segmenter = WithoutOutlines()
    return context


@pytest.fixture(scope="module")
def kept_contours(keeping: Callable[..., Kept[str]], phantom_files: list[Path], demo_phantom: Phantom) -> Kept[str]:
    """The stack, told by its id, whose reading has its true contours on some slices."""

    def happens(client: TestClient, context: Context) -> str:
        context.wall = UNCONFINED
        stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
        reading = prepared(client, stack_id)
        outlines = [(index, one) for index in CONTOURED for one in (Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL)]
        for revision, (index, structure) in enumerate(outlines):
            painted = to_rle(demo_phantom.masks[structure][index])
            answer = edit(client, reading, revision, "paint", index, structure=structure.value, mask=painted)
            assert answer["revision"] == revision + 1
        return stack_id

    return keeping(WithoutOutlines(), happens)


@pytest.fixture
def stack(page: Page, server: Server, kept_contours: Kept[str]) -> str:
    """That stack, the page on a slice in the middle of those that have their contours."""
    kept_contours.put_into(server.context)
    open_stack(page, server, kept_contours.told)
    page.locator("#strip button").nth(AT).click()
    wait_until(lambda: reading_state(page)["shown"] == AT)
    return kept_contours.told


def test_a_method_is_compared_shown_adopted_and_taken_back(page: Page, server: Server, stack: str) -> None:
    panel = page.locator("#methods")
    show_part(page, "Methods")
    expect(panel.locator("tbody tr")).to_have_count(9)
    assert panel.locator("tbody th").all_inner_texts()[:4] == ["2 SD", "3 SD", "5 SD", "6 SD"]
    assert reading_state(page)["methodMask"] is None
    adopt = panel.get_by_role("button", name="Adopt on this slice")
    expect(adopt).to_be_disabled()
    panel.get_by_role("button", name="5 SD").click()
    wait_until(lambda: reading_state(page)["methodMask"])
    mask = reading_state(page)["methodMask"]
    expect(panel.locator("[data-methods=label]")).to_contain_text(
        "g by slice spacing. Not measured: slices 1, 2, 3, 8, 9, 10"
    )
    expect(panel.locator("[data-methods=label]")).to_contain_text("5 SD above remote myocardium: ")
    assert not serious(page), "\n".join(serious(page))
    expect(adopt).to_be_enabled()
    adopt.click()
    wait_for_revision(page, REVISION + 1)
    adopted = server.reading(stack)["slices"][AT]
    scar = adopted["segments"]["scar"]
    assert (adopted["state"], scar["origin"], scar["mask"]) == ("edited", "threshold", mask)
    expect(page.locator("[data-corner=prompt]")).to_have_text("5 SD above remote myocardium")
    show_part(page, "History")
    expect(page.locator("#history li").first).to_contain_text("slice 5: 5 SD above remote myocardium")
    page.keyboard.press("Control+z")
    wait_for_revision(page, REVISION + 2)
    assert server.reading(stack)["slices"][AT]["state"] == "proposed"


def test_the_stack_is_adopted_in_one_step_and_decided_slices_stay(page: Page, server: Server, stack: str) -> None:
    page.keyboard.press("Enter")
    wait_for_revision(page, REVISION + 1)
    before = server.reading(stack)
    page.keyboard.press("7")
    page.locator("#methods").get_by_role("button", name="Otsu").click()
    page.locator("#methods").get_by_role("button", name="Adopt on the stack").click()
    wait_for_revision(page, REVISION + 2)
    after = server.reading(stack)["slices"]
    assert [one["segments"]["scar"]["origin"] for one in after[2:8]] == [
        "proposed",
        "threshold",
        "proposed",
        "threshold",
        "threshold",
        "proposed",
    ]
    page.keyboard.press("z")
    wait_for_revision(page, REVISION + 3)
    assert server.reading(stack)["totals"] == before["totals"]


def test_a_placed_region_moves_the_threshold_of_its_slice_and_is_kept(
    page: Page, server: Server, stack: str, demo_phantom: Phantom
) -> None:
    panel = page.locator("#methods")
    page.keyboard.press("7")
    panel.get_by_role("button", name="3 SD").click()
    wait_until(lambda: reading_state(page)["methodMask"])
    proposed = reading_state(page)["methodMask"]
    page.keyboard.press("8")
    rows, columns = np.nonzero(demo_phantom.masks[Structure.SCAR][AT])
    middle = (float(columns[0]) + 0.5, float(rows[0]) + 0.5)
    drag(page, middle, (middle[0] + 5, middle[1]))
    wait_until(lambda: reading_state(page)["methodMask"] not in (None, proposed))
    expect(panel.locator("table")).to_have_attribute("aria-busy", "false")
    (region,) = reading_state(page)["regions"]
    spacing_mm = server.reading(stack)["images"][AT]["pixel_spacing_mm"][1]
    assert (region["region"], region["radius_mm"]) == ("remote", pytest.approx(5 * spacing_mm, rel=0.1))
    assert (region["x"], region["y"]) == pytest.approx(middle, abs=0.6)
    expect(panel.locator("[data-methods=placed]")).to_contain_text("remote placed, hyperenhanced proposed")
    assert server.reading(stack)["revision"] == REVISION
    page.reload()
    wait_until(lambda: reading_state(page).get("reading"))
    assert reading_state(page)["regions"] == [region]


def test_the_panel_says_why_without_contours_there_is_nothing_to_compare(page: Page, opened: str) -> None:
    page.keyboard.press("7")
    expect(page.locator("[data-methods=said]")).to_contain_text(
        "the left ventricle and its blood pool are not outlined"
    )
    expect(page.get_by_role("button", name="Adopt on the stack")).to_be_disabled()


def test_keys_alone_choose_a_method_place_a_region_and_adopt(page: Page, server: Server, stack: str) -> None:
    page.keyboard.press("7")
    row = page.locator("#methods").get_by_role("button", name="6 SD")
    row.focus()
    page.keyboard.press("Space")
    expect(row).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("9")
    page.keyboard.press("k")
    for key in ("Space", "Shift+ArrowRight", "Space", "Escape"):
        page.keyboard.press(key)
    wait_until(lambda: [one["region"] for one in reading_state(page)["regions"]] == ["hyperenhanced"])
    adopt = page.locator("#methods").get_by_role("button", name="Adopt on this slice")
    expect(adopt).to_be_enabled()
    adopt.focus()
    page.keyboard.press("Enter")
    wait_for_revision(page, REVISION + 1)
    assert server.reading(stack)["slices"][AT]["segments"]["scar"]["method"]["n"] == 6
