"""What is asked over HTTP is in the audit trail before its answer leaves, and nothing is asked that is not."""

import uuid
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from scarmass.api import errors
from scarmass.api.app import create_app
from scarmass.api.audit_trail import AuditTrail
from scarmass.api.audited import AUDITED, NOT_AUDITED, named_in, requested
from scarmass.domain.access import Person, Role
from scarmass.domain.audit import Action, Event, Head, Outcome, Sought
from scarmass.domain.errors import DatabaseUnavailable, NotSignedIn
from scarmass.services.audit import Trail, page_of_events, verify
from scarmass.services.context import Context
from tests.api.signing import ANNA, BERT, accept_all, edit, get, of_request, open_reading, send, sign
from tests.conftest import application, upload


def routes(app: FastAPI) -> set[str]:
    found = [(one.methods or (), one.path) for one in iter_route_contexts(app.router.routes) if one.path != "/static"]
    return {f"{method} {path}" for methods, path in found for method in methods if method != "HEAD"}


def test_every_route_is_recorded_or_named_with_the_reason_why_not(context: Context) -> None:
    found = routes(create_app(context, nullcontext()))
    assert len(found) > 60
    assert sorted(found - AUDITED.keys() - NOT_AUDITED.keys()) == []
    assert sorted(AUDITED.keys() & NOT_AUDITED.keys()) == []


def test_every_request_that_changes_something_of_a_patient_is_recorded(context: Context) -> None:
    found = {route for route in routes(create_app(context, nullcontext())) if not route.startswith("GET ")}
    left_out = found & NOT_AUDITED.keys()
    assert left_out == {"POST /api/v1/readings/{reading_id}/work", "POST /api/v1/pacs/peers/{name}/echo"}


@pytest.mark.parametrize("route", sorted(AUDITED))
def test_each_row_is_found_by_an_address_of_its_route(route: str) -> None:
    method, _, path = route.partition(" ")
    found = requested(method, path)
    assert found is not None
    assert found.route == route
    assert requested("TRACE", path) is None


def test_what_json_names_is_found_through_its_lists() -> None:
    document = {"studies": [{"uid": "1"}, {"uid": ["2", 3]}, {"other": "4"}, "5"], "uid": "6"}
    assert list(named_in(document, ("studies", "uid"))) == ["1", "2", "3"]
    assert list(named_in(None, ("studies",))) == []


@pytest.fixture
def stack(client: TestClient, phantom_files: list[Path]) -> dict:
    stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    return client.get(f"/api/v1/stacks/{stack_id}").json()


def events(context: Context, *actions: Action) -> list[Event]:
    """The oldest first."""
    return [row.event for row in page_of_events(context, Sought(actions=actions), 500, None)][::-1]


@pytest.mark.slow
def test_a_readings_way_is_recorded_with_who_whose_and_from_where(
    context: Context, client: TestClient, stack: dict
) -> None:
    reading = accept_all(client, open_reading(client, stack["stack_id"], ANNA))
    signed = sign(client, reading, BERT)
    amended = send(client, signed, "amend").raise_for_status().json()
    client.get(f"/api/v1/readings/{amended['id']}/export?format=csv").raise_for_status()
    client.get(f"/api/v1/export?reading={signed['id']}&reading={amended['id']}").raise_for_status()
    told = [(one.action, one.person) for one in events(context) if one.action not in (Action.OPEN, Action.LIST)]
    anna, bert, nobody = "Dr Anna (unauthenticated)", "Dr Bert (unauthenticated)", "unauthenticated reader"
    assert told == [
        (Action.IMPORT, nobody),
        (Action.EDIT, anna),
        (Action.SIGN, bert),
        (Action.AMEND, anna),
        (Action.EXPORT, nobody),
        (Action.EXPORT, nobody),
    ]
    ours = {(one.subject.patient_id, one.subject.study_instance_uid) for one in events(context)}
    assert ours == {(stack["patient"]["id"], stack["study_instance_uid"])}
    assert {one.address for one in events(context)} == {"testclient"}
    export = events(context, Action.EXPORT)[0].about
    assert export == {
        "route": "GET /api/v1/readings/{reading_id}/export",
        "reading_id": amended["id"],
        "format": "csv",
    }
    assert events(context, Action.IMPORT)[0].about["stored"] == "10"
    assert isinstance(verify(context.database), Head)


