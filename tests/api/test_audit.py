"""The audit trail over REST: searched, paged, taken away as a table, by an administrator alone."""

import csv
import io
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from scarmass.domain.access import Role
from scarmass.domain.audit import Action, Event, Outcome, Sought, Subject
from scarmass.imaging.syslog import SyslogReceiver, SyslogServer
from scarmass.services import audit_table
from scarmass.services.audit import page_of_events, record
from scarmass.services.audit_forward import forward_next
from scarmass.services.context import Context
from tests.api.signed_in import PASSWORD, account, another, browser, server

AT = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture
def recorded(context: Context) -> list[Event]:
    """Three events, the oldest first."""
    events = [
        Event(Action.OPEN, "Dr Anna", uuid.UUID(int=1), "10.0.0.1", Subject("P1", "1.2"), occurred_at=AT),
        Event(Action.SIGN, "Dr Bert", subject=Subject("P2", "1.3"), occurred_at=AT + timedelta(days=1)),
        Event(
            Action.SEND,
            subject=Subject("P1", "1.2"),
            outcome=Outcome.FAILED,
            reason="PeerUnreachable",
            about={"peer": "PACS"},
            occurred_at=AT + timedelta(days=2),
        ),
    ]
    record(context, *events)
    return events


def found(client: TestClient, **query: object) -> list[str]:
    answer = client.get("/api/v1/audit", params={"until": "2026-03-31T00:00:00Z", **query})  # type: ignore[arg-type]
    return [one["action"] for one in answer.raise_for_status().json()["events"]]


def test_events_are_told_with_all_that_is_known_of_them(client: TestClient, recorded: list[Event]) -> None:
    told = client.get("/api/v1/audit").raise_for_status().json()
    newest, _, oldest = told["events"]
    sha256 = newest.pop("sha256")
    assert len(sha256) == 64
    assert newest == {
        "number": 3,
        "occurred_at": "2026-03-06T00:00:00Z",
        "action": "send",
        "outcome": "failed",
        "reason": "PeerUnreachable",
        "person": "ScarMass",
        "person_id": None,
        "address": "",
        "patient_id": "P1",
        "study_instance_uid": "1.2",
        "about": {"peer": "PACS"},
    }
    assert (oldest["person_id"], oldest["address"]) == (str(uuid.UUID(int=1)), "10.0.0.1")
    assert (told["next_cursor"], told["receiver"]) == (None, None)


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ({"person": "ANN"}, ["open"]),
        ({"action": ["sign", "send"]}, ["send", "sign"]),
        ({"patient_id": "P1"}, ["send", "open"]),
        ({"study_instance_uid": "1.3"}, ["sign"]),
        ({"outcome": "failed"}, ["send"]),
        ({"since": "2026-03-05T00:00:00Z", "until": "2026-03-06T00:00:00Z"}, ["sign"]),
        ({"since": "2026-03-06T01:00:00+01:00"}, ["send"]),
        ({"patient_id": "P3"}, []),
    ],
)
def test_it_is_searched_by_who_what_whose_and_when(
    client: TestClient, recorded: list[Event], query: dict, actions: list[str]
) -> None:
    assert found(client, **query) == actions


