"""With a login: signing in and out on the page, and work that outlives a session, for the person who did it alone."""

import uuid

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import text

from scarmass.domain.access import Role
from scarmass.domain.accounts import Account
from scarmass.services.access import sessions
from scarmass.storage.readings import get_reading
from tests.api.signed_in import LOCAL, PASSWORD, account
from tests.browser.conftest import Server
from tests.browser.driving import intercept, reading_state, wait_for_revision, wait_until_prepared
from tests.browser.test_accessibility import serious
from tests.browser.test_offline import wait_until_saving
from tests.kept import Kept

pytestmark = pytest.mark.browser


@pytest.fixture
def anna(server: Server, kept_stack: Kept[str]) -> Account:
    """Who may read; the server has the phantom patient, and a login."""
    kept_stack.put_into(server.context)
    server.context.login = LOCAL
    return account(server.context, "anna", Role.READER, name="Dr Anna Berg")


@pytest.fixture
def stack(server: Server, anna: Account, kept_stack: Kept[str]) -> str:
    """The address of the patient's reading page."""
    return f"{server.address}/stacks/{kept_stack.told}"


def type_in(page: Page, user_name: str, password: str) -> None:
    """By the keys alone, on the page that asks for it."""
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled()
    page.keyboard.type(user_name)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def sign_in(page: Page, user_name: str, password: str = PASSWORD) -> None:
    """And wait for the page that one wanted."""
    type_in(page, user_name, password)
    page.wait_for_url(lambda url: "/login" not in url)


def sign_out(page: Page) -> None:
    page.locator("[popovertarget=account]").click()
    page.get_by_role("button", name="Sign out", exact=True).click()


def open_as(page: Page, address: str, user_name: str) -> None:
    """The reading page, by the login that stands before it."""
    page.goto(address)
    sign_in(page, user_name)
    wait_until_prepared(page)


def is_whole(shown: Locator) -> bool:
    return shown.evaluate("(element) => element.scrollWidth <= element.clientWidth")


def shown_reading(page: Page) -> str:
    return reading_state(page)["reading"]["id"]


def stored_revision(reading_id: str, server: Server) -> int:
    with server.context.database.transaction() as session:
        return get_reading(session, uuid.UUID(reading_id)).revision


def edit_as_the_session_ends(page: Page, server: Server, person: Account) -> None:
    """A session that ended before would have been noticed by anything that the page asks, and no key be taken then."""

    def end(route: Route) -> None:
        sessions.end_all(server.context.database, person.person.person_id)
        route.continue_()

    intercept(page, "**/edits", end)
    with page.expect_response("**/edits") as answered:
        page.keyboard.press("0")
    assert answered.value.status == 401
    page.get_by_role("heading", name="Your session ended").wait_for()
    page.unroute("**/edits")


def test_the_form_says_what_is_wrong_and_goes_on_to_where_one_wanted(page: Page, stack: str, server: Server) -> None:
    page.goto(stack)
    type_in(page, "anna", "not the password")
    page.get_by_text("Not signed in: the user name or the password is wrong").wait_for()
    assert not serious(page), "\n".join(serious(page))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(stack)
    wait_until_prepared(page)
    page.locator("[popovertarget=account]").click()
    page.get_by_text("Dr Anna Berg reader").wait_for()
    assert not serious(page), "\n".join(serious(page))
    assert is_whole(page.locator(".identity")), "the head of the page has no room for the patient"
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_label("User name").wait_for()
    page.goto(stack)
    page.get_by_label("User name").wait_for()


def test_a_password_that_is_typed_before_the_page_can_send_it_stays_out_of_the_address(page: Page, stack: str) -> None:
    held: list[Route] = []
    page.route("**/login.js", lambda route: held.append(route))
    page.goto(stack, wait_until="commit")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("User name").fill("anna")
    page.keyboard.press("Enter")
    assert PASSWORD.split()[0] not in page.url
    held[0].continue_()
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled()
    page.keyboard.press("Enter")
    page.wait_for_url(stack)


def test_work_after_the_session_ended_is_sent_after_the_next_sign_in(
    page: Page, stack: str, server: Server, anna: Account
) -> None:
    open_as(page, stack, "anna")
    edit_as_the_session_ends(page, server, anna)
    page.get_by_text("1 change not sent yet").wait_for()
    assert not serious(page), "\n".join(serious(page))
    page.get_by_role("link", name="Sign in to go on").click()
    page.get_by_text("Your session ended. Sign in to go on.").wait_for()
    sign_in(page, "anna")
    wait_for_revision(page, 1)
    wait_until_saving(page, "All changes saved")
    assert stored_revision(shown_reading(page), server) == 1


