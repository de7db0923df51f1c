"""The network over REST: peers asked, studies fetched, results sent, arrivals told, rules tried."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.errors import PeerRefused, PeerUnreachable
from scarmass.domain.pacs import DicomwebPeer, LocalEntity
from scarmass.domain.pacs_rules import Network, Rules, SendRule
from scarmass.services.context import Context
from scarmass.services.pacs import send
from scarmass.storage.spool import Spool
from tests.api.signing import ANNA, accept_all, open_reading, problem_of, sign
from tests.conftest import application, upload
from tests.fake_pacs import PACS, FakePacs, fails, objects_of

pytestmark = pytest.mark.slow

WEB = DicomwebPeer("web", "https://pacs.example/dicom-web", token="secret")


@pytest.fixture
def pacs() -> FakePacs:
    return FakePacs(PACS)


@pytest.fixture
def client(context: Context, pacs: FakePacs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The whole application, its worker included, beside a PACS."""
    context.network = Network(LocalEntity(), (PACS, WEB), Rules(send=(SendRule(peer="PACS"),)))
    context.client_of = lambda _: pacs
    context.spool = Spool(tmp_path / "spool")
    monkeypatch.setattr(send, "result_objects", lambda _, reading_id, kinds: objects_of(reading_id, kinds))
    with TestClient(application(context)) as client:
        yield client


def get(client: TestClient, path: str, **query: Any) -> dict:
    return client.get(f"/api/v1/pacs/{path}", params=query).raise_for_status().json()


def settled(client: TestClient, state: str = "done") -> dict:
    """The newest transfer once it is in this state."""
    for _ in range(400):
        found = get(client, "transfers")["transfers"]
        if found and found[0]["state"] == state:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"it was not {state} in 20 s")


def fetch(client: TestClient, study_uid: str) -> dict:
    body = {"client_id": str(uuid.uuid4()), "peer": "PACS", "study_instance_uid": study_uid}
    answer = client.post("/api/v1/pacs/fetches", json=body, headers=ANNA)
    assert answer.status_code == 201, answer.text
    return answer.json()


def signed(client: TestClient, paths: list[Path]) -> dict:
    stack = upload(client, paths)["studies"][0]["stacks"][0]
    return sign(client, accept_all(client, open_reading(client, stack["stack_id"], ANNA)))


def test_the_peers_of_the_settings_are_listed_without_what_is_secret(client: TestClient) -> None:
    found = get(client, "peers")
    assert found["local"]["ae_title"] == "SCARMASS"
    assert [(peer["name"], peer["protocol"], peer["address"]) for peer in found["peers"]] == [
        ("PACS", "DIMSE", "127.0.0.1:4242"),
        ("web", "DICOMweb", "https://pacs.example/dicom-web"),
    ]
    assert "secret" not in str(found)


def test_an_echo_says_why_a_peer_is_silent(client: TestClient, pacs: FakePacs) -> None:
    assert client.post("/api/v1/pacs/peers/PACS/echo").json() == {"answers": True, "reason": None}
    pacs.failure = fails(PeerRefused, "the called AE title is not recognised")
    answer = client.post("/api/v1/pacs/peers/PACS/echo").json()
    assert answer == {"answers": False, "reason": "the called AE title is not recognised"}
    assert problem_of(client.post("/api/v1/pacs/peers/NOBODY/echo")) == (404, "PeerNotFound")


def test_a_study_of_the_pacs_is_found_fetched_and_on_the_worklist(
    client: TestClient, pacs: FakePacs, phantom_files: list[Path]
) -> None:
    uid = str(pydicom.dcmread(phantom_files[0]).StudyInstanceUID)
    pacs.studies[uid] = [path.read_bytes() for path in phantom_files]
    (found,) = get(client, "studies", peer="PACS", patient_name="DEMO*")["studies"]
    assert (found["study_instance_uid"], found["number_of_instances"], found["is_stored"]) == (uid, 10, False)
    asked = fetch(client, uid)
    assert (asked["direction"], asked["peer"], asked["patient"]) == ("fetch", "PACS", None)
    done = settled(client)
    assert (done["id"], done["done"], done["of"]) == (asked["id"], 10, 10)
    for _ in range(400):
        if arrivals := get(client, "arrivals")["arrivals"]:
            break
        time.sleep(0.05)
    (arrival,) = arrivals
    assert get(client, "studies", peer="PACS")["studies"][0]["is_stored"]
    assert (arrival["source"], arrival["objects"], arrival["refused"]) == ("ARCHIVE", 10, [])
    assert arrival["patient"] == client.get("/api/v1/studies").json()["studies"][0]["patient"]


def test_a_pacs_that_is_away_is_a_problem_with_a_reason(client: TestClient, pacs: FakePacs) -> None:
    pacs.failure = fails(PeerUnreachable, "PACS does not answer at 127.0.0.1:4242")
    answer = client.get("/api/v1/pacs/studies", params={"peer": "PACS"})
    assert problem_of(answer) == (503, "PeerUnreachable")
    assert answer.json()["detail"] == "PACS does not answer at 127.0.0.1:4242"


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"peer": "NOBODY"},
        {"peer": "PACS", "study_date": "yesterday"},
        {"peer": "PACS", "patient_name": "a\\b"},
        {"peer": "PACS", "limit": 0},
    ],
)
def test_a_search_that_cannot_be_is_refused_before_the_peer_is_asked(
    client: TestClient, pacs: FakePacs, query: dict
) -> None:
    assert client.get("/api/v1/pacs/studies", params=query).status_code in (404, 422)
    assert pacs.calls == 0


