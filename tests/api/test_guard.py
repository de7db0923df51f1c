"""What every route stands behind."""

import asyncio
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from starlette.types import Message

from scarmass.api.bounds import BodyBounds
from scarmass.services.context import Context
from scarmass.storage.files import INCOMING
from tests.api.running import run
from tests.api.signed_in import LOCAL, server
from tests.conftest import application


def test_every_answer_carries_the_strict_policy(client: TestClient) -> None:
    for path in ("/", "/healthz", "/nothing", "/static/js/common/api.js"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "object-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "http" not in policy


@pytest.mark.parametrize("address", [None, "https://scar.example"])
def test_where_browsers_come_over_https_every_answer_keeps_them_to_it(context: Context, address: str | None) -> None:
    with server(context, replace(LOCAL, public_address=address)) as client:
        for path in ("/login", "/healthz", "/nothing", "/api/v1/studies", "/static/js/common/api.js"):
            said = client.get(path).headers.get("strict-transport-security")
            assert said == (address and "max-age=63072000; includeSubDomains")


@pytest.mark.parametrize(
    "path", ["/static", "/static/", "/static/js/", "/static/%2e%2e/templates/base.html", "/.git/config"]
)
def test_no_folder_is_listed_and_nothing_is_served_beside_the_pages_own_files(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/studies", "/static/css/base.css"])
def test_no_request_is_sent_back_as_it_came(client: TestClient, path: str) -> None:
    answer = client.request("TRACE", path, headers={"Cookie": "scarmass=secret"})
    assert answer.status_code in (403, 405)
    assert "secret" not in answer.text


def test_nothing_about_a_patient_is_kept_by_a_shared_cache(client: TestClient) -> None:
    assert client.get("/api/v1/studies").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_may_not_write(client: TestClient, site: str) -> None:
    answer = client.post("/api/v1/mass", json={}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403
    assert client.get("/healthz", headers={"Sec-Fetch-Site": site}).status_code == 200


FORM = {"Content-Type": "multipart/form-data; boundary=x"}
JSON = {"Content-Type": "application/json"}


def test_a_body_beyond_the_bound_is_refused_declared_or_not(context: Context) -> None:
    bounds = BodyBounds(upload_bytes=1000, json_bytes=1000)
    with TestClient(application(context, body_bounds=bounds)) as client:
        files = [("files", ("big.dcm", b"\0" * 2000))]
        assert client.post("/api/v1/studies", files=files).status_code == 413
        chunks = (b"\0" * 500 for _ in range(5))
        assert client.post("/api/v1/studies", content=chunks, headers=FORM).status_code == 413
        chunks = (b" " * 500 for _ in range(5))
        assert client.post("/api/v1/mass", content=chunks, headers=JSON).status_code == 413


@pytest.mark.parametrize("path", ["/api/v1/mass", "/api/v1/segment", "/api/v1/studies/1.2.3", "/nowhere"])
def test_only_the_route_of_uploads_takes_a_large_body_whatever_its_type(client: TestClient, path: str) -> None:
    assert client.post(path, content=b"\0" * (3 * 2**20), headers=FORM).status_code == 413


def test_what_only_reads_has_no_body(client: TestClient) -> None:
    assert client.request("GET", "/healthz", content=b"").status_code == 200
    for body in (b" ", iter([b" "])):
        assert client.request("GET", "/healthz", content=body).status_code == 400


def test_a_body_that_stays_half_sent_is_given_up(context: Context) -> None:
    async def half_sent() -> tuple[int, bytes]:
        app = application(context, body_bounds=BodyBounds(idle_seconds=0.05))
        answer: list[Message] = []
        pieces = [{"type": "http.request", "body": b"--x", "more_body": True}]

        async def receive() -> Message:
            if pieces:
                return pieces.pop()
            await asyncio.Event().wait()
            raise AssertionError("nothing more comes")

        async def send(message: Message) -> None:
            answer.append(message)

        headers = [(b"host", b"127.0.0.1"), *((key.lower().encode(), value.encode()) for key, value in FORM.items())]
        scope = {"type": "http", "method": "POST", "path": "/api/v1/studies", "headers": headers, "query_string": b""}
        await app({**scope, "scheme": "http", "server": ("127.0.0.1", 80), "root_path": ""}, receive, send)
        return answer[0]["status"], dict(answer[0]["headers"])[b"connection"]

    assert run(half_sent()) == (408, b"close")
    assert not list((context.files.root / INCOMING).iterdir())


def test_alive_and_ready(client: TestClient, context: Context) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json()["models"]["segmenter"]["name"] == "echo"
    context.database.is_ready = lambda: False  # type: ignore[method-assign]
    assert client.get("/readyz").status_code == 503


def test_a_foreign_name_that_points_here_is_not_answered(context: Context) -> None:
    app = application(context, allowed_hosts=("scar.hospital.example",))
    with TestClient(app, base_url="https://scar.hospital.example") as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/healthz", headers={"Host": "rebound.example"}).status_code == 400


def test_a_health_check_on_this_machine_is_answered_whatever_the_servers_name_is(context: Context) -> None:
    app = application(context, allowed_hosts=("scar.hospital.example",))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert client.get("/readyz").status_code == 200


def test_a_refusal_before_any_route_and_an_error_behind_one_carry_the_policy_too(context: Context) -> None:
    app = application(context, allowed_hosts=("testserver",), body_bounds=BodyBounds(json_bytes=10))

    @app.get("/breaks")
    def breaks() -> None:
        raise RuntimeError("nobody expected this")

    with TestClient(app, raise_server_exceptions=False) as client:
        answers = {
            403: client.post("/api/v1/mass", json={}, headers={"Origin": "http://elsewhere.example"}),
            413: client.post("/api/v1/mass", content=b" " * 11),
            400: client.get("/healthz", headers={"Host": "rebound.example"}),
            404: client.get("/api/v1/slices/1.2.3/1/pixels"),
            500: client.get("/breaks"),
        }
    assert "nobody expected this" not in answers[500].text
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
