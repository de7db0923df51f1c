"""The study's other stacks beside the image: listed and opened on demand, looked at, and never edited."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect
from pydicom.uid import generate_uid

from scarmass.services.context import Context
from tests.browser.conftest import Server, open_stack
from tests.browser.driving import client_point, intercept, reading_state
from tests.browser.test_accessibility import serious
from tests.conftest import UNCONFINED, upload
from tests.fakes import EchoSegmenter
from tests.kept import Kept
from tests.services.readings.driving import prepared
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

PHASES = 5


@pytest.fixture(scope="module")
def long_axis(phantom_files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A cine of one image through the phantom's middle, its columns along the stack's normal."""
    first, last = (pydicom.dcmread(path) for path in (phantom_files[0], phantom_files[-1]))
    right, down = np.reshape(first.ImageOrientationPatient, (2, 3)).astype(float)
    normal = np.cross(right, down)
    corner = np.array(first.ImagePositionPatient, float)
    middle = corner + down * float(first.PixelSpacing[0]) * first.Rows / 2
    ends = [float(normal @ np.array(one.ImagePositionPatient, float)) for one in (first, last)]
    series = generate_uid()
    folder, paths = tmp_path_factory.mktemp("long_axis"), []
    for phase in range(PHASES):
        one = pydicom.dcmread(phantom_files[0])
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        one.SeriesInstanceUID, one.SeriesNumber, one.SeriesDescription = series, 99, "cine 4ch"
        one.TriggerTime, one.InstanceNumber = 40 * phase, phase + 1
        one.ImageOrientationPatient = [*right, *normal]
        reach_mm = one.Rows * float(one.PixelSpacing[0])
        start = middle + normal * (sum(ends) / 2 - float(normal @ middle) - reach_mm / 2)
        one.ImagePositionPatient = [round(float(at), 4) for at in start]
        one.WindowCenter, one.WindowWidth = 500, 1000
        paths.append(folder / f"long_{phase}.dcm")
        one.save_as(paths[-1])
    return paths


@pytest.fixture(scope="module")
def kept_axes(keeping: Callable[..., Kept[str]], phantom_files: list[Path], long_axis: list[Path]) -> Kept[str]:
    """The phantom with that cine, prepared; told by the id of its stack."""

    def happens(client: TestClient, context: Context) -> str:
        context.wall = UNCONFINED
        stack_id = upload(client, [*phantom_files, *long_axis])["studies"][0]["stacks"][0]["stack_id"]
        prepared(client, stack_id)
        return stack_id

    return keeping(EchoSegmenter(), happens)


@pytest.fixture
def short_axis(page: Page, server: Server, kept_axes: Kept[str]) -> str:
    """That stack, opened."""
    kept_axes.put_into(server.context)
    open_stack(page, server, kept_axes.told)
    return kept_axes.told


def requests_of(page: Page) -> list[str]:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    return sent


def marked(page: Page, canvas: str) -> list[int]:
    """Where a canvas is drawn on: left, top, right and bottom of it in parts of a thousand, or nothing."""
    return page.evaluate(
        """(name) => {
          const canvas = document.querySelector(name);
          const { width, height } = canvas;
          const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
          const at = [];
          for (let i = 0; i < width * height; i++)
            if (data[4 * i + 3] > 200) at.push([i % width / width, Math.floor(i / width) / height]);
          const of = (axis, pick) => Math.round(1000 * pick(...at.map((each) => each[axis])));
          return at.length ? [of(0, Math.min), of(1, Math.min), of(0, Math.max), of(1, Math.max)] : [];
        }""",
        canvas,
    )


def open_cine(page: Page) -> None:
    page.keyboard.press("4")
    page.get_by_role("button", name="cine 4ch").click()
    expect(page.locator('[data-other="place"]')).to_have_text(f"Image 3 / {PHASES}")
    wait_until(lambda: page.locator(".other-viewport").get_attribute("data-shown") == "2")


