"""Every route for every role: one table says who may, and a route that it lacks is a failure."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import BaseRoute, Mount

from scarmass.api.asking import cookie_name
from scarmass.domain.access import PERMISSIONS, Permission, Role
from scarmass.domain.accounts import Account
from scarmass.services.access import sessions
from scarmass.services.context import Context
from tests.api.signed_in import LOCAL, account, another, server, service
from tests.conftest import application

VIEW, STORE, ASK, READ = Permission.VIEW, Permission.STORE, Permission.ASK, Permission.READ
SIGN, MANAGE, ADMINISTER = Permission.SIGN, Permission.MANAGE, Permission.ADMINISTER
MONITOR = Permission.MONITOR

PUBLIC, SIGNED_IN = frozenset[Permission](), frozenset(Permission)
"""Whoever it is, known or not; whoever is known, by any role."""

READING, STACK, STUDY = (
    "/api/v1/readings/{reading_id}",
    "/api/v1/stacks/{stack_id}",
    "/api/v1/studies/{study_instance_uid}",
)
SLICE = "/api/v1/slices/{sop_instance_uid}/{frame_number}"
WEB = "/dicomweb/studies/{study}"

TABLE: dict[str, dict[str, Permission | frozenset[Permission]]] = {
    "/api/v1/studies": {"GET": VIEW, "POST": STORE},
    STUDY: {"GET": VIEW, "PATCH": MANAGE, "DELETE": MANAGE},
    f"{STUDY}/training-consent": {"PUT": MANAGE},
    "/api/v1/deletions": {"GET": MANAGE},
    "/api/v1/promotions": {"GET": VIEW},
    "/api/v1/deletions/{deletion_id}": {"GET": MANAGE},
    f"{STUDY}/priors": {"GET": VIEW},
    f"{STUDY}/segmentations": {"GET": VIEW},
    STACK: {"GET": VIEW, "PATCH": READ},
    f"{STACK}/view": {"GET": VIEW},
    f"{STACK}/other_views": {"GET": VIEW},
    f"{STACK}/images": {"GET": VIEW},
    f"{STACK}/readings": {"GET": VIEW, "POST": READ},
    f"{STACK}/readings/from-segmentation": {"POST": READ},
    f"{STACK}/segmentations/{{sop_instance_uid}}": {"GET": VIEW},
    f"{SLICE}/pixels": {"GET": VIEW},
    f"{SLICE}/thumbnail": {"GET": VIEW},
    f"{SLICE}/file": {"GET": VIEW},
    f"{SLICE}/above": {"GET": VIEW},
    "/api/v1/detect": {"POST": ASK},
    "/api/v1/segment": {"POST": ASK},
    "/api/v1/mass": {"POST": ASK},
    READING: {"GET": VIEW},
    f"{READING}/edits": {"GET": VIEW, "POST": READ},
    f"{READING}/spread": {"GET": VIEW},
    f"{READING}/look": {"POST": READ},
    f"{READING}/methods": {"GET": VIEW, "POST": VIEW},
    f"{READING}/methods/{{key}}": {"GET": VIEW},
    f"{READING}/segments17": {"GET": VIEW},
    f"{READING}/segments17/levels": {"GET": VIEW},
    f"{READING}/landmarks/proposed": {"GET": VIEW},
    f"{READING}/pattern": {"GET": VIEW},
    f"{READING}/bulls_eye": {"GET": VIEW},
    f"{READING}/sign": {"POST": SIGN},
    f"{READING}/amend": {"POST": SIGN},
    f"{READING}/send": {"POST": SIGN},
    f"{READING}/work": {"POST": READ},
    f"{READING}/compare": {"GET": VIEW},
    f"{READING}/report": {"GET": VIEW},
    f"{READING}/report/text": {"POST": READ},
    f"{READING}/export": {"GET": VIEW},
    f"{READING}/events": {"GET": VIEW},
    "/api/v1/export": {"GET": VIEW},
    "/api/v1/reader-studies": {"GET": VIEW, "POST": MANAGE},
    "/api/v1/reader-studies/{study_id}": {"GET": VIEW},
    "/api/v1/reader-studies/{study_id}/next": {"POST": READ},
    "/api/v1/reader-studies/{study_id}/results": {"GET": VIEW},
    "/api/v1/reader-studies/{study_id}/comparisons/{number}/bland-altman": {"GET": VIEW},
    "/api/v1/pacs/peers": {"GET": VIEW},
    "/api/v1/pacs/peers/{name}/echo": {"POST": MANAGE},
    "/api/v1/pacs/studies": {"GET": STORE},
    "/api/v1/pacs/fetches": {"POST": STORE},
    "/api/v1/pacs/transfers": {"GET": VIEW},
    "/api/v1/pacs/transfers/{transfer_id}/retry": {"POST": frozenset({MANAGE, SIGN})},
    "/api/v1/pacs/transfers/{transfer_id}/cancel": {"POST": frozenset({MANAGE, SIGN})},
    "/api/v1/pacs/arrivals": {"GET": VIEW},
    "/api/v1/pacs/rules": {"GET": VIEW},
    "/api/v1/pacs/rules/test": {"POST": MANAGE},
    "/dicomweb/studies": {"GET": VIEW, "POST": STORE},
    "/dicomweb/series": {"GET": VIEW},
    "/dicomweb/instances": {"GET": VIEW},
    WEB: {"GET": VIEW, "POST": STORE},
    f"{WEB}/metadata": {"GET": VIEW},
    f"{WEB}/instances": {"GET": VIEW},
    f"{WEB}/series": {"GET": VIEW},
    f"{WEB}/series/{{series}}": {"GET": VIEW},
    f"{WEB}/series/{{series}}/metadata": {"GET": VIEW},
    f"{WEB}/series/{{series}}/instances": {"GET": VIEW},
    f"{WEB}/series/{{series}}/instances/{{instance}}": {"GET": VIEW},
    f"{WEB}/series/{{series}}/instances/{{instance}}/metadata": {"GET": VIEW},
    "/api/v1/session": {"GET": PUBLIC, "POST": PUBLIC, "DELETE": PUBLIC},
    "/api/v1/sessions": {"DELETE": SIGNED_IN},
    "/api/v1/session/password": {"PUT": SIGNED_IN},
    "/api/v1/people": {"GET": ADMINISTER, "POST": ADMINISTER},
    "/api/v1/people/{person_id}": {"PATCH": ADMINISTER},
    "/api/v1/tokens": {"GET": ADMINISTER, "POST": ADMINISTER},
    "/api/v1/tokens/{token_id}": {"DELETE": ADMINISTER},
    "/api/v1/audit": {"GET": ADMINISTER},
    "/api/v1/audit/export": {"GET": ADMINISTER},
    "/": {"GET": SIGNED_IN},
    "/stacks/{stack_id}": {"GET": SIGNED_IN},
    "/reader-studies": {"GET": SIGNED_IN},
    "/reader-studies/{study_id}": {"GET": SIGNED_IN},
    "/pacs": {"GET": SIGNED_IN},
    "/audit": {"GET": ADMINISTER},
    "/people": {"GET": ADMINISTER},
    "/readings/{reading_id}/report": {"GET": VIEW},
    "/docs": {"GET": SIGNED_IN},
    "/openapi.json": {"GET": SIGNED_IN},
    "/login": {"GET": PUBLIC},
    "/login/provider": {"GET": PUBLIC},
    "/login/callback": {"GET": PUBLIC},
    "/metrics": {"GET": MONITOR},
    "/healthz": {"GET": PUBLIC},
    "/readyz": {"GET": PUBLIC},
}

EXPECTED = {
    (method, path): frozenset({needs}) if isinstance(needs, Permission) else needs
    for path, methods in TABLE.items()
    for method, needs in methods.items()
}


def routes_of(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Method and path of each route, of included routers too."""
    for route in routes:
        if (included := getattr(route, "original_router", None)) is not None:
            yield from routes_of(included.routes)
        elif not isinstance(route, Mount):
            yield from ((method, route.path) for method in sorted(route.methods - {"HEAD"}))  # type: ignore[attr-defined]