def test_what_is_signed_is_sent_by_itself_and_told_with_its_patient(
    client: TestClient, pacs: FakePacs, phantom_files: list[Path]
) -> None:
    reading = signed(client, phantom_files)
    done = settled(client)
    assert (done["direction"], done["reading_id"], done["stack_id"]) == ("send", reading["id"], reading["stack_id"])
    assert done["patient"]["id"] == pydicom.dcmread(phantom_files[0]).PatientID
    assert len(pacs.kept) == 3
    of_it = get(client, "transfers", reading_id=reading["id"])["transfers"]
    assert [one["id"] for one in of_it] == [done["id"]]
    assert get(client, "transfers", state=["waiting", "failed"])["transfers"] == []


def test_what_failed_says_why_and_is_sent_again(client: TestClient, pacs: FakePacs, phantom_files: list[Path]) -> None:
    pacs.failure = fails(PeerUnreachable)
    reading = signed(client, phantom_files)
    for _ in range(400):
        waiting = get(client, "transfers")["transfers"][0]
        if waiting["reason"]:
            break
        time.sleep(0.05)
    assert (waiting["state"], waiting["reason"], waiting["attempts"]) == ("waiting", "the plug is out", 1)
    assert waiting["next_attempt_at"] > waiting["changed_at"]
    pacs.failure = None
    client.post(f"/api/v1/pacs/transfers/{waiting['id']}/retry").raise_for_status()
    settled(client)
    body = {"client_id": str(uuid.uuid4()), "peer": "PACS"}
    again = client.post(f"/api/v1/readings/{reading['id']}/send", json=body, headers=ANNA)
    assert (again.status_code, again.json()["id"]) == (201, waiting["id"])


def test_what_waits_is_cancelled(client: TestClient, pacs: FakePacs, phantom_files: list[Path]) -> None:
    pacs.failure = fails(PeerUnreachable)
    signed(client, phantom_files)
    transfer = get(client, "transfers")["transfers"][0]
    client.post(f"/api/v1/pacs/transfers/{transfer['id']}/cancel", headers=ANNA).raise_for_status()
    cancelled = settled(client, "cancelled")
    assert cancelled["reason"] == "cancelled by Dr Anna (unauthenticated)"


def test_a_draft_is_not_sent(client: TestClient, phantom_files: list[Path]) -> None:
    stack = upload(client, phantom_files)["studies"][0]["stacks"][0]
    reading = open_reading(client, stack["stack_id"], ANNA)
    body = {"client_id": str(uuid.uuid4()), "peer": "PACS"}
    assert problem_of(client.post(f"/api/v1/readings/{reading['id']}/send", json=body)) == (409, "ReadingNotSigned")


def test_transfers_come_in_pages(client: TestClient) -> None:
    uids = [f"2.25.{number}" for number in range(3)]
    for uid in uids:
        fetch(client, uid)
    first = get(client, "transfers", limit=2)
    second = get(client, "transfers", limit=2, cursor=first["next_cursor"])
    told = [one["study_instance_uid"] for one in first["transfers"] + second["transfers"]]
    assert told == uids[::-1]
    assert second["next_cursor"] is None


def test_rules_are_tried_on_what_is_typed(client: TestClient) -> None:
    series = [{"modality": "MR", "series_description": "LGE"}, {"modality": "CT"}]
    tried = client.post("/api/v1/pacs/rules/test", json={"series": series}).raise_for_status().json()
    assert [(one["is_accepted"], one["rule"]) for one in tried["series"]] == [(True, "MR images"), (False, None)]
    assert (tried["prepared_by"], tried["quiet_seconds"]) == ("every study", 30)
    assert tried["sent_to"] == [{"peer": "PACS", "kinds": ["seg", "sr", "pdf"]}]


def test_what_would_be_refused_is_neither_prepared_nor_sent(client: TestClient) -> None:
    tried = client.post("/api/v1/pacs/rules/test", json={"series": [{"modality": "CT"}]}).json()
    assert (tried["prepared_by"], tried["sent_to"]) == (None, [])


def test_rules_are_tried_on_a_stored_study(client: TestClient, phantom_files: list[Path]) -> None:
    uid = upload(client, phantom_files)["studies"][0]["study_instance_uid"]
    tried = client.post("/api/v1/pacs/rules/test", json={"study_instance_uid": uid, "calling": "SCANNER"}).json()
    assert [(one["calling"], one["is_accepted"]) for one in tried["series"]] == [("SCANNER", True)]
    unknown = client.post("/api/v1/pacs/rules/test", json={"study_instance_uid": "2.25.404"})
    assert problem_of(unknown) == (404, "StudyNotFound")
    assert client.post("/api/v1/pacs/rules/test", json={}).status_code == 422


def test_the_rules_are_shown_as_the_settings_have_them(client: TestClient) -> None:
    rules = get(client, "rules")
    assert [rule["name"] for rule in rules["accept"]] == ["MR images", "segmentations and contours"]
    assert rules["send"][0]["peer"] == "PACS"
