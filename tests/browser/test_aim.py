"""A click lands on the pixel it was aimed at.

The aim is independent of the page's own arithmetic: a single bright pixel of a non-square, oblique image is looked
for in the screenshot, clicked, and must come back as the one pixel of the echoed mask.
"""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from scarmass.domain.geometry import SlicePlane
from scarmass.domain.masks import components, from_rle
from scarmass.domain.stack import Contrast
from scarmass.imaging.mr.write import Series, write_mr_series
from scarmass.phantom.demonstration import OBLIQUE
from tests.browser.conftest import Server, open_stack
from tests.browser.driving import wait_for_revision, wait_until_prepared

pytestmark = pytest.mark.browser

ROWS, COLUMNS = 120, 200
ROW, COLUMN = 63, 93


@pytest.fixture
def star(tmp_path: Path) -> list[Path]:
    """Three slices of grey, each with one bright pixel in the same place."""
    values = np.full((3, ROWS, COLUMNS), 300, np.int16)
    values[:, ROW, COLUMN] = 1000
    values[:, 0, 0] = 0
    normal = np.cross(OBLIQUE[:3], OBLIQUE[3:])
    planes = [
        SlicePlane(ROWS, COLUMNS, tuple(10.0 * n * normal), OBLIQUE, (2.0, 1.2), 8.0)  # type: ignore[arg-type]
        for n in range(3)
    ]
    series = Series(
        study_seed="star",
        patient_name="Phantom^Star",
        patient_id="STAR",
        contrast=Contrast.MAGNITUDE,
        series_description="SAX LGE",
        derivation="Simulated: one bright pixel",
    )
    return write_mr_series(tmp_path / "star", values, planes, series)


def brightest_spot(page: Page) -> tuple[float, float]:
    """Client coordinates of the middle of the bright pixel, from a screenshot of the middle of the image."""
    box = page.locator("#viewport").bounding_box()
    assert box is not None
    shown = np.asarray(Image.open(BytesIO(page.screenshot())).convert("RGB")).astype(int)
    rows = slice(int(box["y"] + box["height"] * 0.2), int(box["y"] + box["height"] * 0.8))
    columns = slice(int(box["x"] + box["width"] * 0.2), int(box["x"] + box["width"] * 0.8))
    # The overlay's colours are saturated, the image's pixels are grey.
    grey = np.where(np.ptp(shown, axis=2) < 12, shown.min(axis=2), 0)[rows, columns]
    y, x = np.argwhere(components(grey > 0.75 * grey.max())[0]).mean(axis=0)
    return columns.start + float(x) + 0.5, rows.start + float(y) + 0.5


@pytest.mark.parametrize("page", [False], indirect=True)
def test_the_browser_without_webgl_has_none(page: Page) -> None:
    page.goto("about:blank")
    assert page.evaluate("() => document.createElement('canvas').getContext('webgl2')") is None


@pytest.mark.parametrize("page", [True, False], indirect=True, ids=["WebGL", "without WebGL"])
def test_a_click_on_the_bright_pixel_is_a_click_on_that_pixel_at_three_zooms(
    page: Page, server: Server, star: list[Path]
) -> None:
    stack_id = server.upload(star)
    open_stack(page, server, stack_id)
    for revision, zoom_steps in ((1, 0), (3, 2), (5, 3)):
        page.keyboard.press("c")
        wait_for_revision(page, revision)
        for _ in range(zoom_steps):
            page.keyboard.press("+")
        page.mouse.move(5, 5)
        page.wait_for_timeout(300)
        page.mouse.click(*brightest_spot(page))
        wait_for_revision(page, revision + 1)
        mask = from_rle(server.reading(stack_id)["slices"][1]["mask"])
        assert np.argwhere(mask).tolist() == [[ROW, COLUMN]]


@pytest.mark.parametrize("page", [True, False], indirect=True, ids=["WebGL", "without WebGL"])
def test_a_click_on_the_bright_pixel_is_a_click_on_that_pixel_whenever_the_image_changes_its_size(
    page: Page, server: Server, star: list[Path]
) -> None:
    """Before the first image, turned, beside other views, and on a screen with other pixels."""
    stack_id = server.upload(star)
    page.set_viewport_size({"width": 1250, "height": 768})
    page.route("**/pixels", lambda held: None)  # until it is no longer routed
    with page.expect_request("**/pixels"):
        page.goto(f"{server.address}/stacks/{stack_id}")
    page.set_viewport_size({"width": 1366, "height": 800})
    page.wait_for_timeout(200)
    page.unroute("**/pixels")
    wait_until_prepared(page)

    def hit(at: tuple[float, float], revision: int) -> None:
        page.mouse.click(*at)
        wait_for_revision(page, revision)
        mask = from_rle(server.reading(stack_id)["slices"][1]["mask"])
        assert np.argwhere(mask).tolist() == [[ROW, COLUMN]]
        page.keyboard.press("c")
        wait_for_revision(page, revision + 1)

    def aim() -> tuple[float, float]:
        page.mouse.move(5, 5)
        page.wait_for_timeout(300)
        return brightest_spot(page)

    page.keyboard.press("c")
    wait_for_revision(page, 1)
    hit(aim(), 2)
    page.keyboard.press("4")
    hit(aim(), 4)
    page.keyboard.press("q")
    page.set_viewport_size({"width": 1500, "height": 700})
    at = aim()
    hit(at, 6)
    metrics = {"width": 1500, "height": 700, "deviceScaleFactor": 2, "mobile": False}
    page.context.new_cdp_session(page).send("Emulation.setDeviceMetricsOverride", metrics)
    page.emulate_media(reduced_motion="reduce")  # so that it looks at its media queries again
    page.wait_for_timeout(200)
    hit(at, 8)