def test_a_page_goes_on_where_the_one_before_ended(client: TestClient, recorded: list[Event]) -> None:
    first = client.get("/api/v1/audit?limit=2").json()
    second = client.get("/api/v1/audit", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [one["number"] for one in first["events"] + second["events"]] == [3, 2, 1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "query", ["action=dance", "since=2026-03-05", "since=2026-03-05T00:00:00", "cursor=0", "limit=501", "person=%00"]
)
def test_a_search_that_cannot_be_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/api/v1/audit?{query}").status_code == 422


def test_that_it_was_looked_at_is_recorded(context: Context, client: TestClient, recorded: list[Event]) -> None:
    client.get("/api/v1/audit?patient_id=P1")
    client.get("/api/v1/audit/export")
    looked = page_of_events(context, Sought(actions=(Action.AUDIT,)), 10, None)
    assert [row.event.about["route"] for row in looked] == ["GET /api/v1/audit/export", "GET /api/v1/audit"]


def rows_of(client: TestClient, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/api/v1/audit/export?until=2026-03-31T00:00:00Z{query}").raise_for_status()
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_all_that_is_sought_is_taken_away_as_a_table_however_many_pieces_it_is_of(
    client: TestClient, recorded: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_table, "PIECE", 2)
    rows = rows_of(client)
    assert [row["number"] for row in rows] == ["3", "2", "1"]
    assert rows[2]["occurred_at"] == "2026-03-04T00:00:00+00:00"
    assert rows[0]["about"] == '{"peer": "PACS"}'
    assert [row["action"] for row in rows_of(client, "&patient_id=P1")] == ["send", "open"]
    assert rows_of(client, "&patient_id=P3") == []


def test_no_cell_of_the_table_begins_a_formula(context: Context, client: TestClient) -> None:
    harmful = '=HYPERLINK("http://x")'
    record(context, Event(Action.OPEN, harmful, None, "@x", Subject("+1", "-2"), reason="=1", occurred_at=AT))
    (row,) = rows_of(client)
    assert row["person"] == f"'{harmful}"
    assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_how_far_a_syslog_server_has_it_is_told(context: Context, client: TestClient, recorded: list[Event]) -> None:
    context.audit_receiver = SyslogReceiver(SyslogServer("127.0.0.1", 9, is_encrypted=False))
    forward_next(context, context.audit_receiver)
    record(context, Event(Action.STOP, occurred_at=AT))
    told = client.get("/api/v1/audit").json()["receiver"]
    assert told == {"name": "udp://127.0.0.1:9", "number": 3, "newest": 4}


@pytest.fixture
def with_login(context: Context) -> Iterator[TestClient]:
    with server(context) as client:
        yield client


def test_with_a_login_it_is_for_administrators_alone(context: Context, with_login: TestClient) -> None:
    account(context, "anna", Role.SIGNER)
    account(context, "ada", Role.ADMINISTRATOR)
    for path in ("/audit", "/api/v1/audit", "/api/v1/audit/export"):
        assert browser(with_login, "anna").get(path).status_code == 403
        assert browser(with_login, "ada").get(path).status_code == 200
        assert another(with_login).get(path, follow_redirects=False).status_code == 401
    refused = page_of_events(context, Sought(actions=(Action.AUDIT,), outcome=Outcome.REFUSED), 10, None)
    assert {(row.event.person, row.event.reason) for row in refused} == {
        ("Dr anna", "NotAllowed"),
        ("unauthenticated reader", "NotSignedIn"),
    }


def test_signing_in_failing_to_and_signing_out_is_recorded(context: Context, with_login: TestClient) -> None:
    anna = account(context, "anna", Role.READER)
    said = {"user_name": "anna", "password": "not the password"}
    assert another(with_login).post("/api/v1/session", json=said).status_code == 401
    browser(with_login, "anna").delete("/api/v1/session")
    events = [row.event for row in page_of_events(context, Sought(), 10, None)][::-1]
    told = [(one.action, one.outcome, one.person, one.person_id) for one in events]
    assert told == [
        (Action.SIGN_IN, Outcome.REFUSED, "anna (not signed in)", None),
        (Action.SIGN_IN, Outcome.SUCCESS, "Dr anna", anna.person.person_id),
        (Action.SIGN_OUT, Outcome.SUCCESS, "Dr anna", anna.person.person_id),
    ]
    assert PASSWORD not in str(events)
    assert "not the password" not in str(events)


def test_a_page_that_sends_somebody_to_the_login_showed_them_nothing(context: Context, with_login: TestClient) -> None:
    path = f"/readings/{uuid.uuid4()}/report"
    answer = with_login.get(path, headers={"Accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == 303
    (event,) = [row.event for row in page_of_events(context, Sought(), 10, None)]
    assert (event.action, event.outcome, event.reason) == (Action.OPEN, Outcome.REFUSED, "NotSignedIn")
