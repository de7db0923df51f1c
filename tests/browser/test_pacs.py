"""The page of the network, and where a signed result went."""

from pathlib import Path

import httpx
import pydicom
import pytest
from playwright.sync_api import Page

from scarmass.domain import transfers
from scarmass.domain.errors import PeerUnreachable
from scarmass.domain.pacs import LocalEntity
from scarmass.domain.pacs_rules import Network, Rules, SendRule
from scarmass.services.context import Context
from scarmass.services.pacs import send
from scarmass.storage.spool import Spool
from tests.api.signing import ANNA, accept_all, open_reading, sign
from tests.browser.conftest import Server
from tests.browser.test_accessibility import serious
from tests.fake_pacs import KEEPER, PACS, FakePacs, fails, objects_of
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def pacs(phantom_files: list[Path]) -> FakePacs:
    """One that has the phantom's study."""
    uid = str(pydicom.dcmread(phantom_files[0]).StudyInstanceUID)
    return FakePacs(PACS, studies={uid: [path.read_bytes() for path in phantom_files]})


@pytest.fixture
def context(context: Context, pacs: FakePacs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    context.network = Network(LocalEntity(), (PACS, KEEPER), Rules(send=(SendRule(peer="PACS"),)))
    context.client_of = lambda _: pacs
    context.spool = Spool(tmp_path / "spool")
    monkeypatch.setattr(send, "result_objects", lambda _, reading_id, kinds: objects_of(reading_id, kinds))
    return context


def signed(server: Server, paths: list[Path]) -> tuple[str, str]:
    """Stack and reading of a study that is signed."""
    stack_id = server.upload(paths)
    with httpx.Client(base_url=server.address, timeout=60) as client:
        return stack_id, sign(client, accept_all(client, open_reading(client, stack_id, ANNA)))["id"]


def test_a_study_is_found_in_the_pacs_and_fetched_and_its_arrival_told(page: Page, server: Server) -> None:
    page.goto(server.address)
    page.get_by_role("link", name="Network").click()
    page.get_by_label("Patient's name").fill("Demo*")
    page.keyboard.press("Enter")
    page.get_by_text("PACS has 1 study.").wait_for()
    assert not serious(page), "\n".join(serious(page))
    page.get_by_role("button", name="Fetch the study").click()
    page.locator("#found").get_by_text("fetched, 10 images").wait_for()
    page.get_by_role("button", name="Arrivals").click()
    page.get_by_role("cell", name="ARCHIVE").wait_for()
    page.get_by_text("Waits until it is quiet").wait_for()
    assert not serious(page), "\n".join(serious(page))


def test_a_study_of_which_not_everything_can_be_sent_is_shown_with_what_is_missing(
    page: Page, server: Server, pacs: FakePacs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "WAITS_S", (0,))
    pacs.fails = 1
    page.goto(f"{server.address}/pacs#find")
    page.get_by_label("Patient's name").fill("Demo*")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Fetch the study").click()
    for place in ("#found", "#queue"):
        if place == "#queue":
            page.get_by_role("button", name="Transfers").click()
        page.locator(place).get_by_text("fetched, 9 of 10 images").wait_for()
        page.locator(place).get_by_text("PACS could not send 1 of the study's objects").wait_for()


def test_what_failed_is_shown_with_its_reason_and_sent_again(
    page: Page, server: Server, pacs: FakePacs, phantom_files: list[Path]
) -> None:
    pacs.failure = fails(PeerUnreachable, "PACS does not answer at 127.0.0.1:4242")
    signed(server, phantom_files)
    page.goto(f"{server.address}/pacs#transfers")
    page.get_by_text("PACS does not answer").wait_for()
    page.get_by_role("button", name="Transfers (1)").wait_for()
    assert not serious(page), "\n".join(serious(page))
    pacs.failure = None
    page.get_by_role("button", name="Try now").click()
    page.get_by_text("sent, 3 objects").wait_for()
    assert len(pacs.kept) == 3


def test_what_waits_is_cancelled(page: Page, server: Server, pacs: FakePacs, phantom_files: list[Path]) -> None:
    pacs.failure = fails(PeerUnreachable)
    signed(server, phantom_files)
    page.goto(f"{server.address}/pacs#transfers")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("cancelled by").wait_for()
    page.get_by_role("button", name="Send again").wait_for()


def test_rules_are_tried_and_peers_asked_by_the_keyboard(page: Page, server: Server, pacs: FakePacs) -> None:
    page.goto(f"{server.address}/pacs#arrivals")
    page.get_by_text("Nothing has come").wait_for()
    page.keyboard.press("4")
    page.get_by_text("All else is refused.").wait_for()
    page.locator("#try [name=modality]").fill("CT")
    page.keyboard.press("Enter")
    page.get_by_text("no rule takes in objects of modality CT").wait_for()
    assert not serious(page), "\n".join(serious(page))
    page.get_by_role("button", name="Peers").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Ask PACS").click()
    page.get_by_text("answers", exact=True).wait_for()
    pacs.failure = fails(PeerUnreachable)
    page.get_by_role("button", name="Ask PACS").click()
    page.get_by_text("does not: the plug is out").wait_for()
    assert not serious(page), "\n".join(serious(page))


def test_a_signed_reading_and_its_report_say_where_it_went_and_send_it_by_hand(
    page: Page, server: Server, pacs: FakePacs, phantom_files: list[Path]
) -> None:
    stack_id, reading_id = signed(server, phantom_files)
    page.goto(f"{server.address}/stacks/{stack_id}?reading={reading_id}")
    sent = page.locator("[data-signed=sent]")
    sent.get_by_role("button", name="Sent to PACS").click()
    sent.get_by_text("Sent to PACS at").wait_for()
    assert not serious(page), "\n".join(serious(page))
    sent.get_by_label("Send to").select_option("KEEPER")
    sent.get_by_role("button", name="Send", exact=True).click()
    sent.get_by_text("Sent to KEEPER at").wait_for()
    page.keyboard.press("Escape")
    wait_until(lambda: not sent.get_by_label("Send to").is_visible())
    page.goto(f"{server.address}/readings/{reading_id}/report")
    page.get_by_text("Sent to KEEPER at").wait_for()
    assert not serious(page), "\n".join(serious(page))


def test_without_peers_nothing_is_offered(page: Page, server: Server, phantom_files: list[Path]) -> None:
    server.context.network = Network()
    page.goto(f"{server.address}/pacs")
    page.get_by_text("The settings name no peer yet").wait_for()
    assert not page.locator("#search").is_visible()
    stack_id, reading_id = signed(server, phantom_files)
    page.goto(f"{server.address}/stacks/{stack_id}?reading={reading_id}")
    page.locator("#signed", has_text="Signed by").wait_for()
    assert not page.locator("[data-signed=sent]").is_visible()
