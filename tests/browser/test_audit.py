"""The page of the audit trail: searched, paged and taken away, by the keyboard too."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from scarmass.domain.audit import Action, Event, Outcome, Subject
from scarmass.services.audit import record
from tests.browser.conftest import Server
from tests.browser.test_accessibility import serious
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def test_who_opened_a_patient_is_found_and_the_table_taken_away(
    page: Page, server: Server, phantom_files: list[Path]
) -> None:
    server.upload(phantom_files)
    failed = Event(
        Action.SEND,
        subject=Subject("P-7", "1.2"),
        outcome=Outcome.FAILED,
        reason="PeerUnreachable",
        about={"peer": "A"},
    )
    record(server.context, failed)
    page.goto(server.address)
    page.get_by_role("link", name="Audit trail").click()
    page.get_by_role("cell", name="failed: PeerUnreachable").wait_for()
    assert not serious(page), "\n".join(serious(page))
    page.keyboard.press("/")
    page.get_by_label("Who").press("Tab")
    page.get_by_label("What").select_option(label="import")
    page.keyboard.press("Enter")
    page.get_by_label("Patient ID").fill("PHANTOM-001")
    page.keyboard.press("Enter")
    page.get_by_text("1 row, the newest first.").wait_for()
    row = page.locator("#events tbody tr")
    assert "import" in row.inner_text()
    assert "PHANTOM-001" in row.inner_text()
    with page.expect_download() as download:
        page.get_by_label("Patient ID").blur()
        page.keyboard.press("e")
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines[0].startswith("number,occurred_at,person")
    assert len(lines) == 2
    page.get_by_label("Patient ID").fill("nobody's")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing of that is recorded.").wait_for()
    assert not serious(page), "\n".join(serious(page))


def test_more_rows_are_shown_when_they_are_asked_for(page: Page, server: Server) -> None:
    record(server.context, *[Event(Action.EDIT, f"Dr {number}") for number in range(150)])
    page.goto(f"{server.address}/audit")
    page.get_by_text("100 rows, and more").wait_for()
    page.keyboard.press("m")
    wait_until(lambda: page.locator("#events tbody tr").count() == 150)
    assert page.locator("#more").is_hidden()
