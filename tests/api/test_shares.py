"""What one person, and all who come from one address, may ask for."""

import uuid
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from scarmass.api.bounds import Share
from scarmass.api.shares import Buckets, What
from scarmass.domain.access import Person
from scarmass.services.context import Context
from tests.conftest import application


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_holds_a_burst_and_fills_by_so_many_a_second() -> None:
    clock = Clock()
    buckets = Buckets(per_second=2, burst=3, clock=clock)
    assert [buckets.take("one") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("another") == 0
    clock.now += 0.75
    assert [buckets.take("one") for _ in range(2)] == [0, 0.25]
    clock.now += 1e6
    assert [buckets.take("one") for _ in range(4)] == [0, 0, 0, 0.5]


class SignedIn:
    """ASGI middleware: the header X-Person names who has signed in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (name := dict(scope["headers"]).get(b"x-person")):
            person = Person(uuid.uuid5(uuid.NAMESPACE_URL, name.decode()), name.decode())
            scope.setdefault("state", {})["person"] = person
        await self.app(scope, receive, send)


@pytest.fixture
def many(context: Context) -> Iterator[TestClient]:
    """Where a person may ask 4 times at one go, and an address 12 times."""
    share = Share(requests_per_second=1e-6, burst=4, uploads=1, model_work=2, persons_per_address=3)
    app = application(context, share=share)
    with TestClient(SignedIn(app)) as client:
        yield client


def test_a_person_who_asks_too_often_is_told_when_to_go_on_and_no_other_is(many: TestClient) -> None:
    for _ in range(4):
        assert many.get("/healthz", headers={"X-Person": "A"}).status_code == 200
    refused = many.get("/healthz", headers={"X-Person": "A"})
    assert refused.status_code == 429
    assert refused.json()["type"] == "urn:scarmass:problem:TooManyRequests"
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["x-content-type-options"] == "nosniff"
    assert many.get("/healthz", headers={"X-Person": "B"}).status_code == 200


def test_all_who_come_from_one_address_have_a_share_together(many: TestClient) -> None:
    answers = [many.get("/healthz", headers={"X-Person": name}).status_code for name in "AAAABBBBCCCCD"]
    assert answers == [200] * 12 + [429]


def test_so_much_of_what_costs_at_once_and_no_more(context: Context) -> None:
    app = application(context, share=Share(uploads=1, model_work=1, persons_per_address=2))
    shares, here = app.state.shares, {"client": ("testclient", 50000)}
    costly = {
        What.MODEL_WORK: [
            ("GET", "/api/v1/stacks/none/view"),
            ("GET", "/api/v1/slices/1.2/1/above?limit=2sd"),
            ("GET", f"/api/v1/readings/{uuid.uuid4()}/spread"),
            ("POST", f"/api/v1/readings/{uuid.uuid4()}/edits"),
            ("POST", "/api/v1/detect"),
            ("POST", "/api/v1/segment"),
        ],
        What.UPLOADS: [("POST", "/api/v1/studies"), ("POST", "/dicomweb/studies"), ("POST", "/dicomweb/studies/1.2")],
    }
    with TestClient(app) as client:
        for what, requests in costly.items():
            with shares.at_once(here, what):
                assert 429 not in {client.request(*request).status_code for request in requests}
                with shares.at_once(here, what):
                    assert {client.request(*request).status_code for request in requests} == {429}
        assert client.get("/api/v1/studies").status_code == 200


def test_the_default_shares_never_touch_a_reader_who_works(client: TestClient) -> None:
    """A long series is opened, with a picture of each slice, and edits come as fast as they can be made."""
    for _ in range(64 + 400):
        assert client.get("/healthz").status_code == 200