def test_a_view_is_opened_beside_the_image_scrolled_and_closed_and_the_image_is_as_before(
    page: Page, server: Server, phantom_files: list[Path], long_axis: list[Path]
) -> None:
    # Stored and prepared here, so that this segmenter has embedded all that it will of the stack.
    open_stack(page, server, server.upload([*phantom_files, *long_axis]))
    sent = requests_of(page)
    before = [client_point(page, x, y) for x, y in ((100, 100), (150, 120))]
    embedded = list(server.context.segmenter.embedded)  # type: ignore[attr-defined]
    assert isinstance(server.context.segmenter, EchoSegmenter)
    open_cine(page)
    assert client_point(page, 100, 100) != before[0]
    assert not serious(page)
    index, revision = reading_state(page)["index"], reading_state(page)["reading"]["revision"]
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-other="phase"]')).to_have_text(f"phase 4 of {PHASES}")
    viewport = page.locator(".other-viewport")
    viewport.hover()
    page.mouse.wheel(0, 120)
    expect(page.locator('[data-other="phase"]')).to_have_text(f"phase 5 of {PHASES}")
    window = page.locator('[data-other="window"]').inner_text()
    box = viewport.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 130)
    page.mouse.up()
    wait_until(lambda: page.locator('[data-other="window"]').inner_text() != window)
    page.keyboard.press("Escape")
    expect(page.locator("#other-views")).to_be_hidden()
    page.keyboard.press("4")
    expect(page.locator("#other-views")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#other-views")).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#viewport")).to_be_focused()
    wait_until(lambda: np.allclose([client_point(page, x, y) for x, y in ((100, 100), (150, 120))], before, atol=1e-6))
    assert (reading_state(page)["index"], reading_state(page)["reading"]["revision"]) == (index, revision)
    assert [one for one in sent if not one.startswith("GET ")] == []
    assert server.context.segmenter.embedded == embedded


def test_nothing_of_other_views_is_loaded_before_one_is_opened(
    page: Page, server: Server, kept_axes: Kept[str], long_axis: list[Path]
) -> None:
    kept_axes.put_into(server.context)
    uids = [str(pydicom.dcmread(path, specific_tags=["SOPInstanceUID"]).SOPInstanceUID) for path in long_axis]
    sent = requests_of(page)
    open_stack(page, server, kept_axes.told)
    page.keyboard.press("4")
    page.get_by_role("button", name="cine 4ch").wait_for()
    assert not [url for url in sent if any(uid in url for uid in uids)]


def test_each_image_shows_where_the_other_one_cuts_it(page: Page, short_axis: str) -> None:
    assert marked(page, "#cut") == []
    open_cine(page)
    wait_until(lambda: marked(page, "#cut"))
    left, top, right, bottom = marked(page, "#cut")
    middle = client_point(page, 0, 128)[1]
    box = page.locator("#cut").bounding_box()
    assert box is not None
    assert (top + bottom) / 2000 * box["height"] + box["y"] == pytest.approx(middle, abs=2)
    assert right - left > 800
    here = marked(page, ".other-cut")
    page.locator("#viewport").click(button="middle")
    page.locator("#viewport").focus()
    page.keyboard.press("ArrowRight")
    wait_until(lambda: marked(page, ".other-cut")[1] > here[1])
    page.keyboard.press("4")
    assert marked(page, "#cut") == []


def test_what_lies_along_the_slices_is_shown_where_the_reader_is(
    page: Page, server: Server, phantom_files: list[Path], tmp_path: Path
) -> None:
    series = generate_uid()
    paths = [tmp_path / path.name for path in phantom_files]
    for path, source in zip(paths, phantom_files, strict=True):
        one = pydicom.dcmread(source)
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        one.SeriesInstanceUID, one.SeriesNumber, one.SeriesDescription = series, 98, "T2 map"
        one.save_as(path)
    open_stack(page, server, server.upload([*phantom_files, *paths]))
    page.keyboard.press("4")
    page.get_by_role("button", name="T2 map").click()
    place, here = page.locator('[data-other="place"]'), reading_state(page)["index"] + 1
    expect(place).to_have_text(f"Image {here} / {len(paths)}")
    page.locator("#viewport").focus()
    page.keyboard.press("ArrowRight")
    expect(place).to_have_text(f"Image {here + 1} / {len(paths)}")


def test_an_image_that_does_not_come_is_spoken_of(page: Page, short_axis: str) -> None:
    intercept(page, "**/pixels", lambda route: route.fulfill(status=422, json={"detail": "the pixel data is damaged"}))
    page.keyboard.press("4")
    page.get_by_role("button", name="cine 4ch").click()
    expect(page.locator('[data-other="said"]')).to_have_text("Image 3 cannot be shown: the pixel data is damaged")


def test_a_study_of_one_stack_says_so(page: Page, opened: str) -> None:
    page.get_by_role("button", name="Other views of the study").click()
    expect(page.get_by_text("The study has no other images.")).to_be_visible()
