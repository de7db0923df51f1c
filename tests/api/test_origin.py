"""Who may write: a page of this origin, or a program that is no browser."""

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request

from scarmass.services.context import Context
from tests.conftest import application

HERE = "http://testserver"
WRITING = ("POST", "PUT", "PATCH", "DELETE")


def refused(client: TestClient, headers: dict[str, str], method: str = "POST") -> bool:
    answer = client.request(method, "/api/v1/mass", content=b"{}", headers=headers)
    return answer.status_code == 403 and answer.json()["type"].endswith(":CrossOrigin")


@pytest.mark.parametrize("method", WRITING)
def test_a_page_of_this_origin_may_write_and_no_other(client: TestClient, method: str) -> None:
    assert not refused(client, {"Origin": HERE}, method)
    for origin in ("http://elsewhere.example", "https://testserver", "http://testserver:8080", "null", "", "http://["):
        assert refused(client, {"Origin": origin}, method), origin


def test_an_origin_is_the_host_s_however_both_are_written(client: TestClient) -> None:
    for host, origin in (
        ("Hospital.Example:80", "http://hospital.example"),
        ("hospital.example", "http://hospital.example:80"),
        ("[::1]:8000", "http://[::1]:8000"),
    ):
        assert not refused(client, {"Host": host, "Origin": origin}), host
    assert refused(client, {"Host": "", "Origin": HERE})


def test_a_program_says_no_origin_and_a_browser_that_hides_its_own_is_refused(client: TestClient) -> None:
    assert not refused(client, {})
    for said_by_a_browser in ({"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Mode": "navigate"}, {"Cookie": "a=b"}):
        assert refused(client, said_by_a_browser)
        assert not refused(client, {**said_by_a_browser, "Origin": HERE})


def test_what_only_reads_is_answered_whoever_asks(client: TestClient) -> None:
    for origin in (HERE, "http://elsewhere.example"):
        answer = client.get("/healthz", headers={"Origin": origin})
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers


FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "scar.hospital.example",
    "X-Forwarded-For": "203.0.113.9",
}


@pytest.mark.parametrize(("peer", "is_trusted"), [("10.1.2.3", True), ("10.2.2.3", False)])
def test_scheme_host_and_client_are_what_a_named_proxy_says_and_nobody_else(
    context: Context, peer: str, is_trusted: bool
) -> None:
    app = application(context, trusted_proxies=("10.1.0.0/16",), allowed_hosts=("scar.hospital.example", "inside"))

    @app.get("/seen")
    def seen(request: Request) -> list:
        assert request.client is not None
        return [request.client.host, str(request.base_url)]

    with TestClient(app, base_url="http://inside", client=(peer, 5000)) as client:
        assert client.get("/seen", headers=FORWARDED).json() == (
            ["203.0.113.9", "https://scar.hospital.example/"] if is_trusted else [peer, "http://inside/"]
        )
        assert refused(client, {**FORWARDED, "Origin": "https://scar.hospital.example"}) is not is_trusted
        assert refused(client, {**FORWARDED, "Origin": "http://inside"}) is is_trusted


def test_a_host_that_a_proxy_forwards_is_held_against_the_allowed_ones(context: Context) -> None:
    app = application(context, trusted_proxies=("10.1.2.3",), allowed_hosts=("inside",))
    with TestClient(app, base_url="http://inside", client=("10.1.2.3", 5000)) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/healthz", headers=FORWARDED).status_code == 400


def test_a_refusal_says_what_to_set_where_a_proxy_stands_before_the_server(client: TestClient) -> None:
    answer = client.post("/api/v1/mass", json={}, headers={"Origin": "https://testserver"})
    assert "trusted_proxies" in answer.json()["detail"]
