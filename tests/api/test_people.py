"""An administrator makes and changes accounts and services' tokens; whom it concerns notices at once."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from scarmass.domain.access import Permission, Role
from scarmass.services.context import Context
from tests.api.signed_in import PASSWORD, account, another, browser, server, service

NEW = {"user_name": "Cleo", "password": "a kettle on the windowsill", "roles": ["reader"]}
OTHER_PASSWORD = "a tram bell in the fog"
STUDIES = "/api/v1/studies"


@pytest.fixture
def client(context: Context) -> Iterator[TestClient]:
    account(context, "boss", Role.ADMINISTRATOR)
    with server(context) as client:
        yield client


@pytest.fixture
def boss(client: TestClient) -> TestClient:
    return browser(client, "boss")


def test_a_new_account_signs_in_with_what_it_was_given(client: TestClient, boss: TestClient) -> None:
    made = boss.post("/api/v1/people", json=NEW | {"name": "Dr Cleo Young", "study_groups": ["north"]})
    assert made.status_code == 201, made.text
    assert made.json()["user_name"] == "cleo"
    person = browser(client, "CLEO", NEW["password"]).get("/api/v1/session").json()["person"]
    assert (person["name"], person["roles"], person["study_groups"]) == ("Dr Cleo Young", ["reader"], ["north"])


@pytest.mark.parametrize("name", ["Dr Boss", "dr  BOSS", "Ｄｒ boss"])
def test_no_two_people_have_names_that_look_alike(boss: TestClient, name: str) -> None:
    answer = boss.post("/api/v1/people", json=NEW | {"name": name})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:scarmass:problem:NameTaken")


@pytest.mark.parametrize("name", ["import", "Unauthenticated Reader", "Dr Anna (unauthenticated)", " ", "a\u200bb"])
def test_nobody_is_named_like_what_no_person_did(boss: TestClient, name: str) -> None:
    answer = boss.post("/api/v1/people", json=NEW | {"name": name})
    assert answer.json()["type"] == "urn:scarmass:problem:NameInvalid", answer.text


@pytest.mark.parametrize("change", [{"roles": ["signer"]}, {"study_groups": ["north"]}, {"password": OTHER_PASSWORD}])
def test_a_change_of_what_somebody_may_signs_them_out_everywhere(
    client: TestClient, boss: TestClient, context: Context, change: dict
) -> None:
    anna = account(context, "anna", Role.READER)
    ward = browser(client, "anna")
    changed = boss.patch(f"/api/v1/people/{anna.person.person_id}", json=change)
    assert changed.status_code == 200, changed.text
    assert ward.get(STUDIES).status_code == 401
    person = browser(client, "anna", change.get("password", PASSWORD)).get("/api/v1/session").json()["person"]
    assert all(person[name] == value for name, value in change.items() if name != "password")


def test_a_change_that_changes_nothing_leaves_the_session(
    client: TestClient, boss: TestClient, context: Context
) -> None:
    anna = account(context, "anna", Role.READER)
    ward = browser(client, "anna")
    boss.patch(f"/api/v1/people/{anna.person.person_id}", json={"roles": ["reader"]}).raise_for_status()
    assert ward.get(STUDIES).status_code == 200


def test_a_disabled_account_is_out_at_once_and_stays_out(
    client: TestClient, boss: TestClient, context: Context
) -> None:
    anna = account(context, "anna", Role.READER)
    ward = browser(client, "anna")
    boss.patch(f"/api/v1/people/{anna.person.person_id}", json={"is_disabled": True}).raise_for_status()
    assert ward.get(STUDIES).status_code == 401
    body = {"user_name": "anna", "password": PASSWORD}
    assert client.post("/api/v1/session", json=body).json()["type"] == "urn:scarmass:problem:SignInRefused"
    boss.patch(f"/api/v1/people/{anna.person.person_id}", json={"is_disabled": False}).raise_for_status()
    assert client.post("/api/v1/session", json=body).status_code == 200


def test_people_are_listed_by_name_a_page_at_a_time_without_their_passwords(boss: TestClient, context: Context) -> None:
    for name in ("zoe", "adam", "mia"):
        account(context, name, Role.READER)
    names, cursor = [], None
    while True:
        page = boss.get("/api/v1/people", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        names += [one["name"] for one in page["people"]]
        assert "argon2" not in str(page)
        if (cursor := page["next_cursor"]) is None:
            break
    assert names == ["Dr adam", "Dr boss", "Dr mia", "Dr zoe"]


def test_a_token_is_told_once_works_and_is_listed_by_what_is_kept_of_it(
    client: TestClient, boss: TestClient, context: Context
) -> None:
    made = boss.post("/api/v1/tokens", json={"name": "robot"}).json()
    robot = another(client)
    robot.headers["Authorization"] = f"Bearer {made['token']}"
    assert robot.get(STUDIES).status_code == 200
    listed = boss.get("/api/v1/tokens").json()["tokens"]
    assert [(one["name"], one["created_by"], one["used_at"] is None) for one in listed] == [("robot", "Dr boss", False)]
    with context.database.transaction() as session:
        stored = session.execute(text("select tokens::text from tokens")).scalar_one()
    assert made["token"] not in stored
    assert made["token"] not in str(listed)


def test_a_revoked_token_and_one_that_has_expired_are_nobodys(
    client: TestClient, boss: TestClient, context: Context
) -> None:
    robot, other = service(context, client, "robot"), service(context, client, "other robot")
    ids = {one["name"]: one["id"] for one in boss.get("/api/v1/tokens").json()["tokens"]}
    assert boss.delete(f"/api/v1/tokens/{ids['robot']}").status_code == 204
    with context.database.transaction() as session:
        session.execute(text("update tokens set expires_at = now() where name = 'other robot'"))
    for program in (robot, other):
        answer = program.get(STUDIES)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_token_that_is_shown_counts_before_a_cookie(client: TestClient, boss: TestClient) -> None:
    assert boss.get("/api/v1/tokens", headers={"Authorization": "Bearer scarmass_x"}).status_code == 401


def test_no_token_has_more_than_a_service_may(boss: TestClient) -> None:
    answer = boss.post("/api/v1/tokens", json={"name": "robot", "permissions": ["view", "sign"]})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:scarmass:problem:NotAllowed")
    assert boss.post("/api/v1/tokens", json={"name": "Dr boss"}).status_code == 409


def test_a_service_has_neither_a_session_nor_a_password(client: TestClient, context: Context) -> None:
    robot = service(context, client, "robot", {Permission.VIEW})
    session = robot.get("/api/v1/session").json()
    assert (session["person"]["permissions"], session["expires_at"]) == (["view"], None)
    passwords = {"old": PASSWORD, "new": OTHER_PASSWORD}
    assert robot.put("/api/v1/session/password", json=passwords).status_code == 409
