"""Server-sent events of a reading: what changed, in order, and going on where a connection broke off."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import psycopg
import pytest
import uvicorn

from scarmass.domain.edits import EditRequest, ProposeEdit
from scarmass.services.context import Context
from scarmass.services.precedence import CLICKS_AT_ONCE
from scarmass.services.readings.edit import apply_edit
from scarmass.storage.database import Database
from tests.conftest import application

pytestmark = pytest.mark.slow

THREADS_OF_THE_POOL = 40


@pytest.fixture
def api(context: Context, unused_tcp_port: int) -> Iterator[httpx.Client]:
    """A real server: the test client would wait for a stream's end."""
    server = uvicorn.Server(uvicorn.Config(application(context), port=unused_tcp_port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{unused_tcp_port}/api/v1", timeout=20) as client:
        while not server.started:
            time.sleep(0.01)
        yield client
    server.should_exit = True
    thread.join()


@pytest.fixture
def reading_id(api: httpx.Client, phantom_files: list[Path]) -> str:
    files = [("files", (path.name, path.read_bytes())) for path in phantom_files]
    stack_id = api.post("/studies", files=files).json()["studies"][0]["stacks"][0]["stack_id"]
    return api.post(f"/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())}).json()["id"]


def events(api: httpx.Client, reading_id: str, **more) -> Iterator[tuple[str, dict]]:
    """(id, change) of each event until the connection is dropped."""
    with api.stream("GET", f"/readings/{reading_id}/events", **more) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        told: dict[str, str] = {}
        for line in stream.iter_lines():
            if line:
                field, _, value = line.partition(": ")
                told[field] = value
            elif "data" in told:
                assert told["event"] == "change"
                yield told["id"], json.loads(told["data"])
                told = {}


def until_draft(stream: Iterator[tuple[str, dict]]) -> list[tuple[str, dict]]:
    seen = []
    for name, change in stream:
        seen.append((name, change))
        if change["state"] == "draft":
            return seen
    raise AssertionError("the stream ended")


def edit(api: httpx.Client, reading_id: str, revision: int, kind: str, sop_instance_uid: str | None = None) -> None:
    body = {"client_id": str(uuid.uuid4()), "expected_revision": revision, "kind": kind}
    answer = api.post(f"/readings/{reading_id}/edits", json=body | {"sop_instance_uid": sop_instance_uid})
    assert answer.status_code == 200, answer.text


def test_every_slice_arrives_once_it_is_proposed(api: httpx.Client, reading_id: str, context: Context) -> None:
    context.segmenter.before_answer = lambda _: time.sleep(0.1)  # type: ignore[attr-defined]
    changes = [change for _, change in until_draft(events(api, reading_id))]
    whole = api.get(f"/readings/{reading_id}").json()
    arrived = {s["sop_instance_uid"]: s for change in changes for s in change["slices"]}
    assert arrived == {s["sop_instance_uid"]: s for s in whole["slices"]}
    assert len(changes) > 1
    assert [change["prepared"] for change in changes] == sorted(change["prepared"] for change in changes)
    assert changes[-1]["totals"] == whole["totals"]


def test_a_lost_connection_goes_on_where_it_broke_off(api: httpx.Client, reading_id: str) -> None:
    (last, _) = until_draft(events(api, reading_id))[-1]
    whole = api.get(f"/readings/{reading_id}").json()
    third = whole["slices"][3]["sop_instance_uid"]
    edit(api, reading_id, 0, "no_scar", third)
    for resumed in ({"headers": {"Last-Event-ID": last}}, {"params": {"after": last}}):
        _, change = next(events(api, reading_id, **resumed))
        assert [(s["sop_instance_uid"], s["state"]) for s in change["slices"]] == [(third, "no_scar")]
        assert change["revision"] == 1


def test_an_undo_tells_the_slice_it_changed_back(api: httpx.Client, reading_id: str) -> None:
    until_draft(events(api, reading_id))
    first = api.get(f"/readings/{reading_id}").json()["slices"][0]
    edit(api, reading_id, 0, "no_scar", first["sop_instance_uid"])
    last, _ = next(events(api, reading_id))
    edit(api, reading_id, 1, "undo")
    _, change = next(events(api, reading_id, params={"after": last}))
    assert change["slices"] == [first]


def test_what_is_no_event_and_what_is_no_reading_are_refused(api: httpx.Client, reading_id: str) -> None:
    wrong = api.get(f"/readings/{reading_id}/events", params={"after": "yesterday"})
    assert (wrong.status_code, wrong.json()["type"].rsplit(":", 1)[-1]) == (422, "EventIdInvalid")
    assert api.get(f"/readings/{uuid.uuid4()}/events").status_code == 404


def connections(context: Context) -> int:
    """How many connections to the test's own database there are, without the one that asks."""
    query = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    with psycopg.connect(context.database.conninfo) as connection:
        counted = connection.execute(query).fetchone()
    assert counted is not None
    return counted[0]


def test_an_open_stream_holds_no_connection_to_the_database(
    api: httpx.Client, reading_id: str, context: Context
) -> None:
    until_draft(events(api, reading_id))
    before = connections(context)
    with ExitStack() as streams:
        for _ in range(40):
            streams.enter_context(api.stream("GET", f"/readings/{reading_id}/events"))
        assert connections(context) - before < 10


def test_streams_of_another_process_hear_of_an_edit(api: httpx.Client, reading_id: str, context: Context) -> None:
    (last, _) = until_draft(events(api, reading_id))[-1]
    other = Context(Database(context.database.conninfo), context.files, context.detector, context.segmenter)
    heard = events(api, reading_id, params={"after": last})
    with ThreadPoolExecutor(1) as listener:
        change = listener.submit(next, heard)
        request = EditRequest(uuid.uuid4(), 0, "0" * 64, ProposeEdit())
        apply_edit(other, uuid.UUID(reading_id), request, "a reader of the other process")
        assert change.result()[1]["revision"] == 1
    other.database.close()


def test_streams_go_on_after_the_listener_lost_its_connection(
    api: httpx.Client, reading_id: str, context: Context
) -> None:
    (last, _) = until_draft(events(api, reading_id))[-1]
    cut_off = "select count(pg_terminate_backend(pid)) from pg_stat_activity where query = 'listen scarmass'"
    with psycopg.connect(context.database.conninfo) as connection:
        connection.execute(cut_off)
    edit(api, reading_id, 0, "propose")
    assert next(events(api, reading_id, params={"after": last}))[1]["revision"] == 1


def test_healthz_answers_while_every_thread_of_the_pool_is_busy(
    api: httpx.Client, reading_id: str, context: Context
) -> None:
    until_draft(events(api, reading_id))
    first = api.get(f"/readings/{reading_id}").json()["slices"][0]
    busy, done = threading.Semaphore(0), threading.Event()

    def wait(_: object) -> None:
        busy.release()
        done.wait()

    context.segmenter.before_answer = wait  # type: ignore[attr-defined]
    box = {"x0": 5, "y0": 5, "x1": 9, "y1": 9}
    body = {"sop_instance_uid": first["sop_instance_uid"], "boxes": [box]}
    with ThreadPoolExecutor(THREADS_OF_THE_POOL) as readers:
        asked = [readers.submit(api.post, "/segment", json=body) for _ in range(THREADS_OF_THE_POOL)]
        for _ in range(CLICKS_AT_ONCE):
            busy.acquire()
        queue = context.precedence
        with queue._changed:
            queue._changed.wait_for(lambda: len(queue._waiting) == THREADS_OF_THE_POOL - CLICKS_AT_ONCE)
        try:
            assert api.get(f"{str(api.base_url).removesuffix('/api/v1/')}/healthz").status_code == 200
        finally:
            done.set()
        assert {answer.result().status_code for answer in asked} == {200}