def test_the_table_names_every_route_and_no_other(context: Context) -> None:
    app: FastAPI = application(context)
    assert set(routes_of(app.routes)) == EXPECTED.keys()
    assert [route.path for route in app.routes if isinstance(route, Mount)] == ["/static"]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """What /openapi.json answers: who may have it is asked here, and it takes its time to make."""
    return application(cast(Context, None)).openapi()


@pytest.fixture
def client(context: Context, document: dict[str, Any]) -> Iterator[TestClient]:
    with server(context) as client:
        cast(FastAPI, client.app).openapi_schema = document
        yield client


def ask(client: TestClient, method: str, path: str) -> int:
    """The status of a request for what is not there."""
    ids = {"frame_number": "1", "number": "0", "key": "fwhm", "name": "nobody"}
    ids |= dict.fromkeys(("reading_id", "study_id", "transfer_id", "person_id", "token_id"), str(uuid.uuid4()))
    url = re.sub(r"{(\w+)}", lambda name: ids.get(name[1], "1.2.3"), path)
    body = {} if method in ("POST", "PUT", "PATCH") else None
    return client.request(method, url, follow_redirects=False, json=body).status_code


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SERVICE])
def test_a_role_may_what_the_table_says_and_nothing_else(client: TestClient, context: Context, role: Role) -> None:
    person = account(context, "somebody", role)
    check(lambda: signed_in(client, context, person), PERMISSIONS[role])


