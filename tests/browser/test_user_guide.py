"""The user guide tells of the page as it is: its pictures can be taken anew, and its keys exist."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from scarmass.paths import CHECKOUT
from tests.browser.conftest import Server
from tests.browser.user_guide import SCENES, SIZE, take_pictures
from tests.kept import Kept

pytestmark = pytest.mark.browser

assert CHECKOUT is not None
GUIDE = CHECKOUT / "docs" / "user_guide.md"
PICTURES = re.findall(r"\(user_guide/(\w+)\.png\)", GUIDE.read_text())
HELD = {"H", "Alt"}
"""Keys that do something while they are held, told among the mouse gestures."""


def test_the_guides_pictures_can_be_taken_anew(
    page: Page, server: Server, kept_stack: Kept[str], tmp_path: Path
) -> None:
    kept_stack.put_into(server.context)
    taken = list(take_pictures(page, server.address, tmp_path))
    assert {path.stem for path in taken} == set(PICTURES)
    for path in taken:
        with Image.open(path) as picture:
            assert picture.size == (SIZE["width"], SIZE["height"])
            assert len(picture.getcolors() or ()) > 10


def test_every_picture_that_the_guide_shows_is_there_and_every_one_that_is_there_is_shown() -> None:
    assert {path.stem for path in GUIDE.with_suffix("").iterdir()} == set(PICTURES)
    assert {scene.__name__ for scene in SCENES} == set(PICTURES)


def test_every_key_of_the_guide_is_one_of_the_page(page: Page, opened: str) -> None:
    page.keyboard.press("?")
    page.locator("#help kbd").first.wait_for()
    keys = set(page.locator("#help kbd").all_inner_texts())
    told = set(re.findall(r"`([^`]+)`", GUIDE.read_text()))
    assert told - HELD <= keys
