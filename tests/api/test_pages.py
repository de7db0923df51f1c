"""The pages themselves."""

import re
from collections.abc import Set
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from scarmass.domain.access import Role
from scarmass.domain.login import Provider
from scarmass.services.context import Context
from tests.api.signed_in import LOCAL, account, browser, server

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/nothing/here", "/readings/no-id/report", "/reader-studies/no-id"])
def test_a_browser_gets_a_page_with_the_way_back_where_there_is_none(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert '<a href="/">' in answer.text


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/nothing", {}), ("/api/v1/nothing", BROWSER), ("/static/nothing.js", BROWSER)],
)
def test_programs_get_a_problem_where_nothing_is(client: TestClient, path: str, headers: dict[str, str]) -> None:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def links(client: TestClient, path: str) -> set[str]:
    """Where the head of a page leads."""
    head = client.get(path, headers=BROWSER).text.split("<main")[0]
    return set(re.findall(r'<a href="(/[^"]*)"', head)) - {"/"}


def test_without_a_login_nothing_on_a_page_is_of_a_person(client: TestClient) -> None:
    page = client.get("/", headers=BROWSER).text
    assert "data-person" not in page
    assert "account" not in page
    assert links(client, "/") == {"/pacs", "/reader-studies", "/audit", "/docs"}


@pytest.mark.parametrize(
    ("roles", "leads_to"),
    [
        ({Role.READER}, {"/pacs", "/reader-studies", "/docs"}),
        ({Role.READER, Role.ADMINISTRATOR}, {"/pacs", "/reader-studies", "/people", "/audit", "/docs"}),
    ],
)
def test_the_worklist_leads_to_what_one_may_open(context: Context, roles: Set[Role], leads_to: set[str]) -> None:
    account(context, "anna", *roles, name="Dr <Anna>")
    with server(context) as client:
        anna = browser(client, "anna")
        assert links(anna, "/") == leads_to
        assert "Dr &lt;Anna&gt;" in anna.get("/").text


def test_an_administrator_who_sees_no_patients_begins_with_the_people(context: Context) -> None:
    account(context, "boss", Role.ADMINISTRATOR)
    with server(context) as client:
        begun = browser(client, "boss").get("/", headers=BROWSER)
    assert begun.url.path == "/people"
    assert "Who may be here" in begun.text


@pytest.mark.parametrize("next", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_the_sign_in_goes_on_to_a_page_of_this_server_alone(context: Context, next: str) -> None:
    provider = Provider("https://login.example", "scarmass", "secret", {}, label="Hospital")
    with server(context, replace(LOCAL, provider=provider)) as client:
        page = client.get("/login", params={"next": next}, headers=BROWSER).text
    assert 'data-next="/"' in page
    assert '<a class="provider" href="/login/provider?next=/">Hospital</a>' in page
    assert "evil" not in page


def test_a_password_is_hidden_and_offered_to_password_managers(context: Context) -> None:
    account(context, "anna", Role.READER)
    with server(context) as client:
        to_sign_in = inputs(client.get("/login", headers=BROWSER).text)
        to_change = inputs(browser(client, "anna").get("/", headers=BROWSER).text)
    assert to_sign_in["user_name"] == ("text", "username")
    assert to_sign_in["password"] == ("password", "current-password")
    assert to_change["old"] == ("password", "current-password")
    assert to_change["new"] == to_change["again"] == ("password", "new-password")


def inputs(page: str) -> dict[str, tuple[str, str]]:
    """Type and autocomplete of each field that has a word for password managers, by its name."""
    found = {}
    for tag in re.findall(r"<input [^>]*autocomplete=[^>]*>", page):
        told = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        found[told.get("name", "")] = told.get("type", "text"), told["autocomplete"]
    return found


@pytest.mark.parametrize("path", ["/people", "/audit"])
def test_whoever_may_not_open_a_page_is_told_so_by_a_page(context: Context, path: str) -> None:
    account(context, "anna", Role.READER)
    with server(context) as client:
        anna = browser(client, "anna")
        page = anna.get(path, headers=BROWSER)
        assert page.status_code == 403
        assert "not yours to open" in page.text
        assert '<a href="/">' in page.text
        assert anna.get(path, headers={"Accept": "*/*"}).headers["content-type"] == "application/problem+json"
