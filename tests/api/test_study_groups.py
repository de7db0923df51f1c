"""Whoever sees some study groups alone finds nothing of another one's studies, by whatever route, and adds nothing."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from scarmass.domain.access import Role
from scarmass.domain.pacs import ResultKind
from scarmass.domain.pacs_rules import Network
from scarmass.phantom.demonstration import write_phantom
from scarmass.services.context import Context
from scarmass.storage import arrivals, transfers
from tests.api.signed_in import LOCAL, account, browser, server, service
from tests.api.signing import open_reading
from tests.api.test_roles import EXPECTED, PUBLIC
from tests.conftest import small_studies, upload
from tests.fake_pacs import PACS
from tests.fakes import EchoSegmenter
from tests.kept import Kept

pytestmark = pytest.mark.slow

EVERYTHING = (Role.SIGNER, Role.STUDY_MANAGER, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Stored:
    """What is stored of one group, by the names that routes give it."""

    study_instance_uid: str
    stack_id: str
    sop_instance_uid: str
    series: str
    reading_id: str
    study_id: str
    transfer_id: str
    patient_id: str

    @property
    def names(self) -> dict[str, str]:
        other_names = {"study": self.study_instance_uid, "instance": self.sop_instance_uid, "frame_number": "1"}
        return {**self.__dict__, **other_names, "key": "otsu", "number": "0"}

    def body(self, method: str, path: str) -> dict[str, Any]:
        """A request that nothing is wrong with."""
        if method == "DELETE":
            return {"client_id": str(uuid.uuid4()), "confirmation": self.patient_id, "reason": "other"}
        slice_, id = {"sop_instance_uid": self.sop_instance_uid, "frame_number": 1}, str(uuid.uuid4())
        of_reading = {"client_id": id, "expected_revision": 0}
        segment = {"number": 1, "meaning": "scar"}
        bodies: dict[str, dict[str, Any]] = {
            "readings": {"client_id": id},
            "next": {"client_id": id},
            "from-segmentation": {"client_id": id, "sop_instance_uid": self.sop_instance_uid, "segments": [segment]},
            "detect": {"stack_id": self.stack_id},
            "segment": {**slice_, "boxes": [{"x0": 1, "y0": 1, "x1": 9, "y1": 9}]},
            "mass": {"stack_id": self.stack_id, "masks": []},
            "edits": {**of_reading, **slice_, "kind": "no_scar"},
            "look": slice_,
            "sign": of_reading,
            "amend": of_reading,
            "send": {"client_id": id, "peer": "PACS"},
            "work": {"client_id": id, "seconds": 1},
            "test": {"study_instance_uid": self.study_instance_uid},
            "{stack_id}": {"contrast": "psir"},
            "{study_instance_uid}": {"removed": True},
            "training-consent": {"state": "given"},
        }
        return bodies.get(path.rsplit("/", 1)[1], {})


@dataclass(frozen=True)
class Hospital:
    north: Stored
    south: Stored


@pytest.fixture(scope="module")
def small_files(tmp_path_factory: pytest.TempPathFactory) -> list[list[Path]]:
    """The files of four tiny studies, each of a patient of its own."""
    return [write_phantom(tmp_path_factory.mktemp("small"), study) for study in small_studies(4)]


NETWORK = Network(None, (PACS,))


@pytest.fixture(scope="module")
def kept_hospital(keeping: Callable[..., Kept[Hospital]], small_files: list[list[Path]]) -> Kept[Hospital]:
    """Two studies with a reading, a transfer, an arrival and a reader study each, from before there was a login."""

    def happens(client: TestClient, context: Context) -> Hospital:
        context.network = NETWORK
        stored = [_stored(context, client, paths) for paths in small_files[:2]]
        for group, one in zip(("north", "south"), stored, strict=True):
            url = f"/api/v1/studies/{one.study_instance_uid}"
            assert client.patch(url, json={"study_group": group}).json()["study_group"] == group
        return Hospital(*stored)

    return keeping(EchoSegmenter(), happens)


@pytest.fixture
def hospital(context: Context, kept_hospital: Kept[Hospital]) -> Hospital:
    context.network = NETWORK
    kept_hospital.put_into(context)
    return kept_hospital.told


def _stored(context: Context, client: TestClient, paths: list[Path]) -> Stored:
    study = upload(client, paths)["studies"][0]
    stack = client.get(f"/api/v1/stacks/{study['stacks'][0]['stack_id']}").json()
    reading = open_reading(client, stack["stack_id"], {})
    made = {"client_id": str(uuid.uuid4()), "name": "Agreement", "stack_ids": [stack["stack_id"]], "readers": ["Ada"]}
    reader_study = client.post("/api/v1/reader-studies", json=made).raise_for_status().json()["id"]
    uid = study["study_instance_uid"]
    with context.database.transaction() as session:
        asked = (uuid.uuid4(), "PACS", uuid.UUID(reading["id"]), uid, (ResultKind.SEG,), "somebody")
        transfer_id = transfers.add_send(session, *asked)[0]
        arrivals.record(session, uid, "MR1", [], has_stored=True)
    instance = client.get(f"/dicomweb/studies/{uid}/instances").json()[0]
    sop, series = (instance[tag]["Value"][0] for tag in ("00080018", "0020000E"))
    return Stored(
        uid, stack["stack_id"], sop, series, reading["id"], reader_study, str(transfer_id), study["patient"]["id"]
    )


@pytest.fixture
def client(context: Context, hospital: Hospital) -> Iterator[TestClient]:
    with server(context, LOCAL) as client:
        yield client


@pytest.fixture
def northern(context: Context, client: TestClient) -> TestClient:
    account(context, "nora", *EVERYTHING, study_groups={"north"})
    return browser(client, "nora")


@pytest.fixture
def everywhere(context: Context, client: TestClient) -> TestClient:
    account(context, "ada", *EVERYTHING)
    return browser(client, "ada")


NAMED = sorted((method, path) for method, path in EXPECTED if "{" in path and EXPECTED[method, path] != PUBLIC)
OF_OTHERS = ("{person_id}", "{token_id}", "{name}", "{deletion_id}")
BY_BODY = [("POST", f"/api/v1/{what}") for what in ("detect", "segment", "mass", "pacs/rules/test")]
SHELLS = ("/stacks/{stack_id}", "/reader-studies/{study_id}")
"""Pages with nothing of a patient on them."""


def ask(client: TestClient, kept: Stored, method: str, path: str) -> Any:
    query = {"limit": "model"} if path.endswith("/above") else {"with": kept.reading_id} if "compare" in path else {}
    body = None if method == "GET" else kept.body(method, path)
    return client.request(method, path.format(**kept.names), params=query, json=body, headers={"Accept": "*/*"})


def test_what_is_of_another_group_is_not_there_by_any_route(northern: TestClient, hospital: Hospital) -> None:
    asked = [(method, path) for method, path in NAMED if not any(other in path for other in OF_OTHERS)]
    found = {}
    for method, path in [*asked, *BY_BODY]:
        if path.endswith(("/series", "/instances")):
            assert ask(northern, hospital.south, method, path).json() == []
        elif (method, path) != ("POST", "/dicomweb/studies/{study}") and path not in SHELLS:
            found[method, path] = ask(northern, hospital.south, method, path).status_code
    assert {key: status for key, status in found.items() if status != 404} == {}


def test_what_is_of_ones_own_group_is_there_by_every_route(northern: TestClient, hospital: Hospital) -> None:
    """Else the test above could not fail."""
    lacks = {"segmentations/{sop_instance_uid}", "from-segmentation", "bland-altman"}  # of which there is none here
    reads = [(method, path) for method, path in NAMED if not path.endswith("/events")]
    for method, path in [*reads, *BY_BODY]:
        if not any(path.endswith(one) for one in lacks) and not any(other in path for other in OF_OTHERS):
            assert ask(northern, hospital.north, method, path).status_code not in (401, 403, 404, 422, 500), (
                method,
                path,
            )


LISTS = {
    "/api/v1/studies": lambda body: [one["study_instance_uid"] for one in body["studies"]],
    "/dicomweb/studies": lambda body: [one["0020000D"]["Value"][0] for one in body],
    "/dicomweb/instances": lambda body: sorted({one["0020000D"]["Value"][0] for one in body}),
    "/dicomweb/series": lambda body: sorted({one["0020000D"]["Value"][0] for one in body}),
    "/api/v1/pacs/arrivals": lambda body: [one["study_instance_uid"] for one in body["arrivals"]],
    "/api/v1/pacs/transfers": lambda body: [one["study_instance_uid"] for one in body["transfers"]],
}


@pytest.mark.parametrize("path", LISTS)
def test_lists_hold_what_is_seen(northern: TestClient, everywhere: TestClient, hospital: Hospital, path: str) -> None:
    of = LISTS[path]
    assert of(northern.get(path).json()) == [hospital.north.study_instance_uid]
    both = {hospital.north.study_instance_uid, hospital.south.study_instance_uid}
    assert set(of(everywhere.get(path).json())) == both


def test_a_reader_study_of_both_groups_holds_the_stacks_that_are_seen(
    northern: TestClient, everywhere: TestClient, hospital: Hospital
) -> None:
    stacks = [hospital.south.stack_id, hospital.north.stack_id]
    made = {"client_id": str(uuid.uuid4()), "name": "Both", "stack_ids": stacks, "readers": ["Dr nora"]}
    assert northern.post("/api/v1/reader-studies", json=made).status_code == 404
    study_id = everywhere.post("/api/v1/reader-studies", json=made).raise_for_status().json()["id"]
    listed = northern.get("/api/v1/reader-studies").json()["reader_studies"]
    assert {one["id"] for one in listed} == {study_id, hospital.north.study_id}
    shown = northern.get(f"/api/v1/reader-studies/{study_id}").json()
    assert [one["stack_id"] for one in shown["stacks"]] == [hospital.north.stack_id]
    opened = northern.post(f"/api/v1/reader-studies/{study_id}/next", json={"client_id": str(uuid.uuid4())}).json()
    assert opened["assignment"]["stack_id"] == hospital.north.stack_id


def test_exports_and_comparisons_of_what_is_not_seen_are_none(northern: TestClient, hospital: Hospital) -> None:
    north, south = hospital.north.reading_id, hospital.south.reading_id
    assert northern.get("/api/v1/export", params={"reading": [north]}).status_code == 200
    assert northern.get("/api/v1/export", params={"reading": [north, south]}).status_code == 404
    assert northern.get(f"/api/v1/readings/{north}/compare", params={"with": south}).status_code == 404


def test_what_comes_in_goes_to_the_only_group_that_its_sender_sees(
    context: Context, client: TestClient, northern: TestClient, small_files: list[list[Path]]
) -> None:
    assert upload(northern, small_files[2])["studies"][0]["study_group"] == "north"
    robot = service(context, client, "robot", study_groups={"south"})
    assert upload(robot, small_files[3])["studies"][0]["study_group"] == "south"
    assert len(northern.get("/api/v1/studies").json()["studies"]) == 2


def test_whoever_sees_several_groups_says_which(
    context: Context, client: TestClient, small_files: list[list[Path]]
) -> None:
    account(context, "max", Role.READER, study_groups={"north", "south"})
    max = browser(client, "max")
    files = [("files", (path.name, path.read_bytes())) for path in small_files[2]]

    def send(**query: str) -> Any:
        return max.post("/api/v1/studies", files=files, params=query)

    assert send().json()["type"].endswith("StudyGroupUnsaid")
    assert send(study_group="east").status_code == 403
    assert send(study_group="south").json()["studies"][0]["study_group"] == "south"


def test_nothing_is_added_to_a_study_that_is_not_seen(
    context: Context, northern: TestClient, client: TestClient, hospital: Hospital, small_files: list[list[Path]]
) -> None:
    files = [("files", (path.name, path.read_bytes())) for path in small_files[1]]
    answer = northern.post("/api/v1/studies", files=files)
    assert answer.status_code == 422
    assert {one["reason"] for one in answer.json()["rejected"]} == {"its study is in a study group that you do not see"}
    robot = service(context, client, "robot", study_groups={"south"})
    assert upload(robot, small_files[1])["already_here"] == len(small_files[1])


def test_a_study_is_given_to_another_group_by_who_sees_both(
    context: Context, northern: TestClient, client: TestClient, hospital: Hospital
) -> None:
    url = f"/api/v1/studies/{hospital.north.study_instance_uid}"
    assert northern.patch(url, json={"study_group": "south"}).status_code == 403
    account(context, "max", Role.STUDY_MANAGER, study_groups={"north", "south"})
    max = browser(client, "max")
    assert max.patch(url, json={"study_group": "south"}).json()["study_group"] == "south"
    assert northern.get(url).status_code == 404
    assert max.patch(url, json={"removed": True}).json()["removal"]["author"] == "Dr max"
    assert max.patch(url, json={"study_group": "north"}).json()["removal"]["author"] == "Dr max"


def test_what_is_deleted_for_good_is_of_ones_own_group_and_told_to_whoever_sees_it(
    context: Context, northern: TestClient, everywhere: TestClient, client: TestClient, hospital: Hospital
) -> None:
    account(context, "sam", *EVERYTHING, study_groups={"south"})
    url = f"/api/v1/studies/{hospital.north.study_instance_uid}"
    northern.patch(url, json={"removed": True}).raise_for_status()
    body = hospital.north.body("DELETE", url)
    assert northern.request("DELETE", url, json=body | {"whole_patient": True}).status_code == 403
    deletion = northern.request("DELETE", url, json=body)
    assert deletion.status_code == 202, deletion.text
    told = [one.get("/api/v1/deletions").json()["deletions"] for one in (northern, everywhere, browser(client, "sam"))]
    assert [len(one) for one in told] == [1, 1, 0]


def test_whoever_sees_no_group_sees_nothing(context: Context, client: TestClient, hospital: Hospital) -> None:
    account(context, "guest", Role.READER, study_groups=set())
    guest = browser(client, "guest")
    assert guest.get("/api/v1/studies").json()["studies"] == []
    assert guest.get(f"/api/v1/readings/{hospital.north.reading_id}").status_code == 404