def test_work_that_one_person_left_is_neither_sent_nor_shown_by_another(
    page: Page, stack: str, server: Server, anna: Account
) -> None:
    account(server.context, "bert", Role.READER)
    open_as(page, stack, "anna")
    edit_as_the_session_ends(page, server, anna)
    page.get_by_role("link", name="Sign in to go on").click()
    sign_in(page, "bert")
    wait_until_prepared(page)
    wait_until_saving(page, "All changes saved")
    reading_id = shown_reading(page)
    page.goto(server.address)
    page.get_by_text("SAX LGE magnitude").wait_for()
    assert page.get_by_text("unsent changes").count() == 0
    assert stored_revision(reading_id, server) == 0
    sign_out(page)
    sign_in(page, "anna")
    page.get_by_text("unsent changes").wait_for()
    page.goto(stack)
    wait_for_revision(page, 1)
    assert stored_revision(shown_reading(page), server) == 1


def test_a_page_of_one_person_changes_nothing_in_the_name_of_another_who_signed_in_beside_it(
    page: Page, stack: str, server: Server
) -> None:
    account(server.context, "bert", Role.READER)
    open_as(page, stack, "anna")
    beside = page.context.request.post(
        f"{server.address}/api/v1/session",
        data={"user_name": "bert", "password": PASSWORD},
        headers={"Origin": server.address},
    )
    assert beside.ok
    page.keyboard.press("0")
    page.get_by_text("or somebody else than Dr Anna Berg").wait_for()
    assert stored_revision(shown_reading(page), server) == 0


def test_who_signs_out_with_work_that_is_not_sent_is_told_and_asked_again(page: Page, stack: str) -> None:
    open_as(page, stack, "anna")
    intercept(page, "**/edits", lambda route: route.abort())
    page.keyboard.press("0")
    wait_until_saving(page, "1 change kept here")
    sign_out(page)
    page.get_by_text("1 change is not sent yet. Sign in again in this browser to send it.").wait_for()
    page.unroute("**/edits")
    page.get_by_role("button", name="Sign out", exact=True).click()
    sign_in(page, "anna")
    page.get_by_text("SAX LGE magnitude").wait_for()
    page.goto(stack)
    wait_for_revision(page, 1)


def test_what_is_written_carries_the_name_of_the_login_and_not_one_that_was_typed_before(
    page: Page, stack: str, server: Server
) -> None:
    open_as(page, stack, "anna")
    page.evaluate("() => localStorage.setItem('scarmass.reader', 'Dr Typed')")
    reading_id = shown_reading(page)
    page.goto(f"{server.address}/readings/{reading_id}/report")
    page.get_by_label("Remarks").fill("Breathing")
    page.get_by_role("button", name="Save").click()
    page.locator("#remarks").wait_for()
    page.goto(stack)
    wait_until_prepared(page)
    page.keyboard.press("0")
    wait_for_revision(page, 1)
    with server.context.database.transaction() as session:
        written = (
            session.execute(text("select author from report_texts union select author from edits")).scalars().all()
        )
    assert written == ["Dr Anna Berg"]


def test_a_reader_is_offered_neither_to_manage_studies_nor_to_sign(page: Page, stack: str, server: Server) -> None:
    page.goto(server.address)
    sign_in(page, "anna")
    row = page.get_by_role("link", name="Read SAX LGE magnitude")
    row.press("Delete")
    row.press("Space")
    expect(page.get_by_role("link", name="CSV")).to_be_visible()
    assert page.get_by_role("button", name="More about the study").count() == 0
    for offered in ("Reader study of them", "remove its study", "the study of Phantom, Anterior"):
        expect(page.locator("body")).not_to_contain_text(offered, ignore_case=True, use_inner_text=True)
    assert not serious(page), "\n".join(serious(page))
    page.keyboard.press("Enter")
    page.wait_for_url(stack)
    wait_until_prepared(page)
    page.keyboard.press("Shift+S")
    page.get_by_text("this needs the permission to sign").wait_for()
    page.keyboard.press("a")
    page.keyboard.press("Shift+A")
    page.get_by_text("all slices are decided").wait_for()
    expect(page.locator("#messages").get_by_role("button", name="Next patient", exact=True)).to_be_visible()
    expect(page.locator(".finish .primary")).to_contain_text("Next patient")
    expect(page.locator("body")).not_to_contain_text("Sign and next", use_inner_text=True)
    sign_out(page)
    page.get_by_label("User name").wait_for()
    assert page.evaluate("sessionStorage.length") == 0, "a search that others could read"


def test_a_new_password_is_asked_for_twice_and_taken(page: Page, server: Server, anna: Account) -> None:
    page.goto(server.address)
    sign_in(page, "anna")
    page.get_by_role("button", name="Signed in as Dr Anna Berg").click()
    page.get_by_role("button", name="Change password").click()
    page.get_by_label("Password until now").fill(PASSWORD)
    page.get_by_label("New password").fill("short")
    page.get_by_label("The same again").fill("short")
    page.keyboard.press("Enter")
    page.get_by_text("a password has 15 to 256 characters").wait_for()
    for label in ("New password", "The same again"):
        page.get_by_label(label).fill("a lantern in the boathouse")
    page.keyboard.press("Enter")
    page.get_by_text("The password is changed.").wait_for()
    sign_out_here = page.get_by_role("button", name="Sign out", exact=True)
    sign_out_here.click()
    sign_in(page, "anna", "a lantern in the boathouse")
