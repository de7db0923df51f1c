"""Two images of one position: where the warning stands, the reader takes the other one, and undo takes it back."""

from pathlib import Path

import pydicom
import pytest
from playwright.sync_api import Page, expect
from pydicom.uid import generate_uid

from tests.browser.conftest import Server, open_stack
from tests.browser.driving import reading_state, show_part
from tests.browser.test_accessibility import serious
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

AT = 2


@pytest.fixture
def twice(phantom_files: list[Path], tmp_path: Path) -> list[Path]:
    """The phantom, whose third slice was imaged again."""
    paths = []
    for number, path in enumerate([*phantom_files, phantom_files[AT]]):
        one = pydicom.dcmread(path)
        one.AcquisitionTime = f"1000{number:02}"
        if number == len(phantom_files):
            one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        paths.append(tmp_path / f"{number}.dcm")
        one.save_as(paths[-1])
    return paths


def used(page: Page) -> str:
    return reading_state(page)["reading"]["slices"][AT]["sop_instance_uid"]


def test_the_earlier_image_is_taken_and_the_later_one_comes_back_with_undo(
    page: Page, server: Server, twice: list[Path]
) -> None:
    first, again = (str(pydicom.dcmread(path).SOPInstanceUID) for path in (twice[AT], twice[-1]))
    stack_id = server.upload(twice)
    open_stack(page, server, stack_id)
    assert used(page) == again
    warnings = page.locator("#warnings")
    expect(warnings).to_contain_text("Slice 3: the later image (10:00:10) of 2 is used.")
    assert not serious(page)
    before = reading_state(page)["index"]
    show_part(page, "Details")
    page.get_by_role("button", name="Use the earlier image (10:00:02)").click()
    expect(warnings).to_contain_text("Slice 3: the earlier image (10:00:02) of 2 is used.")
    wait_until(lambda: reading_state(page)["reading"]["slices"][AT]["state"] == "proposed")
    wait_until(lambda: reading_state(page)["reading"]["state"] == "draft")
    assert used(page) == first == server.reading(stack_id)["images"][AT]["sop_instance_uid"]
    assert reading_state(page)["index"] == before
    page.keyboard.press("z")
    expect(warnings).to_contain_text("Slice 3: the later image (10:00:10) of 2 is used.")
    assert used(page) == again
