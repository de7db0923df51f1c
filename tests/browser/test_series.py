"""What plays beside the image, what goes along with it, and what a prior study shows there."""

from pathlib import Path
from typing import cast

import httpx
import pydicom
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect
from pydicom.uid import generate_uid

from tests.api.patients import NOW, THEN, study_files
from tests.api.signing import accept_all, edit, name_of, open_reading, sign
from tests.browser.conftest import Server, open_stack
from tests.browser.driving import reading_state
from tests.browser.test_accessibility import serious
from tests.browser.test_other_views import PHASES, kept_axes, long_axis, marked, open_cine, requests_of, short_axis
from tests.waiting import wait_until

__all__ = ["kept_axes", "long_axis", "short_axis"]

pytestmark = pytest.mark.browser


def let_frames_pass(page: Page) -> None:
    """A dozen frames of the screen, in which what plays would have moved."""
    page.evaluate(
        "() => new Promise((done) => { let n = 0;"
        " const next = () => (++n < 12 ? requestAnimationFrame(next) : setTimeout(done, 80)); next(); })"
    )


def place(page: Page) -> str:
    return page.locator('[data-other="place"]').inner_text()


def seen_while_playing(page: Page, count: int) -> None:
    """Wait until so many images were on the screen."""
    seen: set[str | None] = set()

    def are_enough() -> bool:
        seen.add(page.locator(".other-viewport").get_attribute("data-shown"))
        return len(seen) >= count

    wait_until(are_enough)


def test_a_cine_stands_until_the_reader_plays_it_and_pauses_at_a_word(page: Page, short_axis: str) -> None:
    sent = requests_of(page)
    open_cine(page)
    let_frames_pass(page)
    assert place(page) == f"Image 3 / {PHASES}"
    page.keyboard.press("Space")
    seen_while_playing(page, PHASES)
    expect(page.get_by_text("25 per second")).to_be_visible()
    pixels = [one for one in sent if one.endswith("/pixels")]
    assert len(pixels) == len(set(pixels))
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    stood = place(page)
    let_frames_pass(page)
    assert place(page) == stood
    assert not serious(page)


def test_whoever_takes_a_playing_cine_in_hand_stops_it(page: Page, short_axis: str) -> None:
    open_cine(page)
    slider = page.get_by_role("slider", name="Phase")
    page.get_by_role("button", name="Play").click()
    seen_while_playing(page, 2)
    slider.fill("2")
    expect(page.locator('[data-other="phase"]')).to_have_text(f"phase 2 of {PHASES}")
    page.get_by_role("button", name="Play").click()
    seen_while_playing(page, 2)
    page.locator(".other-viewport").focus()
    page.keyboard.press("End")
    expect(page.locator('[data-other="place"]')).to_have_text(f"Image {PHASES} / {PHASES}")
    expect(slider).to_have_value(str(PHASES))
    let_frames_pass(page)
    assert place(page) == f"Image {PHASES} / {PHASES}"


def test_a_cine_that_is_closed_plays_no_longer(page: Page, short_axis: str) -> None:
    open_cine(page)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("4")
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def cine_along(phantom_files: list[Path], folder: Path, phases: int = 3) -> list[Path]:
    """A cine whose positions are the phantom's slices."""
    series = generate_uid()
    paths = []
    for source in phantom_files:
        for phase in range(phases):
            one = pydicom.dcmread(source)
            one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            one.SeriesInstanceUID, one.SeriesNumber, one.SeriesDescription = series, 97, "cine sax"
            one.TriggerTime = 60 * phase
            paths.append(folder / f"{source.stem}_{phase}.dcm")
            one.save_as(paths[-1])
    return paths


def test_a_cine_that_plays_goes_along_with_the_slices(
    page: Page, server: Server, phantom_files: list[Path], tmp_path: Path
) -> None:
    open_stack(page, server, server.upload([*phantom_files, *cine_along(phantom_files, tmp_path)]))
    page.keyboard.press("4")
    page.get_by_role("button", name="cine sax").click()
    here = reading_state(page)["index"]
    of = 3 * len(phantom_files)
    expect(page.locator('[data-other="place"]')).to_have_text(f"Image {3 * here + 1} / {of}")
    page.keyboard.press("Space")
    page.locator("#viewport").focus()
    page.keyboard.press("ArrowRight")
    for phase in (1, 2, 3, 1):
        expect(page.locator('[data-other="place"]')).to_have_text(f"Image {3 * (here + 1) + phase} / {of}")


