"""What is on its way when a server is killed arrives, once, after the next start."""

import random
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
import pydicom
import pytest

from scarmass.storage.spool import Spool
from tests.durability.pacs import OBJECT_S, SlowPacs, serve_beside_pacs
from tests.durability.running import START_S, opened, prepared, server

pytestmark = pytest.mark.slow


def beside_pacs(folder: Path):
    return server(folder, serve=serve_beside_pacs)


def wait_for(api: httpx.Client, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def signed(api: httpx.Client, paths: list[Path]) -> str:
    reading = prepared(api, opened(api, paths))
    request = {"client_id": str(uuid.uuid4()), "expected_revision": 0}
    slices = [{key: one[key] for key in ("sop_instance_uid", "frame_number")} for one in reading["slices"]]
    url = f"/readings/{reading['id']}"
    api.post(f"{url}/edits", json={**request, "kind": "accept", "slices": slices}).raise_for_status()
    request = {"client_id": str(uuid.uuid4()), "expected_revision": 1}
    api.post(f"{url}/sign", json=request).raise_for_status()
    return reading["id"]


def transfers(api: httpx.Client) -> list[dict]:
    return api.get("/pacs/transfers").raise_for_status().json()["transfers"]


def test_a_result_that_is_being_sent_when_the_server_is_killed_is_sent_by_the_next_one(
    folder: Path, phantom_files: list[Path]
) -> None:
    log = folder / "pacs" / "log"
    with beside_pacs(folder) as (process, api):
        signed(api, phantom_files)
        wait_for(api, lambda: log.is_file() and len(log.read_text().splitlines()) >= 2)
        process.kill()
    kept = folder / "pacs" / "kept"
    assert 1 <= len(list(kept.iterdir())) < 3, "it was killed in the middle"
    with beside_pacs(folder) as (_, api):
        wait_for(api, lambda: transfers(api)[0]["state"] == "done")
        (transfer,) = transfers(api)
    assert (transfer["done"], transfer["of"], transfer["attempts"]) == (3, 3, 2)
    assert len(list(kept.iterdir())) == 3


def test_a_signature_that_was_acknowledged_is_sent_also_where_the_server_is_killed_at_once(
    folder: Path, phantom_files: list[Path]
) -> None:
    with beside_pacs(folder) as (process, api):
        reading_id = signed(api, phantom_files)
        process.kill()
    with beside_pacs(folder) as (_, api):
        wait_for(api, lambda: transfers(api)[0]["state"] == "done")
        assert [one["reading_id"] for one in transfers(api)] == [reading_id]
    assert len(list((folder / "pacs" / "kept").iterdir())) == 3


def test_a_study_that_arrives_while_servers_are_killed_is_there_once(folder: Path, phantom_files: list[Path]) -> None:
    chance = random.Random(4)
    spool = Spool(folder / "spool")
    for path in phantom_files[:-1]:
        spool.put("SCANNER", [path.read_bytes()])
    for _ in range(6):
        with beside_pacs(folder) as (process, api):
            spool.put("SCANNER", [phantom_files[-1].read_bytes()])
            time.sleep(chance.uniform(0.1, 1.6))
            process.kill()
    with beside_pacs(folder) as (_, api):
        wait_for(api, lambda: not list(spool.waiting()))
        (arrival,) = api.get("/pacs/arrivals").json()["arrivals"]
        (study,) = api.get("/studies").json()["studies"]
    assert (arrival["objects"], arrival["refused_count"]) == (len(phantom_files), 0)
    assert [stack["number_of_slices"] for stack in study["stacks"]] == [len(phantom_files)]


def test_a_fetch_that_is_killed_in_the_middle_goes_on_and_the_study_is_there_once(
    folder: Path, phantom_files: list[Path]
) -> None:
    uid = str(pydicom.dcmread(phantom_files[0]).StudyInstanceUID)
    study = folder / "pacs" / uid
    study.mkdir(parents=True)
    for path in phantom_files:
        (study / path.name).write_bytes(path.read_bytes())
    with beside_pacs(folder) as (process, api):
        body = {"client_id": str(uuid.uuid4()), "peer": "PACS", "study_instance_uid": uid}
        api.post("/pacs/fetches", json=body).raise_for_status()
        wait_for(api, lambda: transfers(api)[0]["state"] == "running")
        time.sleep(OBJECT_S)
        process.kill()
    with beside_pacs(folder) as (_, api):
        wait_for(api, lambda: transfers(api)[0]["state"] == "done")
        wait_for(api, lambda: not list(Spool(folder / "spool").waiting()))
        (arrival,) = api.get("/pacs/arrivals").json()["arrivals"]
    assert arrival["objects"] == len(phantom_files)


def test_the_pacs_of_these_tests_keeps_the_same_object_once(tmp_path: Path) -> None:
    pacs = SlowPacs(tmp_path)
    for _ in range(2):
        pacs.send([b"object"], lambda _: None)
    assert len(list((tmp_path / "kept").iterdir())) == 1