def test_a_patient_that_one_person_looks_at_again_and_again_is_opened_once(
    context: Context, client: TestClient, stack: dict
) -> None:
    one = stack["slices"][0]
    looked = (
        f"studies/{stack['study_instance_uid']}",
        f"stacks/{stack['stack_id']}",
        *(f"slices/{one['sop_instance_uid']}/1/{what}" for what in ("pixels", "thumbnail")),
    )
    for reader in (ANNA, BERT, ANNA):
        for path in looked:
            client.get(f"/api/v1/{path}", headers=reader).raise_for_status()
    opened = [event.person for event in events(context, Action.OPEN)]
    assert opened == ["unauthenticated reader", "Dr Anna (unauthenticated)", "Dr Bert (unauthenticated)"]


def test_another_patient_is_another_opening_also_where_only_its_pixels_are_asked_for(
    context: Context, client: TestClient, stack: dict, other_phantom_files: list[Path]
) -> None:
    other = upload(client, other_phantom_files)["studies"][0]
    uid = client.get(f"/api/v1/stacks/{other['stacks'][0]['stack_id']}").json()["slices"][0]["sop_instance_uid"]
    client.get(f"/api/v1/slices/{uid}/1/pixels", headers=BERT).raise_for_status()
    assert events(context, Action.OPEN)[-1].subject.study_instance_uid == other["study_instance_uid"]


def test_an_object_that_leaves_as_a_file_is_an_export(context: Context, client: TestClient, stack: dict) -> None:
    for one in stack["slices"]:
        client.get(f"/api/v1/slices/{one['sop_instance_uid']}/1/file").raise_for_status()
    client.get(f"/dicomweb/studies/{stack['study_instance_uid']}", headers=ANNA).raise_for_status()
    left = events(context, Action.EXPORT)
    assert [one.subject.patient_id for one in left] == [stack["patient"]["id"]] * 2


def test_models_asked_for_a_patient_are_recorded_of_that_patient(
    context: Context, client: TestClient, stack: dict
) -> None:
    name = {"sop_instance_uid": stack["slices"][0]["sop_instance_uid"], "frame_number": 1}
    client.post("/api/v1/detect", json={"slices": [name]}, headers=ANNA).raise_for_status()
    client.post("/api/v1/detect", json={"stack_id": stack["stack_id"]}, headers=BERT).raise_for_status()
    uid = stack["study_instance_uid"]
    assert [one.subject.study_instance_uid for one in events(context, Action.ASK)] == [uid, uid]


@pytest.mark.slow
def test_what_is_refused_is_recorded_with_the_name_of_the_fact(
    context: Context, client: TestClient, stack: dict
) -> None:
    reading = open_reading(client, stack["stack_id"], ANNA)
    stale = {**of_request(99), "kind": "accept", "slices": []}
    assert client.post(f"/api/v1/readings/{reading['id']}/edits", json=stale).status_code in (409, 422)
    nobodys = uuid.uuid4()
    assert client.post(f"/api/v1/readings/{nobodys}/sign", json=of_request(0)).status_code == 404
    edited, signed = events(context, Action.EDIT)[-1], events(context, Action.SIGN)[-1]
    assert edited.outcome is Outcome.REFUSED
    assert edited.subject.patient_id == stack["patient"]["id"]
    assert (signed.outcome, signed.reason) == (Outcome.REFUSED, "ReadingNotFound")
    assert signed.about["reading_id"] == str(nobodys)


def test_a_request_of_dicomweb_that_cannot_be_read_is_recorded_by_its_status(
    context: Context, client: TestClient
) -> None:
    assert client.get("/dicomweb/studies?limit=x").status_code == 400
    assert [(one.outcome, one.reason) for one in events(context)] == [(Outcome.REFUSED, "400")]


