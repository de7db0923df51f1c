"""A slice thickness that the headers lack: the page has a field for it, and says that the number rests on it."""

from pathlib import Path

import httpx
import pydicom
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, open_stack
from tests.browser.test_accessibility import serious
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def without_thickness(phantom_files: list[Path], tmp_path: Path) -> list[Path]:
    paths = []
    for path in phantom_files:
        dataset = pydicom.dcmread(path)
        dataset.SliceThickness = None
        paths.append(tmp_path / path.name)
        dataset.save_as(paths[-1])
    return paths


def test_a_typed_thickness_is_taken_and_stands_beside_the_mass(
    page: Page, server: Server, without_thickness: list[Path]
) -> None:
    stack_id = server.upload(without_thickness)
    open_stack(page, server, stack_id)
    by_thickness = page.locator('[data-extent="by_slice_thickness"]')
    expect(by_thickness).to_contain_text("no SliceThickness in the header")
    page.get_by_label("Slice thickness").press_sequentially("80")
    assert server.reading(stack_id)["revision"] == 0
    page.get_by_label("Slice thickness").fill("8")
    assert not serious(page)
    page.get_by_role("button", name="Set").click()
    wait_until(lambda: httpx.get(f"{server.address}/api/v1/stacks/{stack_id}").json()["typed_thickness"] is not None)
    expect(by_thickness).to_contain_text("typed by")
    expect(page.locator("#warnings")).to_contain_text("typed 8 mm")
    grams = server.reading(stack_id)["totals"]["by_slice_thickness"]["mass_g"]
    expect(by_thickness.locator("[data-mass]")).to_have_text(f"{grams:.2f}")


def test_a_thickness_that_the_headers_have_is_not_asked_for(page: Page, opened: str) -> None:
    expect(page.get_by_label("Slice thickness")).to_be_hidden()
