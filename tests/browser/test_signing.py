"""Signing and amending by keys, what a signed reading still takes, and another reader's outlines beside one's own."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Request, Route, expect

from scarmass.services.readings import deliver
from tests.browser.conftest import Server
from tests.browser.driving import client_point, drag, intercept, reading_state, show_part, wait_for_revision
from tests.browser.test_accessibility import serious
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

API = "/api/v1"


def accept_all(page: Page) -> None:
    """Every slice accepted by keys, and stored."""
    page.keyboard.press("a")
    page.get_by_role("button", name="Accept all shown").wait_for()
    page.keyboard.press("Shift+A")
    wait_for_revision(page, 1)
    page.keyboard.press("a")


def sign(page: Page) -> None:
    """By its key, and the second word."""
    page.keyboard.press("Shift+S")
    page.get_by_text("Press again to sign").wait_for()
    page.keyboard.press("Shift+S")
    wait_until(lambda: reading_state(page)["reading"]["state"] == "signed")


def test_a_reading_is_signed_by_a_key_and_a_second_word_and_the_next_patient_comes(
    page: Page, server: Server, opened: str, other_phantom_files: list[Path]
) -> None:
    other = server.upload(other_phantom_files)
    page.keyboard.press("Shift+S")
    page.get_by_text("Not signed: ").wait_for()
    accept_all(page)
    page.keyboard.press("Shift+S")
    page.get_by_text("Press again to sign").wait_for()
    assert server.reading(opened)["state"] == "draft"
    page.keyboard.press("Shift+S")
    page.wait_for_url(f"**/stacks/{other}")
    signed = server.reading(opened)
    assert (signed["state"], signed["signature"]["reader"]) == ("signed", "unauthenticated reader")
    page.goto(server.address)
    page.locator('[data-progress="signed"]').wait_for()
    page.locator(f'a[href$="reading={signed["id"]}"]').press("Delete")
    page.get_by_text("is off the worklist. Its readings stay in the record.").wait_for()


def test_an_edit_between_the_two_words_takes_the_first_one_back(page: Page, server: Server, opened: str) -> None:
    accept_all(page)
    page.keyboard.press("Shift+S")
    page.get_by_text("Press again to sign").wait_for()
    page.keyboard.press("0")
    wait_for_revision(page, 2)
    expect(page.get_by_text("Press again to sign")).to_have_count(0)
    page.keyboard.press("Shift+S")
    page.get_by_text("Press again to sign").wait_for()
    assert server.reading(opened)["state"] == "draft"


def test_a_key_pressed_before_the_question_is_there_does_not_answer_it(page: Page, server: Server, opened: str) -> None:
    held: list[Route] = []
    intercept(page, re.compile("/edits$"), lambda route: held.append(route))
    page.keyboard.press("a")
    page.get_by_role("button", name="Accept all shown").wait_for()
    page.keyboard.press("Shift+A")
    wait_until(lambda: held)
    for _ in range(2):
        page.keyboard.press("Shift+S")
        page.get_by_text("can be signed as soon as").wait_for()
    signed: list[Request] = []
    page.on("request", lambda request: signed.append(request) if request.url.endswith("/sign") else None)
    held[0].continue_()
    page.get_by_text("Press again to sign").wait_for()
    assert not signed
    # The question lies over the slices side by side.
    page.locator("#messages").get_by_role("button", name="Sign and next patient").click()
    wait_until(lambda: server.reading(opened)["state"] == "signed")


def test_a_pattern_of_nothing_is_asked_about_before_it_is_signed(page: Page, opened: str) -> None:
    page.keyboard.press("5")
    page.keyboard.press("t")
    page.keyboard.press("Enter")
    for decided in range(len(reading_state(page)["reading"]["slices"])):
        wait_for_revision(page, 1 + decided)
        page.keyboard.press("0")
    page.keyboard.press("Shift+S")
    page.get_by_text("No scar is outlined, and its pattern is stated: transmural").wait_for()


def test_everything_of_a_signed_reading_is_seen_and_nothing_is_changed(page: Page, server: Server, opened: str) -> None:
    accept_all(page)
    sign(page)
    signed = server.reading(opened)
    page.get_by_text("Signed by no name on").wait_for()
    assert not serious(page)
    for key in ("Enter", "0", "c", "u", "r", "Shift+R", "z", "y", "1", "3", "Delete"):
        page.keyboard.press(key)
    page.keyboard.press("b")
    drag(page, (150, 150), (170, 150))
    page.keyboard.press("v")
    page.mouse.click(*client_point(page, 120, 120))
    drag(page, (100, 100), (150, 150))
    page.get_by_text("This reading is signed and stays as it is").first.wait_for()
    page.keyboard.press("Home")
    wait_until(lambda: reading_state(page)["shown"] == 0)
    assert page.locator("#saving").inner_text() == "All changes saved"
    assert server.reading(opened) == signed
    assert page.locator("[data-command=accept]").is_hidden()


def test_a_signed_reading_is_amended_by_a_key_and_a_second_word(page: Page, server: Server, opened: str) -> None:
    accept_all(page)
    sign(page)
    signed = server.reading(opened)
    page.keyboard.press("Shift+T")
    page.get_by_text("Press again to amend").wait_for()
    page.keyboard.press("Shift+T")
    page.wait_for_url("**?reading=*")
    wait_until(lambda: (reading_state(page).get("reading") or {}).get("version") == 2)
    page.keyboard.press("0")
    wait_for_revision(page, 2)
    now = server.reading(opened)
    assert (now["state"], now["replaces"]) == ("draft", signed["id"])
    page.goto(f"{server.address}/stacks/{opened}?reading={signed['id']}")
    page.get_by_role("button", name="Newer version").wait_for()
    assert reading_state(page)["reading"]["mass_g"] == signed["mass_g"]
    page.get_by_role("button", name="Newer version").click()
    page.wait_for_url(f"**?reading={now['id']}")
    wait_until(lambda: (reading_state(page).get("reading") or {}).get("id") == now["id"])


def test_another_window_hears_of_the_signature(page: Page, server: Server, opened: str, other: Page) -> None:
    accept_all(page)
    wait_for_revision(other, 1)
    sign(page)
    other.get_by_text("Signed by no name on").wait_for()
    other.keyboard.press("0")
    other.get_by_text("This reading is signed and stays as it is").wait_for()
    assert server.reading(opened)["revision"] == 1


def test_a_lost_answer_to_a_signature_is_asked_for_again_and_signs_once(
    page: Page, server: Server, opened: str
) -> None:
    accept_all(page)
    sent: list[str | None] = []

    def lose_the_first_answer(route) -> None:
        sent.append(route.request.post_data)
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    intercept(page, "**/sign", lose_the_first_answer)
    sign(page)
    wait_until(lambda: reading_state(page) and len(sent) > 1)
    assert sent[0] == sent[1]
    assert server.reading(opened)["signature"]["reader"] == "unauthenticated reader"


def test_a_result_that_waits_says_why_on_the_page(page: Page, server: Server, opened: str, tmp_path: Path) -> None:
    server.context.results_folder = tmp_path / "away"
    accept_all(page)
    sign(page)
    page.get_by_text(f"Result waits: The results folder {tmp_path / 'away'} is not there.").wait_for()
    server.context.results_folder.mkdir()
    page.get_by_text("Result written").wait_for()
    assert len(list(server.context.results_folder.iterdir())) == len(deliver.FORMATS)


def test_two_readers_are_compared_on_the_page(page: Page, server: Server, opened: str) -> None:
    show_part(page, "Details")
    page.locator("#reader").fill("Dr Bert")
    page.locator("#reader").press("Enter")
    first = server.reading(opened)["id"]
    show_part(page, "Readings")
    page.get_by_role("button", name="Read it myself").click()
    page.wait_for_url("**?reading=*")
    wait_until(lambda: (reading_state(page).get("reading") or {"state": ""})["state"] == "draft")
    own = reading_state(page)["reading"]
    assert own["reader"] == "Dr Bert (unauthenticated)"
    page.keyboard.press("0")
    wait_for_revision(page, 1)
    show_part(page, "Readings")
    page.get_by_role("link", name="Compare").click()
    page.wait_for_url(f"**&with={first}")
    page.locator("[data-compared=dice]").wait_for()
    compared = httpx.get(
        f"{server.address}{API}/readings/{own['id']}/compare", params={"with": first}, timeout=60
    ).json()
    assert page.locator("[data-compared=dice]").inner_text() == f"Dice {compared['dice']:.2f}"
    assert page.locator("#comparison tbody tr").count() == len(own["slices"])
    assert f"{compared['difference']['by_slice_thickness']['mass_g']:.2f} g" in page.locator("#comparison").inner_text()
    assert not serious(page)


def test_work_is_counted_while_the_reader_works(page: Page, server: Server, opened: str) -> None:
    accept_all(page)
    wait_until(lambda: page.evaluate("document.hasFocus()"))
    page.wait_for_timeout(2500)
    sign(page)
    assert server.reading(opened)["seconds_of_work"] > 1
