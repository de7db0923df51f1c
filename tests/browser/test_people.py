"""The administrator's page: accounts that sign in then, tokens that are told once and work until they are revoked."""

import httpx
import pytest
from playwright.sync_api import Page

from scarmass.domain.access import Role
from tests.api.signed_in import LOCAL, account
from tests.browser.conftest import Server
from tests.browser.test_accessibility import serious
from tests.browser.test_login import sign_in, sign_out

pytestmark = pytest.mark.browser

THEIRS = "a lantern in the boathouse"


@pytest.fixture
def people(page: Page, server: Server) -> Page:
    """The page, with an administrator signed in who sees no patients."""
    server.context.login = LOCAL
    account(server.context, "boss", Role.ADMINISTRATOR)
    page.goto(server.address)
    sign_in(page, "boss")
    page.get_by_role("row", name="Dr boss").wait_for()
    return page


def test_an_account_is_made_signs_in_is_changed_and_disabled(people: Page, server: Server) -> None:
    page = people
    assert not serious(page), "\n".join(serious(page))
    page.keyboard.press("n")
    page.get_by_label("User name").fill("carla")
    page.get_by_label("Name, as it stands").fill("Dr boss")
    password = page.get_by_role("textbox", name="Password")
    password.fill("carla carla carla")
    page.keyboard.press("Enter")
    page.get_by_text("among the first that would be guessed").wait_for()
    assert password.get_attribute("aria-invalid") == "true"
    password.fill(THEIRS)
    page.keyboard.press("Enter")
    page.get_by_text("somebody else has the name “Dr boss”").wait_for()
    assert not serious(page), "\n".join(serious(page))
    page.get_by_label("Name, as it stands").fill("Dr Carla Ruiz")
    page.keyboard.press("Enter")
    row = page.get_by_role("row", name="Dr Carla Ruiz")
    row.wait_for()
    assert row.get_by_role("cell").all_inner_texts()[:4] == ["carla", "reader", "every study", "never"]
    row.get_by_role("button", name="Change").click()
    page.get_by_role("checkbox", name="signer").check()
    page.get_by_role("checkbox", name="every study").uncheck()
    page.get_by_role("textbox", name="Studies of these groups").fill("cardiology, trial A")
    page.get_by_role("button", name="Save").click()
    row.get_by_role("cell", name="reader, signer").wait_for()
    row.get_by_role("cell", name="cardiology, trial A").wait_for()

    body = {"user_name": "carla", "password": THEIRS}
    sign_in_carla = f"{server.address}/api/v1/session"
    assert httpx.post(sign_in_carla, json=body).json()["person"]["roles"] == ["reader", "signer"]
    row.get_by_role("button", name="Disable").click()
    page.get_by_text("Press again to disable.").wait_for()
    row.get_by_role("button", name="Disable").click()
    page.get_by_text("Dr Carla Ruiz is disabled, and signed out everywhere.").wait_for()
    assert httpx.post(sign_in_carla, json=body).status_code == 401
    row.get_by_role("button", name="Enable").click()
    page.get_by_text("Dr Carla Ruiz may sign in again.").wait_for()
    sign_out(page)
    sign_in(page, "carla", THEIRS)
    page.get_by_text("No studies yet").wait_for()
    assert page.get_by_role("link", name="People").count() == 0


def test_a_token_is_told_once_and_works_until_it_is_revoked(people: Page, server: Server) -> None:
    page = people
    page.get_by_role("button", name="Tokens").click()
    page.get_by_text("No program has a token yet.").wait_for()
    page.keyboard.press("t")
    page.get_by_label("Name of the program").fill("archive")
    page.get_by_label("bring studies in").uncheck()
    page.keyboard.press("Enter")
    page.get_by_text("you will not see it again").wait_for()
    assert not serious(page), "\n".join(serious(page))
    token = page.get_by_label("Token", exact=True).input_value()
    page.get_by_role("button", name="I have it").click()
    assert token not in page.content()
    asked = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{server.address}/api/v1/studies", headers=asked).status_code == 200
    assert httpx.post(f"{server.address}/api/v1/studies", headers=asked).status_code == 403
    row = page.get_by_role("row", name="archive")
    assert row.get_by_role("cell").all_inner_texts()[0] == "ask, monitor, view"
    page.reload()
    row.wait_for()
    assert page.get_by_label("Token", exact=True).input_value() == ""
    row.get_by_role("button", name="Revoke").click()
    page.get_by_text("Press again to revoke.").wait_for()
    row.get_by_role("button", name="Revoke").click()
    page.get_by_text("The token of archive is revoked.").wait_for()
    assert httpx.get(f"{server.address}/api/v1/studies", headers=asked).status_code == 401
    assert not serious(page), "\n".join(serious(page))
