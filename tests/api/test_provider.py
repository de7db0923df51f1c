"""Signing in at an OpenID Connect provider: at two of them, the second one a strict one."""

import socket
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from scarmass.services.context import Context
from tests.api.providers import CALLBACK, Running, come_back, mock, sent_to, sign_in, strict, with_provider
from tests.api.signed_in import another, server

STUDIES, SESSION = "/api/v1/studies", "/api/v1/session"


@pytest.fixture(scope="module", params=["oidc-provider-mock", "oidc-provider"])
def provider(request: pytest.FixtureRequest) -> Iterator[Running]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with mock() if request.param == "oidc-provider-mock" else strict(port) as running:
        yield running


@pytest.fixture
def client(context: Context, provider: Running) -> Iterator[TestClient]:
    with server(context, provider.login) as client:
        yield client


def person(client: TestClient) -> dict:
    return client.get(SESSION).json()["person"]


def test_whoever_the_provider_names_comes_in_with_the_roles_that_its_claims_give(
    client: TestClient, provider: Running
) -> None:
    assert client.get(STUDIES).status_code == 401
    answer = sign_in(client, provider, "anna-1", "/stacks/1.2?x=1")
    assert answer.status_code == 200, answer.text
    anna = person(client)
    assert (anna["name"], anna["roles"], anna["study_groups"]) == ("Dr Anna Berg", ["reader", "signer"], ["heart"])
    assert client.get(STUDIES).status_code == 200
    assert client.get(SESSION).json()["may_change_password"] is False
    sign_in(client, provider, "bert-2")
    assert person(client)["study_groups"] is None
    listed = client.get("/api/v1/people").json()["people"]
    assert {(one["name"], one["issuer"], one["email"]) for one in listed} == {
        ("Dr Anna Berg", provider.issuer, "anna@x.example"),
        ("Bert Boss", provider.issuer, ""),
    }


def test_the_browser_goes_on_by_itself_from_a_page_of_ours_and_to_one_of_ours(
    client: TestClient, provider: Running
) -> None:
    answer = sign_in(client, provider, "anna-1", '/stacks/1.2?x="><script>')
    assert '<meta http-equiv="refresh" content="0; url=/stacks/1.2?x=&#34;&gt;&lt;script&gt;">' in answer.text
    assert 'content="0; url=/"' in sign_in(client, provider, "anna-1", "//evil.example").text


def test_what_the_provider_is_asked_holds_state_nonce_and_a_challenge(client: TestClient) -> None:
    asked, again = (parse_qs(urlsplit(sent_to(client)).query) for _ in range(2))
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [CALLBACK]
    assert all(asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_signs_nobody_in(client: TestClient, site: str) -> None:
    answer = client.get("/login/provider", headers={"Sec-Fetch-Site": site}, follow_redirects=False)
    assert answer.status_code == 200
    assert "Sign in at the hospital" in answer.text
    assert "set-cookie" not in answer.headers


def test_the_cookie_of_the_way_is_for_the_way_alone(client: TestClient, provider: Running) -> None:
    answer = client.get("/login/provider", follow_redirects=False)
    kept = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert kept == {"httponly", "max-age=600", "path=/", "samesite=lax"}
    sign_in(client, provider, "anna-1")
    assert set(client.cookies) == {"scarmass"}


def test_an_answer_is_for_the_browser_that_asked_and_once(client: TestClient, provider: Running) -> None:
    address = provider.agree(sent_to(client), "anna-1")
    assert come_back(another(client), address).status_code == 401
    assert come_back(client, address).status_code == 200
    assert come_back(client, address).status_code == 401
    sent_to(client)
    assert come_back(client, address).status_code == 401


def test_an_answer_with_a_code_of_another_sign_in_is_refused(client: TestClient, provider: Running) -> None:
    mine, others = sent_to(client), sent_to(another(client))
    stolen = parse_qs(urlsplit(provider.agree(others, "bert-2")).query)["code"][0]
    state = parse_qs(urlsplit(mine).query)["state"][0]
    answer = client.get("/login/callback", params={"code": stolen, "state": state})
    assert answer.status_code == 401
    assert person(client) is None


@pytest.mark.parametrize("query", [{}, {"state": "x", "code": "y"}, {"error": "access_denied"}, {"state": "ä\0"}])
def test_an_answer_that_is_none_leads_back_to_the_login(client: TestClient, query: dict) -> None:
    sent_to(client)
    answer = client.get("/login/callback", params=query)
    assert answer.status_code == 401
    assert "Sign in at the hospital" in answer.text


def test_whoever_has_no_role_here_is_told_so(client: TestClient, provider: Running) -> None:
    answer = sign_in(client, provider, "dora-4")
    assert answer.status_code == 403
    assert "ask your administrator" in answer.text
    assert person(client) is None


def test_two_people_of_one_name_are_two(client: TestClient, provider: Running) -> None:
    names = []
    for subject in ("anna-1", "cleo-3", "anna-1", "cleo-3"):
        sign_in(client, provider, subject)
        names.append(person(client)["name"])
    assert names == ["Dr Anna Berg", "Dr Anna Berg (cleo)"] * 2


def test_roles_that_the_provider_takes_away_are_gone_at_the_next_sign_in_in_every_browser(
    client: TestClient, provider: Running
) -> None:
    provider.change("eve-5", {"name": "Eve", "groups": ["signers"]})
    ward, home = another(client), another(client)
    sign_in(ward, provider, "eve-5")
    provider.change("eve-5", {"name": "Eve", "groups": ["readers"]})
    sign_in(home, provider, "eve-5")
    assert person(home)["roles"] == ["reader"]
    assert ward.get(STUDIES).status_code == 401
    provider.change("eve-5", {"name": "Eve", "groups": []})
    assert sign_in(ward, provider, "eve-5").status_code == 403
    assert home.get(STUDIES).status_code == 401


def test_an_account_that_was_disabled_here_stays_out(client: TestClient, provider: Running, context: Context) -> None:
    sign_in(client, provider, "anna-1")
    with context.database.transaction() as session:
        session.execute(text("update people set is_disabled = true"))
    assert sign_in(client, provider, "anna-1").status_code == 401
    assert person(client) is None


def test_roles_and_password_of_whoever_signs_in_at_the_provider_are_changed_there(
    client: TestClient, provider: Running
) -> None:
    sign_in(client, provider, "bert-2")
    url = f"/api/v1/people/{person(client)['person_id']}"
    kinds = [client.patch(url, json=change).json()["type"] for change in ({"roles": []}, {"password": "x" * 20})]
    assert [kind.rsplit(":", 1)[1] for kind in kinds] == ["RolesNotOurs", "PasswordNotOurs"]
    body = {"user_name": "x", "password": "a kettle on the windowsill", "roles": []}
    assert client.post("/api/v1/people", json=body).json()["type"].endswith("NoLogin")
    assert client.post(SESSION, json={"user_name": "bert-2", "password": "x"}).json()["type"].endswith("NoLogin")


def test_a_provider_that_does_not_answer_is_told_on_the_login_page(context: Context, unused_tcp_port: int) -> None:
    with mock() as running:
        login = with_provider(running.login, issuer=f"http://127.0.0.1:{unused_tcp_port}")
    with server(context, login) as client:
        answer = client.get("/login/provider")
        assert answer.status_code == 503
        assert "does not answer" in answer.text


def test_a_provider_that_calls_itself_otherwise_is_not_believed(context: Context) -> None:
    with mock() as running, server(context, with_provider(running.login, issuer=f"{running.issuer}/")) as client:
        assert client.get("/login/provider").status_code == 401
