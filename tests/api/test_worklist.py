"""The worklist over REST: how far each study is, and studies that are taken off it."""

import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from fastapi.testclient import TestClient

from tests.conftest import upload


@pytest.fixture
def study(client: TestClient, phantom_files: list[Path], tmp_path: Path) -> dict:
    """An uploaded study with an accession number."""
    written = []
    for path in phantom_files:
        dataset = pydicom.dcmread(path)
        dataset.AccessionNumber = "A-4711"
        written.append(tmp_path / path.name)
        dataset.save_as(written[-1])
    return upload(client, written)["studies"][0]


def listed(client: TestClient, **parameters) -> list[dict]:
    return client.get("/api/v1/studies", params=parameters).raise_for_status().json()["studies"]


def stack_of(client: TestClient) -> dict:
    return listed(client)[0]["stacks"][0]


def wait_for(client: TestClient, is_there: Callable[[dict], bool]) -> dict:
    for _ in range(200):
        if is_there(stack := stack_of(client)):
            return stack
        time.sleep(0.05)
    raise AssertionError(f"not in 10 s: {stack}")


def edit(client: TestClient, reading_id: str, revision: int, **what) -> dict:
    body = {"client_id": str(uuid.uuid4()), "expected_revision": revision, **what}
    headers = {"X-Reader": "Dr A"}
    return client.post(f"/api/v1/readings/{reading_id}/edits", json=body, headers=headers).raise_for_status().json()


def test_a_stack_goes_from_new_to_done_with_its_grams_and_its_reader(client: TestClient, study: dict) -> None:
    assert (study["accession_number"], study["removal"]) == ("A-4711", None)
    assert (stack_of(client)["progress"], stack_of(client)["reading"]) == ("new", None)
    stack_id = study["stacks"][0]["stack_id"]
    client.post(f"/api/v1/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())}).raise_for_status()
    ready = wait_for(client, lambda stack: stack["progress"] == "ready")["reading"]
    reading = client.get(f"/api/v1/readings/{ready['id']}").json()
    slices = [{"sop_instance_uid": one["sop_instance_uid"]} for one in reading["slices"]]
    expected = {"reviewed": 0, "of": len(slices), "mass_g": reading["mass_g"], "reader": None, "changed_at": None}
    unsigned = {"signature": None, "delivery": None, "version": 1, "seconds_of_work": 0}
    assert ready == {"id": reading["id"], **expected, **unsigned}

    edit(client, reading["id"], 0, kind="no_scar", **slices[0])
    begun = stack_of(client)
    assert (begun["progress"], begun["reading"]["reviewed"]) == ("reading", 1)
    assert begun["reading"]["reader"] == "Dr A (unauthenticated)"
    assert begun["reading"]["mass_g"] < reading["mass_g"]

    accepted = edit(client, reading["id"], 1, kind="accept", slices=slices[1:])
    assert accepted["reviewed"] == len(slices)
    assert len(accepted["slices"]) == len(slices) - 1
    assert stack_of(client)["progress"] == "done"
    assert edit(client, reading["id"], 2, kind="undo")["reviewed"] == 1
    assert stack_of(client)["progress"] == "reading"


def test_a_removed_study_is_off_the_worklist_and_nothing_of_it_is_lost(client: TestClient, study: dict) -> None:
    stack_id, url = study["stacks"][0]["stack_id"], f"/api/v1/studies/{study['study_instance_uid']}"
    opened = client.post(f"/api/v1/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())}).json()
    removed = client.patch(url, json={"removed": True}, headers={"X-Reader": "Dr B"}).json()
    assert removed["removal"]["author"] == "Dr B (unauthenticated)"
    assert listed(client) == []
    assert [one["removal"] for one in listed(client, removed=True)] == [removed["removal"]]
    assert client.get(url).json()["removal"] == removed["removal"]
    assert client.get(f"/api/v1/readings/{opened['id']}").status_code == 200
    again = client.patch(url, json={"removed": True}, headers={"X-Reader": "Dr C"}).json()
    assert again["removal"] == removed["removal"]

    back = client.patch(url, json={"removed": False}).json()
    assert back["removal"] is None
    assert [one["stacks"][0]["reading_id"] for one in listed(client)] == [opened["id"]]
    assert listed(client, removed=True) == []
    assert client.patch("/api/v1/studies/1.2.3", json={"removed": True}).status_code == 404


def test_images_that_come_in_again_bring_a_removed_study_back(client: TestClient, phantom_files: list[Path]) -> None:
    uid = upload(client, phantom_files)["studies"][0]["study_instance_uid"]
    client.patch(f"/api/v1/studies/{uid}", json={"removed": True}).raise_for_status()
    upload(client, phantom_files[:1])
    assert [one["study_instance_uid"] for one in listed(client)] == [uid]