def test_what_fails_here_is_recorded_as_failed(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scarmass.api.routes.studies.page_of_studies", lambda *_: 1 / 0)
    with TestClient(application(context), raise_server_exceptions=False) as client:
        assert client.get("/api/v1/studies").status_code == 500
    assert [(one.action, one.outcome, one.reason) for one in events(context)] == [
        (Action.LIST, Outcome.FAILED, "Unexpected")
    ]


class SignedIn:
    """As the login says who asks."""

    def __init__(self, app: ASGIApp, person: Person) -> None:
        self.app, self.person = app, person

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["state"]["person"] = self.person
        await self.app(scope, receive, send)


@pytest.fixture
def person() -> Person:
    return Person(uuid.uuid4(), "Dr Clara", frozenset({Role.READER}))


@pytest.fixture
def signed_in(context: Context, person: Person) -> Iterator[TestClient]:
    app = application(context)
    app.user_middleware.append(Middleware(SignedIn, person=person))
    with TestClient(app, client=("10.1.2.3", 4242)) as client:
        yield client


def test_who_signed_in_is_recorded_and_not_who_a_header_claims(
    context: Context, signed_in: TestClient, person: Person
) -> None:
    signed_in.get("/api/v1/studies", headers=ANNA)
    (event,) = events(context)
    assert (event.person, event.person_id, event.address) == ("Dr Clara", person.person_id, "10.1.2.3")


def test_of_a_sign_in_that_is_refused_the_name_is_kept_and_not_the_password(context: Context) -> None:
    app = FastAPI()
    app.state.audit_trail = Trail(context)
    app.add_middleware(AuditTrail)
    errors.install(app)

    @app.post("/api/v1/session")
    def sign_in(said: dict[str, str]) -> None:
        raise NotSignedIn("name or password are not right")

    said = {"user_name": "Dr\x00 Dora", "password": "a very secret word"}
    with TestClient(app) as client:
        assert client.post("/api/v1/session", json=said).status_code == 401
    (event,) = events(context, Action.SIGN_IN)
    assert (event.person, event.outcome, event.reason) == ("Dr Dora (not signed in)", Outcome.REFUSED, "NotSignedIn")
    assert "secret" not in str(event)


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    def away(*_: object) -> None:
        raise DatabaseUnavailable("the database cannot be reached")

    monkeypatch.setattr(Trail, "record", away)
    return monkeypatch


@pytest.mark.slow
def test_an_edit_that_cannot_be_recorded_fails_and_the_same_again_is_recorded_once(
    context: Context, client: TestClient, stack: dict, request: pytest.FixtureRequest
) -> None:
    reading = open_reading(client, stack["stack_id"], ANNA)
    unwritable = request.getfixturevalue("unwritable")
    url, body = f"/api/v1/readings/{reading['id']}/edits", {**of_request(0), "kind": "sensitivity", "sensitivity": 1.0}
    refused = client.post(url, json=body, headers=ANNA)
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:scarmass:problem:DatabaseUnavailable")
    assert refused.headers["retry-after"]
    unwritable.undo()
    answer = client.post(url, json=body, headers=ANNA)
    assert answer.status_code == 200, answer.text
    assert answer.json()["revision"] == get(client, reading["id"])["revision"] == 1
    assert len(events(context, Action.EDIT)) == 1


def test_a_patient_is_not_shown_where_that_cannot_be_recorded(
    client: TestClient, stack: dict, unwritable: pytest.MonkeyPatch
) -> None:
    answer = client.get(f"/api/v1/stacks/{stack['stack_id']}", headers=BERT)
    assert answer.status_code == 503
    assert "slices" not in answer.json()


@pytest.mark.slow
def test_every_edit_is_recorded(context: Context, client: TestClient, stack: dict) -> None:
    reading = open_reading(client, stack["stack_id"], ANNA)
    for _ in range(3):
        edit(client, reading, "sensitivity", sensitivity=1.0).raise_for_status()
    assert len(events(context, Action.EDIT)) == 3