def test_what_is_not_linked_keeps_its_slice_and_goes_along_once_it_is_linked_again(
    page: Page, server: Server, phantom_files: list[Path], tmp_path: Path
) -> None:
    open_stack(page, server, server.upload([*phantom_files, *cine_along(phantom_files, tmp_path)]))
    page.keyboard.press("4")
    page.get_by_role("button", name="cine sax").click()
    here, of = reading_state(page)["index"], 3 * len(phantom_files)
    shown, linked = page.locator('[data-other="place"]'), page.get_by_role("button", name="Linked")
    expect(shown).to_have_text(f"Image {3 * here + 1} / {of}")
    linked.click()
    expect(linked).to_have_attribute("aria-pressed", "false")
    page.locator("#viewport").focus()
    page.keyboard.press("ArrowRight")
    wait_until(lambda: reading_state(page)["shown"] == here + 1)
    expect(shown).to_have_text(f"Image {3 * here + 1} / {of}")
    linked.click()
    expect(shown).to_have_text(f"Image {3 * here + 4} / {of}")


def test_a_click_on_a_slices_line_goes_to_that_slice_and_beside_them_nowhere(page: Page, short_axis: str) -> None:
    open_cine(page)
    wait_until(lambda: marked(page, ".other-cut"))
    box = page.locator(".other-cut").bounding_box()
    assert box is not None
    here = reading_state(page)["index"]

    def line() -> float:
        top, bottom = marked(page, ".other-cut")[1::2]
        return box["y"] + (top + bottom) / 2000 * box["height"]

    first = line()
    page.locator("#viewport").focus()
    page.keyboard.press("ArrowRight")
    wait_until(lambda: abs(line() - first) > 4)
    middle = box["x"] + box["width"] / 2
    page.mouse.click(middle, box["y"] + 12)
    assert reading_state(page)["index"] == here + 1
    page.mouse.click(middle, first)
    wait_until(lambda: reading_state(page)["shown"] == here)


@pytest.fixture
def api(server: Server) -> TestClient:
    return cast(TestClient, httpx.Client(base_url=server.address, timeout=60))


def test_a_prior_is_shown_beside_with_its_outlines_its_grams_and_who_signed_it(
    page: Page, server: Server, api: TestClient, tmp_path: Path
) -> None:
    then = server.upload(study_files(tmp_path, THEN, seed=8, slices=11))
    draft = open_reading(api, then, {})
    edit(api, draft, "no_scar", **name_of(draft, 0)).raise_for_status()
    signed = sign(api, accept_all(api, draft))
    open_stack(page, server, server.upload(study_files(tmp_path, NOW)))
    page.keyboard.press("4")
    page.get_by_role("button", name="Prior, 2024-01-10").click()
    told = page.locator("#other-views")
    for by in ("by_slice_thickness", "by_slice_spacing"):
        expect(told).to_contain_text(f"{signed['totals'][by]['mass_g']:.2f} g by {by[3:].replace('_', ' ')}")
    expect(told).to_contain_text("signed by Dr Anna")
    expect(told).to_contain_text("by its way from base to apex, not by geometry")
    expect(told).not_to_contain_text("another patient")
    for index, alike in ((3, 6), (5, 10), (0, 0)):
        page.locator("#viewport").focus()
        page.keyboard.press("Home")
        for _ in range(index):
            page.keyboard.press("ArrowRight")
        expect(page.locator('[data-other="place"]')).to_have_text(f"Image {alike + 1} / 11")
        wait_until(lambda: marked(page, ".other-outlines"))
    assert marked(page, ".other-cut") == []
    assert not serious(page)
    page.get_by_role("button", name="All other views").click()
    expect(told).not_to_contain_text("signed by Dr Anna")


def test_a_prior_that_says_another_birth_date_is_said_to_be_perhaps_another_patients(
    page: Page, server: Server, tmp_path: Path
) -> None:
    server.upload(study_files(tmp_path, THEN, seed=8, PatientBirthDate="19500315"))
    open_stack(page, server, server.upload(study_files(tmp_path, NOW)))
    page.keyboard.press("4")
    page.get_by_role("button", name="Prior, 2024-01-10 not read, perhaps another patient").click()
    doubt = "Perhaps another patient: born 1950-03-15 there, 1950-03-14 here"
    expect(page.locator('[data-views="doubts"]')).to_have_text(doubt)
    expect(page.locator('[data-views="said"]')).to_have_text("Not read")
