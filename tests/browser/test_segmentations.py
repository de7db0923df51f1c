"""A segmentation that lies beside the study: chosen by keys alone, looked at, taken over, and given back."""

from dataclasses import replace

import httpx
import pytest
from playwright.sync_api import Page, expect

from scarmass.storage import segmentations
from tests.browser.conftest import Server
from tests.browser.driving import reading_state, show_part, wait_for_revision
from tests.browser.test_accessibility import serious
from tests.imaging.segmentation_objects import of_a_core_lab
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

OFF_MM = 4.0


@pytest.fixture
def beside(server: Server, opened: str) -> str:
    """The stack, beside which a core lab's segmentation lies, and one that turned out to be of another patient."""
    export = f"{server.address}/api/v1/readings/{server.reading(opened)['id']}/export?format=seg"
    exported = httpx.get(export, timeout=60)
    files = [("files", ("seg.dcm", of_a_core_lab(exported.content, OFF_MM)))]
    httpx.post(f"{server.address}/api/v1/studies", files=files, timeout=60).raise_for_status()
    study_instance_uid = httpx.get(f"{server.address}/api/v1/stacks/{opened}").json()["study_instance_uid"]
    with server.context.database.transaction() as session:
        (stored,) = segmentations.of_study(session, study_instance_uid)
        of_another = replace(stored.content.study, patient_id="SOMEBODY")
        strange = replace(stored.content, sop_instance_uid="1.2.3", label="Mistaken", study=of_another)
        segmentations.add_segmentation(session, strange, stored.sha256)
    return opened


def scrolled(page: Page) -> list[str]:
    return page.evaluate(
        """() => [...document.querySelectorAll("#segmentations, #segmentations *")]
          .filter((node) => /auto|scroll/.test(getComputedStyle(node).overflowY))
          .filter((node) => node.scrollHeight > node.clientHeight + 1)
          .map((node) => node.className || node.tagName)"""
    )


def origins(page: Page) -> list[str | None]:
    """How the scar of each slice came to be."""
    slices = reading_state(page)["reading"]["slices"]
    return [one["segments"].get("scar", {}).get("origin") for one in slices]


def test_a_segmentation_is_chosen_looked_at_taken_over_and_given_back_by_keys_alone(
    page: Page, server: Server, beside: str
) -> None:
    page.keyboard.press("0")
    wait_for_revision(page, 1)
    before = reading_state(page)["reading"]["slices"]

    page.keyboard.press("Shift+G")
    dialog = page.get_by_role("dialog", name="Segmentations beside this study")
    expect(dialog.get_by_role("radio", name="Core lab contours")).to_be_focused()
    expect(dialog.get_by_role("radio", name="Mistaken")).to_be_disabled()
    expect(dialog.get_by_text("Cannot be used: its patient differs")).to_be_visible()
    for said in ("CORELAB", "Roe, Richard", "Another maker, Contourer, 5.1"):
        expect(dialog.get_by_text(said, exact=True)).to_be_visible()
    expect(dialog.get_by_text(f"lie on no slice of the stack (the nearest is {OFF_MM} mm away)")).to_be_visible()
    expect(dialog.get_by_text("decided or drawn by hand: 1 slice")).to_be_visible()
    scar = dialog.get_by_role("combobox", name="Scar becomes")
    expect(scar).to_have_value("scar")
    assert scrolled(page) == []
    assert not serious(page), "\n".join(serious(page))

    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Shift+G")
    take = dialog.get_by_role("button", name="Take over")
    expect(take).to_be_enabled()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(scar).to_be_focused()
    page.keyboard.press("End")
    expect(scar).to_have_value("")
    page.keyboard.press("Home")
    expect(scar).to_have_value("scar")
    while not take.evaluate("(button) => button === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for_revision(page, 2)
    assert set(origins(page)) == {"import"}
    assert server.reading(beside)["taken_from"][0].startswith("taken from Roe, Richard’s segmentation")

    show_part(page, "History")
    expect(page.locator("#history li b").first).to_have_text(
        "took over segmentation “Core lab contours” of Roe, Richard"
    )
    page.locator("#history summary").click()
    expect(page.locator("#history").get_by_text("lie on no slice of the stack")).to_be_visible()
    assert not serious(page), "\n".join(serious(page))

    page.keyboard.press("Control+z")
    wait_for_revision(page, 3)
    assert reading_state(page)["reading"]["slices"] == before
    page.goto(server.address)
    expect(page.get_by_text("2 segmentations")).to_be_visible()


def test_a_study_that_nothing_lies_beside_says_so(page: Page, opened: str) -> None:
    page.get_by_role("button", name="Take over a segmentation").first.click()
    expect(page.get_by_text("None lies beside this study.")).to_be_visible()
    wait_until(lambda: not page.get_by_role("button", name="Take over", exact=True).is_visible())


def test_a_key_pressed_while_the_closed_dialog_is_still_on_screen_reaches_the_page(page: Page, beside: str) -> None:
    page.keyboard.press("Shift+G")
    dialog = page.get_by_role("dialog", name="Segmentations beside this study")
    expect(dialog.get_by_role("radio", name="Core lab contours")).to_be_focused()

    page.evaluate(
        """() => {
          const radio = document.activeElement;
          document.querySelector("#segmentations").close();
          radio.dispatchEvent(new KeyboardEvent("keydown", { key: "G", shiftKey: true, bubbles: true }));
        }"""
    )
    expect(dialog).to_be_visible()
