"""The user guide's pictures: a phantom patient read from the worklist to the report, with one picture on the way each.

python -m tests.browser.user_guide http://127.0.0.1:8000 docs/user_guide

The server holds the demonstration studies as `make run` loads them, none read yet; the first is signed in the end.
"""

import argparse
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

from PIL import Image
from playwright.sync_api import FilePayload, Page, ViewportSize, sync_playwright

from tests.browser.chromium import FLAGS, installed_chromium
from tests.browser.driving import drag, reading_state, wait_until_prepared
from tests.imaging.segmentation_objects import of_a_core_lab
from tests.waiting import wait_until

SIZE: ViewportSize = {"width": 1366, "height": 768}
PATIENT = "PHANTOM-001"
COLOURS = 256

Scene = Callable[[Page], None]


def worklist(page: Page) -> None:
    page.get_by_text(PATIENT).wait_for()


def proposals(page: Page) -> None:
    """A stack is open and every slice has its proposal."""
    page.get_by_text(PATIENT).click()
    page.wait_for_url("**/stacks/*")
    wait_until_prepared(page)


def correction(page: Page) -> None:
    """A box round the scar of this slice, and a point that takes from it."""
    index = reading_state(page)["index"]
    page.keyboard.press("c")
    _wait_for_an_edit(page)
    drag(page, (95, 85), (150, 150))
    _wait_for_an_edit(page)
    wait_until(lambda: reading_state(page)["index"] == index)


def side_by_side(page: Page) -> None:
    page.keyboard.press("z")
    _wait_for_an_edit(page)
    page.keyboard.press("z")
    _wait_for_an_edit(page)
    page.keyboard.press("a")
    page.get_by_role("button", name="Accept all shown").wait_for()


def contours(page: Page) -> None:
    page.keyboard.press("a")
    page.keyboard.press("Shift+C")


def segments(page: Page) -> None:
    page.keyboard.press("Shift+L")
    page.get_by_role("button", name="Propose them").click()
    page.locator('[data-segment="1"]').wait_for()


def methods(page: Page) -> None:
    """One method is chosen: its outline is on the image, and can be adopted."""
    page.locator("#methods tbody tr").first.wait_for()
    page.keyboard.press("7")
    page.locator("#methods tbody tr button").first.click()


def segmentation(page: Page) -> None:
    """A core lab's lies beside the study, some of its frames between the slices: it can be taken over."""
    reading, studies = reading_state(page)["reading"]["id"], urljoin(page.url, "/api/v1/studies")
    exported = page.request.get(urljoin(page.url, f"/api/v1/readings/{reading}/export?format=seg")).body()
    seg: FilePayload = {"name": "seg.dcm", "mimeType": "application/dicom", "buffer": of_a_core_lab(exported, 4.0)}
    assert page.request.post(studies, multipart={"files": seg}).ok
    page.keyboard.press("Shift+G")
    wait_until(page.get_by_role("button", name="Take over", exact=True).is_enabled)


def signature(page: Page) -> None:
    """Everything is accepted, and the first of the two words that sign is said."""
    page.keyboard.press("Escape")
    page.keyboard.press("7")
    page.keyboard.press("v")
    page.keyboard.press("a")
    page.get_by_role("button", name="Accept all shown").wait_for()
    page.keyboard.press("Shift+A")
    _wait_for_an_edit(page)
    page.keyboard.press("a")
    page.keyboard.press("Shift+S")
    page.get_by_text("Press again to sign").wait_for()


def report(page: Page) -> None:
    address = page.url
    page.keyboard.press("Shift+S")
    wait_until(lambda: page.url != address or reading_state(page)["reading"]["state"] == "signed")
    page.goto(address)
    wait_until(lambda: (reading_state(page).get("reading") or {}).get("state") == "signed")
    page.keyboard.press("Shift+E")
    page.wait_for_url("**/report?language=*")
    page.locator("h1").wait_for()


SCENES: tuple[Scene, ...] = (
    worklist, proposals, correction, side_by_side, contours, segments, methods, segmentation, signature, report,
)  # fmt: skip


def take_pictures(page: Page, address: str, folder: Path) -> Iterator[Path]:
    """A picture after each scene, named after it: folder/scene.png."""
    page.set_viewport_size(SIZE)
    page.emulate_media(reduced_motion="reduce")
    page.goto(address)
    for scene in SCENES:
        scene(page)
        page.mouse.move(*_beside_the_image(page))
        page.wait_for_timeout(500)
        path = folder / f"{scene.__name__}.png"
        # A palette is a third of the bytes, and the page has few colours.
        with Image.open(io.BytesIO(page.screenshot())) as picture:
            picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)
        yield path


def _wait_for_an_edit(page: Page) -> None:
    """What was just done is stored."""
    page.wait_for_timeout(150)
    wait_until(lambda: page.locator("#saving").inner_text() == "All changes saved")


def _beside_the_image(page: Page) -> tuple[float, float]:
    return (SIZE["width"] / 2, 2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed_chromium(), args=FLAGS)
        for picture in take_pictures(browser.new_page(), arguments.address, arguments.folder):
            print(picture)