def test_a_service_may_what_the_table_says_and_nothing_else(client: TestClient, context: Context) -> None:
    robot = service(context, client, "robot")
    check(lambda: robot, PERMISSIONS[Role.SERVICE])


@pytest.mark.parametrize("permission", sorted(PERMISSIONS[Role.SERVICE]))
def test_a_token_of_one_permission_has_that_alone(client: TestClient, context: Context, permission: Permission) -> None:
    robot = service(context, client, "robot", {permission})
    check(lambda: robot, frozenset({permission}))


def test_whoever_has_no_role_sees_that_there_is_a_server(client: TestClient, context: Context) -> None:
    person = account(context, "somebody")
    check(lambda: signed_in(client, context, person), frozenset())


def test_whoever_is_not_signed_in_reaches_what_is_public(client: TestClient) -> None:
    for (method, path), needs in EXPECTED.items():
        assert (ask(client, method, path) != 401) is (needs == PUBLIC) or path == "/api/v1/session", (method, path)


def test_without_a_login_nothing_is_refused(context: Context, document: dict[str, Any]) -> None:
    app = application(context)
    app.openapi_schema = document
    with TestClient(app) as client:
        for method, path in EXPECTED:
            assert ask(client, method, path) not in (401, 403), (method, path)


def test_a_service_shows_its_token_to_dicomweb(client: TestClient, context: Context, phantom_files: list[Path]) -> None:
    robot = service(context, client, "robot")
    sent = robot.post("/api/v1/studies", files=[("files", (path.name, path.read_bytes())) for path in phantom_files])
    assert sent.status_code == 201
    assert len(robot.get("/dicomweb/studies").json()) == 1
    assert client.get("/dicomweb/studies").status_code == 401


def check(asking, has: frozenset[Permission]) -> None:
    """asking: makes a client anew, as some routes end its session. has: its permissions."""
    for (method, path), needs in EXPECTED.items():
        status = ask(asking(), method, path)
        is_allowed = needs in (PUBLIC, SIGNED_IN) or bool(needs & has)
        assert (status != 403) is is_allowed, (method, path, status)
        assert status != 401 or path.startswith("/api/v1/session"), (method, path)
        assert status < 500, (method, path, status)


def signed_in(client: TestClient, context: Context, person: Account) -> TestClient:
    begun = sessions.begin(context.database, LOCAL, person.person.person_id)
    browser = another(client)
    browser.cookies[cookie_name(LOCAL)] = begun.token
    return browser
