"""Readings for tests of what happens to signed ones: opened, decided and signed over REST."""

import time
import uuid
from typing import Any

import httpx
from fastapi.testclient import TestClient

ANNA, BERT = {"X-Reader": "Dr Anna"}, {"X-Reader": "Dr Bert"}


def of_request(revision: int) -> dict[str, Any]:
    return {"client_id": str(uuid.uuid4()), "expected_revision": revision}


def open_reading(client: httpx.Client | TestClient, stack_id: str, headers: dict[str, str], **fields: Any) -> dict:
    """A reading once it is prepared, with its answer's status as `opened_with`."""
    body = {"client_id": str(uuid.uuid4()), **fields}
    opened = client.post(f"/api/v1/stacks/{stack_id}/readings", json=body, headers=headers)
    assert opened.status_code in (200, 201), opened.text
    for _ in range(400):
        reading = get(client, opened.json()["id"])
        if reading["state"] != "preparing":
            return {**reading, "opened_with": opened.status_code}
        time.sleep(0.05)
    raise AssertionError("the reading was not prepared in 20 s")


def get(client: httpx.Client | TestClient, reading_id: str) -> dict:
    return client.get(f"/api/v1/readings/{reading_id}").raise_for_status().json()


def edit(
    client: httpx.Client | TestClient, reading: dict, kind: str, headers: dict[str, str] = ANNA, **fields: Any
) -> Any:
    body = {**of_request(get(client, reading["id"])["revision"]), "kind": kind, **fields}
    return client.post(f"/api/v1/readings/{reading['id']}/edits", json=body, headers=headers)


def name_of(reading: dict, index: int) -> dict:
    return {key: reading["slices"][index][key] for key in ("sop_instance_uid", "frame_number")}


def accept_all(client: httpx.Client | TestClient, reading: dict, headers: dict[str, str] = ANNA) -> dict:
    """The reading with every slice accepted as it is."""
    slices = [name_of(reading, index) for index in range(len(reading["slices"]))]
    edit(client, reading, "accept", headers, slices=slices).raise_for_status()
    return get(client, reading["id"])


def send(
    client: httpx.Client | TestClient, reading: dict, what: str, headers: dict[str, str] = ANNA, **body: Any
) -> Any:
    """Sign or amend at the revision that the reading has, or whatever else the body says."""
    body = {**of_request(reading["revision"]), **body}
    return client.post(f"/api/v1/readings/{reading['id']}/{what}", json=body, headers=headers)


def sign(client: httpx.Client | TestClient, reading: dict, headers: dict[str, str] = ANNA) -> dict:
    return send(client, reading, "sign", headers).raise_for_status().json()


def problem_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]
