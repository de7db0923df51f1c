"""Signing in with a password: sessions that begin, are used, change their token and end."""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from scarmass.api.asking import own_path
from scarmass.domain.access import Role
from scarmass.services.access.passwords import hashed
from scarmass.services.access.sessions import FREE_TRIES, MOST_TRIES
from scarmass.services.context import Context
from tests.api.signed_in import LOCAL, PASSWORD, account, another, browser, server, with_limits
from tests.conftest import application

OTHER_PASSWORD = "a lantern in the boathouse"
STUDIES = "/api/v1/studies"
SESSION = "/api/v1/session"


@pytest.fixture
def client(context: Context) -> Iterator[TestClient]:
    account(context, "anna", Role.SIGNER, name="Dr Anna Berg")
    with server(context) as client:
        yield client


def sign_in(client: TestClient, user_name: str = "anna", password: str = PASSWORD):
    return client.post(SESSION, json={"user_name": user_name, "password": password})


def past(context: Context, column: str, by: timedelta) -> None:
    """Let every session be older, or unused for longer."""
    with context.database.transaction() as session:
        session.execute(text(f"update sessions set {column} = {column} - :by"), {"by": by})


def test_whoever_is_not_signed_in_sees_nothing_and_whoever_is_does(client: TestClient) -> None:
    assert client.get(STUDIES).json()["type"] == "urn:scarmass:problem:NotSignedIn"
    assert client.get(STUDIES).status_code == 401
    signed_in = sign_in(client).json()
    assert signed_in["person"]["name"] == "Dr Anna Berg"
    assert signed_in["person"]["roles"] == ["signer"]
    assert signed_in["idle_expires_at"] < signed_in["expires_at"]
    assert client.get(STUDIES).status_code == 200
    assert client.get(SESSION).json() == signed_in


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/login", "/static/css/base.css", SESSION])
def test_what_has_to_be_reached_before_the_sign_in_is(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/nowhere", "/dicomweb/studies", "/static", "/login/x"])
def test_everything_else_follows_the_login(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 401


def test_a_page_leads_to_the_login_and_from_there_back(client: TestClient) -> None:
    answer = client.get("/stacks/1.2?view=ä&x=1", headers={"Accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fstacks%2F1.2%3Fview%3D%25C3%25A4%26x%3D1"


def test_whose_session_ended_is_told_so_where_they_sign_in_again(client: TestClient, context: Context) -> None:
    sign_in(client)
    past(context, "created_at", timedelta(hours=13))
    answer = client.get("/reader-studies", headers={"Accept": "text/html"})
    assert str(answer.url).endswith("/login?next=%2Freader-studies&ended=true")
    assert "Your session ended." in answer.text
    assert 'data-next="/reader-studies"' in answer.text


def test_a_page_that_was_made_for_one_person_asks_nothing_as_another(client: TestClient, context: Context) -> None:
    account(context, "bert", Role.READER)
    anna = sign_in(client).json()["person"]["person_id"]
    assert client.get(STUDIES, headers={"X-Person": anna}).status_code == 200
    sign_in(client, "bert")
    answer = client.get(STUDIES, headers={"X-Person": anna})
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:scarmass:problem:NotSignedIn")
    assert client.get(STUDIES).status_code == 200


@pytest.mark.parametrize(
    "next",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "", "/login", "x", "/a\nb"],
)
def test_what_is_gone_on_to_is_a_path_of_this_server(next: str) -> None:
    assert own_path(next) == "/"
    assert own_path("/stacks/1.2?view=%C3%A4") == "/stacks/1.2?view=%C3%A4"


@pytest.mark.parametrize(
    ("address", "name", "is_secure"),
    [("http://127.0.0.1:8000", "scarmass", False), ("https://scar.example", "__Host-scarmass", True)],
)
def test_no_script_and_no_other_site_has_the_cookie(context: Context, address: str, name: str, is_secure: bool) -> None:
    account(context, "anna", Role.READER)
    with server(context, replace(LOCAL, public_address=address)) as client:
        cookie = sign_in(client).headers["set-cookie"]
        assert cookie.startswith(f"{name}=")
        kept = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert kept == {"httponly", "path=/", "samesite=strict"} | ({"secure"} if is_secure else set())
        assert client.get(STUDIES).status_code == 200


def test_a_password_is_kept_by_argon2id_with_the_work_of_rfc_9106_and_no_copy_of_it() -> None:
    kept = hashed(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PASSWORD not in kept
    assert kept != hashed(PASSWORD)


def test_the_token_is_stored_nowhere(client: TestClient, context: Context) -> None:
    sign_in(client)
    with context.database.transaction() as session:
        stored = session.execute(text("select sessions::text from sessions")).scalar_one()
    assert client.cookies["scarmass"] not in stored


def test_each_sign_in_has_a_token_of_its_own_and_the_one_before_ends(client: TestClient) -> None:
    sign_in(client)
    first = client.cookies["scarmass"]
    sign_in(client)
    assert client.cookies["scarmass"] != first
    stolen = another(client)
    stolen.cookies["scarmass"] = first
    assert stolen.get(STUDIES).status_code == 401


def test_signing_out_ends_the_session_on_the_server_too(client: TestClient) -> None:
    sign_in(client)
    kept = client.cookies["scarmass"]
    assert client.delete(SESSION).status_code == 204
    assert "scarmass" not in client.cookies
    client.cookies["scarmass"] = kept
    assert client.get(STUDIES).status_code == 401
    assert client.delete(SESSION).status_code == 204


@pytest.mark.parametrize("path", [SESSION, "/api/v1/sessions"])
def test_signing_out_leaves_no_image_in_the_browser_and_no_unsent_work_is_lost(client: TestClient, path: str) -> None:
    sign_in(client)
    assert client.delete(path).headers["clear-site-data"] == '"cache"'


def test_signing_out_everywhere_ends_every_session_of_this_person_alone(client: TestClient, context: Context) -> None:
    account(context, "bert", Role.READER)
    ward, home, bert = browser(client, "anna"), browser(client, "anna"), browser(client, "bert")
    assert ward.delete("/api/v1/sessions").status_code == 204
    assert [one.get(STUDIES).status_code for one in (ward, home, bert)] == [401, 401, 200]


def test_a_session_that_is_not_used_ends_and_one_that_is_does_not(context: Context) -> None:
    account(context, "anna", Role.READER)
    with server(context, with_limits(idle=timedelta(hours=1), longest=timedelta(hours=10))) as client:
        sign_in(client)
        for _ in range(3):
            past(context, "seen_at", timedelta(minutes=50))
            assert client.get(STUDIES).status_code == 200
        past(context, "seen_at", timedelta(minutes=61))
        assert client.get(STUDIES).status_code == 401


def test_looking_when_the_session_ends_does_not_put_that_off(client: TestClient, context: Context) -> None:
    until = sign_in(client).json()["idle_expires_at"]
    past(context, "seen_at", timedelta(minutes=50))
    assert client.get(SESSION).json()["idle_expires_at"] < until
    past(context, "seen_at", timedelta(minutes=11))
    assert client.get(SESSION).json()["person"] is None


def test_a_session_ends_at_last_however_much_it_is_used(context: Context) -> None:
    account(context, "anna", Role.READER)
    with server(context, with_limits(idle=timedelta(hours=1), longest=timedelta(hours=10))) as client:
        sign_in(client)
        past(context, "created_at", timedelta(hours=10))
        assert client.get(STUDIES).status_code == 401


def test_neither_a_wrong_password_nor_a_name_that_is_nobodys_is_told_from_the_other(client: TestClient) -> None:
    wrong, nobody = sign_in(client, password="wrong"), sign_in(client, "nobody")
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.json() == nobody.json()


@pytest.mark.parametrize("user_name", ["anna", "nobody"])
def test_after_several_wrong_passwords_the_next_one_is_looked_at_later_and_later(
    client: TestClient, context: Context, user_name: str
) -> None:
    refused = [sign_in(client, user_name, "wrong").json()["type"] for _ in range(FREE_TRIES + 1)]
    assert set(refused[:-1]) == {"urn:scarmass:problem:SignInRefused"}
    assert refused[-1] == "urn:scarmass:problem:SignInPaused"
    assert sign_in(client, user_name).json()["type"] == "urn:scarmass:problem:SignInPaused"
    waits = [(5, False), (6, True), (9, False), (11, True)]
    for seconds, is_looked_at in waits:
        with context.database.transaction() as session:
            session.execute(
                text("update sign_in_failures set last_at = now() - make_interval(secs => :s)"), {"s": seconds - 0.5}
            )
        kind = sign_in(client, user_name, "wrong").json()["type"]
        assert kind.endswith("SignInRefused") is is_looked_at


def test_the_right_password_after_the_wait_begins_a_session_and_the_count_anew(
    client: TestClient, context: Context
) -> None:
    for _ in range(FREE_TRIES):
        sign_in(client, password="wrong")
    with context.database.transaction() as session:
        session.execute(text("update sign_in_failures set last_at = last_at - interval '1 hour'"))
    assert sign_in(client).status_code == 200
    assert sign_in(client, password="wrong").json()["type"] == "urn:scarmass:problem:SignInRefused"


def test_after_a_hundred_wrong_passwords_only_a_new_one_helps(client: TestClient, context: Context) -> None:
    account(context, "boss", Role.ADMINISTRATOR)
    boss = browser(client, "boss")
    sign_in(client, password="wrong")
    with context.database.transaction() as session:
        session.execute(
            text("update sign_in_failures set count = :count, last_at = last_at - interval '1 year'"),
            {"count": MOST_TRIES},
        )
    assert "administrator" in sign_in(client).json()["detail"]
    anna = next(one for one in boss.get("/api/v1/people").json()["people"] if one["user_name"] == "anna")
    boss.patch(f"/api/v1/people/{anna['person_id']}", json={"password": OTHER_PASSWORD}).raise_for_status()
    assert sign_in(client, password=OTHER_PASSWORD).status_code == 200


def test_a_new_password_of_ones_own_needs_the_old_one_and_ends_the_other_sessions(client: TestClient) -> None:
    here, there = browser(client, "anna"), browser(client, "anna")
    before = here.cookies["scarmass"]
    assert here.put(f"{SESSION}/password", json={"old": "wrong", "new": OTHER_PASSWORD}).status_code == 401
    assert here.put(f"{SESSION}/password", json={"old": PASSWORD, "new": OTHER_PASSWORD}).status_code == 200
    assert here.cookies["scarmass"] != before
    assert [here.get(STUDIES).status_code, there.get(STUDIES).status_code] == [200, 401]
    assert sign_in(client).status_code == 401
    assert sign_in(client, password=OTHER_PASSWORD).status_code == 200


@pytest.mark.parametrize(
    "new",
    ["fourteen chars", "a" * 20, "passwordpassword1", "1234567890123456", "scarmass scarmass", " " * 15, "x" * 257],
)
def test_a_password_that_is_short_or_guessed_at_once_is_refused(client: TestClient, new: str) -> None:
    sign_in(client)
    answer = client.put(f"{SESSION}/password", json={"old": PASSWORD, "new": new})
    assert answer.json()["type"] == "urn:scarmass:problem:PasswordRefused"
    assert new not in answer.text


@pytest.mark.parametrize(
    "new",
    [
        "mein hund bellt nachts",
        "心肌梗死疤痕质量测量软件很好用的",
        "kz8 w1!?p0 qqL rr",
        "ä" * 3 + "bend über köln",
        "eleven herons wade where the river slows " * 6,
    ],
)
def test_any_characters_make_a_password_however_they_are_composed(client: TestClient, new: str) -> None:
    sign_in(client)
    composed, decomposed = (unicodedata.normalize(form, new) for form in ("NFC", "NFD"))
    assert client.put(f"{SESSION}/password", json={"old": PASSWORD, "new": decomposed}).status_code == 200
    assert sign_in(client, password=composed).status_code == 200


def test_a_password_is_told_in_no_answer(client: TestClient) -> None:
    answer = client.post(SESSION, json={"user_name": ["x"], "password": PASSWORD, "more": 1})
    assert answer.status_code == 422
    assert PASSWORD not in answer.text


def test_the_readers_name_comes_from_the_login_alone(client: TestClient) -> None:
    sign_in(client)
    answer = client.get(STUDIES, headers={"X-Reader": "Dr Bert"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:scarmass:problem:ReaderClaimed")


def test_without_a_login_everybody_is_anybody_and_nobody_signs_in(context: Context) -> None:
    with TestClient(application(context)) as client:
        assert client.get(SESSION).json()["login"] == "none"
        assert client.get(SESSION).json()["person"] is None
        assert sign_in(client).json()["type"] == "urn:scarmass:problem:NoLogin"
        assert client.delete("/api/v1/sessions").status_code == 409
        assert client.delete(SESSION).status_code == 204
        for path in ("people", "tokens"):
            assert client.get(f"/api/v1/{path}").json()["type"] == "urn:scarmass:problem:NoLogin"
