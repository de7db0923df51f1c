"""Segmentations of others over REST: kept beside their study, taken as a reading to correct, undone."""

import io
import uuid
from pathlib import Path

import numpy as np
import pydicom
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.masks import from_rle
from scarmass.domain.stack import Slice
from scarmass.imaging.mr.header import read_object
from scarmass.services import store_segmentations
from scarmass.services.context import Context
from scarmass.storage.orphans import sweep
from tests.api.test_reader_studies import ask_next, made
from tests.api.test_readings import edit
from tests.conftest import upload
from tests.imaging.segmentation_objects import changed, disc, frame, segmentation

pytestmark = pytest.mark.slow

SEGMENTS = {
    1: ("Scar", ("12402003", "SCT", "Scar")),
    2: ("Blood pool", None),
    3: ("Left ventricle", None),
}
MEANINGS = [
    {"number": number, "meaning": meaning} for number, meaning in enumerate(("scar", "blood_pool", "left_ventricle"), 1)
]


@pytest.fixture
def drawn(phantom_files: list[Path]) -> dict[str, dict[str, np.ndarray]]:
    """Masks by SOP Instance UID and structure, on every slice but the first."""
    found = {}
    for at, path in enumerate(phantom_files[1:]):
        header = read_object(path.read_bytes()).slices[0]
        of = header.rows, header.columns
        x, y = header.columns / 2, header.rows / 2
        found[header.sop_instance_uid] = {
            "scar": disc(*of, x + 20, y, 4 + at % 3),
            "blood_pool": disc(*of, x, y, 15),
            "left_ventricle": disc(*of, x, y, 26),
        }
    return found


@pytest.fixture
def content(phantom_files: list[Path], drawn: dict[str, dict[str, np.ndarray]]) -> bytes:
    """A SEG object that belongs to the phantom's study, its frames in reverse."""
    source = pydicom.dcmread(phantom_files[0])
    slices = [Slice(read_object(path.read_bytes()).slices[0]) for path in phantom_files[1:]]
    frames = [
        frame(one, drawn[one.header.sop_instance_uid][name], number)
        for one in reversed(slices)
        for number, name in enumerate(("scar", "blood_pool", "left_ventricle"), 1)
    ]
    patient = ("StudyInstanceUID", "PatientID", "PatientName", "PatientBirthDate", "PatientSex")
    same = {keyword: source[keyword].value for keyword in patient}
    space = source.get("FrameOfReferenceUID", "")
    return segmentation(frames, SEGMENTS, **same, **({"FrameOfReferenceUID": space} if space else {}))


def send(client: TestClient, content: bytes, name: str = "seg.dcm"):
    return client.post("/api/v1/studies", files=[("files", (name, content))])


def stack_of(answer: dict) -> str:
    return answer["studies"][0]["stacks"][0]["stack_id"]


def opened_by(client: TestClient, stack_id: str) -> dict:
    """The reading that all readers of the stack share."""
    return client.post(f"/api/v1/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())}).json()


def at(reading: dict, revision: int = 0) -> dict:
    return {"reading_id": reading["id"], "expected_revision": revision}


def open_from(client: TestClient, stack_id: str, reader: str = "Dr Anna", **fields):
    body = {"client_id": str(uuid.uuid4()), "sop_instance_uid": "1.2.3.7.1", "segments": MEANINGS, **fields}
    url = f"/api/v1/stacks/{stack_id}/readings/from-segmentation"
    return client.post(url, json=body, headers={"X-Reader": reader})


def test_the_masks_of_a_segmentation_become_a_reading_bit_for_bit(
    client: TestClient, phantom_files: list[Path], content: bytes, drawn: dict
) -> None:
    stack_id = stack_of(upload(client, phantom_files))
    assert send(client, content).json()["segmentations"] == 1
    answer = open_from(client, stack_id)
    assert answer.status_code == 201, answer.text
    reading = answer.json()
    first, *others = sorted(reading["slices"], key=lambda one: one["sop_instance_uid"] in drawn)
    assert (first["state"], first["mask"]) == ("pending", None)
    for one in others:
        assert one["state"] == "edited"
        for structure, mask in drawn[one["sop_instance_uid"]].items():
            segment = one["segments"][structure]
            assert segment["origin"] == "import"
            assert (from_rle(segment["mask"]) == mask).all()
    assert reading["reviewed"] == 0


def test_taking_masks_is_one_edit_that_history_and_exports_name_and_undo_takes_away(
    client: TestClient, phantom_files: list[Path], content: bytes
) -> None:
    stack_id = stack_of(upload(client, [*phantom_files]))
    send(client, content)
    reading = open_from(client, stack_id).json()
    (past,) = client.get(f"/api/v1/readings/{reading['id']}/edits").json()["edits"]
    words = "taken from Roe, Richard’s segmentation “CORELAB” (SEG): scar from “Scar”"
    assert past["kind"] == "import"
    assert past["taken_from"].startswith(words)
    assert reading["taken_from"] == [past["taken_from"]]
    told = past["segmentation"]
    assert (told["label"], told["creator"], told["sop_instance_uid"]) == ("CORELAB", "Roe, Richard", "1.2.3.7.1")
    assert told["warnings"] == []
    report = client.get(f"/api/v1/readings/{reading['id']}/report").json()
    assert report["taken_from"] == [f"{past['taken_from']}, 1.2.3.7.1"]
    rows = client.get(f"/api/v1/readings/{reading['id']}/export?format=json").json()["rows"]
    assert all(words in row["masks_taken_from"] and "1.2.3.7.1" in row["masks_taken_from"] for row in rows)
    undone = edit(client, reading, 1, "undo")
    assert undone["status"] == 200
    assert undone["taken_from"] == []
    assert not any(one["segments"].get("scar", {}).get("origin") == "import" for one in undone["slices"])


def test_where_the_stack_is_read_already_the_reader_gets_the_masks_in_a_reading_of_their_own(
    client: TestClient, phantom_files: list[Path], content: bytes
) -> None:
    stack_id = stack_of(upload(client, phantom_files))
    send(client, content)
    shared = opened_by(client, stack_id)
    own = open_from(client, stack_id).json()
    assert own["id"] != shared["id"]
    again = open_from(client, stack_id)
    assert (again.status_code, again.json()["id"], again.json()["revision"]) == (200, own["id"], 2)
    assert open_from(client, stack_id, "Dr Ben").json()["id"] not in (own["id"], shared["id"])


def test_the_reading_that_is_named_takes_the_masks_once_and_gives_them_back(
    client: TestClient, phantom_files: list[Path], content: bytes
) -> None:
    stack_id = stack_of(upload(client, phantom_files))
    send(client, content)
    shared, client_id = opened_by(client, stack_id), str(uuid.uuid4())
    first, again = (open_from(client, stack_id, client_id=client_id, into=at(shared)) for _ in range(2))
    assert [(one.status_code, one.json()["id"], one.json()["revision"]) for one in (first, again)] == [
        (200, shared["id"], 1)
    ] * 2
    undone = edit(client, shared, 1, "undo")
    assert (undone["status"], undone["taken_from"]) == (200, [])
    assert len(client.get(f"/api/v1/stacks/{stack_id}/readings").json()["readings"]) == 1


def test_what_was_done_in_between_is_not_replaced_unseen(
    client: TestClient, phantom_files: list[Path], content: bytes
) -> None:
    stack_id = stack_of(upload(client, phantom_files))
    send(client, content)
    shared = opened_by(client, stack_id)
    assert edit(client, shared, 0, "no_scar", 0)["status"] == 200
    late = open_from(client, stack_id, into=at(shared))
    assert (late.status_code, late.json()["type"].split(":")[-1]) == (409, "RevisionStale")


def test_a_reading_of_another_stack_takes_nothing(
    client: TestClient, phantom_files: list[Path], other_phantom_files: list[Path], content: bytes
) -> None:
    stack_id, other = stack_of(upload(client, phantom_files)), stack_of(upload(client, other_phantom_files))
    send(client, content)
    strange = opened_by(client, other)
    looked = client.get(f"/api/v1/stacks/{stack_id}/segmentations/1.2.3.7.1?reading_id={strange['id']}")
    for answer in (open_from(client, stack_id, into=at(strange)), looked):
        assert (answer.status_code, answer.json()["type"].split(":")[-1]) == (404, "ReadingNotFound")


def test_in_a_reader_study_nothing_is_taken_over(client: TestClient, phantom_files: list[Path], content: bytes) -> None:
    stack_id = stack_of(upload(client, phantom_files))
    send(client, content)
    headers = {"X-Reader": "Dr Anna"}
    study_id = made(client, [stack_id], readers=["Dr Anna"])
    measured = ask_next(client, study_id, headers).json()
    into = {"reading_id": measured["reading_id"], "expected_revision": 0}
    refused = open_from(client, stack_id, into=into)
    assert (refused.status_code, refused.json()["type"].split(":")[-1]) == (409, "MeasuredInReaderStudy")


def test_what_a_reading_lacks_of_its_stack_is_told_of_its_own_slices(
    client: TestClient, phantom_files: list[Path], content: bytes
) -> None:
    stack_id = stack_of(upload(client, phantom_files[:6]))
    reading = opened_by(client, stack_id)
    send(client, content)
    upload(client, phantom_files[6:])
    url = f"/api/v1/stacks/{stack_id}/segmentations/1.2.3.7.1"
    of_stack, of_reading = client.get(url).json(), client.get(url, params={"reading_id": reading["id"]}).json()
    assert of_stack["warnings"] == []
    assert any("lie on no slice" in said for said in of_reading["warnings"])
    assert of_reading["segments"][0]["slices"] == 5


def test_the_same_request_again_changes_nothing(client: TestClient, phantom_files: list[Path], content: bytes) -> None:
    stack_id = stack_of(upload(client, phantom_files))
    send(client, content)
    client_id = str(uuid.uuid4())
    first, again = (open_from(client, stack_id, client_id=client_id) for _ in range(2))
    assert (again.json()["id"], again.json()["revision"]) == (first.json()["id"], 1)
    other = open_from(client, stack_id, client_id=client_id, segments=MEANINGS[:1])
    assert (other.status_code, other.json()["type"].split(":")[-1]) == (409, "ClientIdReused")


def test_a_segmentation_that_comes_before_its_images_waits_for_them(
    client: TestClient, context: Context, phantom_files: list[Path], content: bytes
) -> None:
    early = send(client, content)
    assert (early.status_code, early.json()["studies"], early.json()["segmentations"]) == (201, [], 1)
    sweep(context.database, context.files)
    stack_id = stack_of(upload(client, phantom_files))
    assert open_from(client, stack_id).status_code == 201


def test_the_same_object_twice_changes_nothing_and_another_of_its_uid_is_refused(
    client: TestClient, phantom_files: list[Path], content: bytes
) -> None:
    study = upload(client, phantom_files)["studies"][0]["study_instance_uid"]
    first, again, coerced = (
        send(client, content),
        send(client, content),
        send(client, changed(content, AccessionNumber="7")),
    )
    assert [(one.json()["stored"], one.json()["already_here"]) for one in (first, again, coerced)] == [
        (1, 0),
        (0, 1),
        (0, 1),
    ]
    values = bytearray(pydicom.dcmread(io.BytesIO(content)).PixelData)
    values[100] ^= 255
    other = send(client, changed(content, PixelData=bytes(values)))
    assert other.status_code == 422
    assert "already stored with other content" in other.json()["rejected"][0]["reason"]
    assert len(client.get(f"/api/v1/studies/{study}/segmentations").json()["segmentations"]) == 1


def test_a_study_keeps_so_many_segmentations_and_no_more(
    client: TestClient, phantom_files: list[Path], content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_segmentations, "MOST_OF_STUDY", 1)
    upload(client, phantom_files)
    send(client, content)
    assert send(client, content).status_code == 201
    one_more = send(client, changed(content, SOPInstanceUID="1.2.3.7.2"))
    assert one_more.status_code == 422
    assert "has 1 segmentations already" in one_more.json()["rejected"][0]["reason"]


def test_a_segmentation_of_another_patient_is_refused_and_one_that_waited_is_listed_as_unusable(
    client: TestClient, phantom_files: list[Path], content: bytes
) -> None:
    strange = changed(content, PatientID="SOMEBODY-ELSE")
    send(client, strange)
    answer = upload(client, phantom_files)
    study = answer["studies"][0]["study_instance_uid"]
    (listed,) = client.get(f"/api/v1/studies/{study}/segmentations").json()["segmentations"]
    assert "patient differs" in listed["unusable_because"]
    assert open_from(client, stack_of(answer)).status_code == 422
    late = send(client, changed(strange, SOPInstanceUID="1.2.3.7.2"))
    assert "patient differs" in late.json()["rejected"][0]["reason"]


def test_a_segmentation_is_listed_and_what_it_shows_of_the_stack_is_told(
    client: TestClient, phantom_files: list[Path], content: bytes, drawn: dict
) -> None:
    answer = upload(client, phantom_files)
    send(client, content)
    study, stack_id = answer["studies"][0]["study_instance_uid"], stack_of(answer)
    (listed,) = client.get(f"/api/v1/studies/{study}/segmentations").json()["segmentations"]
    assert (listed["content_label"], listed["made_with"]) == ("CORELAB", "Another maker")
    assert [one["segmentations"] for one in client.get("/api/v1/studies").json()["studies"]] == [1]
    assert [one["proposed"] for one in listed["segments"]] == ["scar", "blood_pool", "left_ventricle"]
    told = client.get(f"/api/v1/stacks/{stack_id}/segmentations/1.2.3.7.1").json()
    assert [one["slices"] for one in told["segments"]] == [len(drawn)] * 3
    assert told["segments"][0]["pixels"] == sum(int(one["scar"].sum()) for one in drawn.values())
    assert told["warnings"] == []


@pytest.mark.parametrize(
    ("fields", "status", "name"),
    [
        ({"sop_instance_uid": "9.9"}, 404, "SegmentationNotFound"),
        ({"segments": [{"number": 8, "meaning": "scar"}]}, 422, "MeaningsInvalid"),
        ({"segments": [*MEANINGS[:1], *MEANINGS[:1]]}, 422, "MeaningsInvalid"),
        ({"segments": []}, 422, "RequestInvalid"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name_and_opens_no_reading(
    client: TestClient, phantom_files: list[Path], content: bytes, fields: dict, status: int, name: str
) -> None:
    stack_id = stack_of(upload(client, phantom_files))
    send(client, content)
    answer = open_from(client, stack_id, **fields)
    assert (answer.status_code, answer.json()["type"].split(":")[-1]) == (status, name)
    assert client.get(f"/api/v1/stacks/{stack_id}/readings").json()["readings"] == []


def test_an_import_is_no_edit_that_a_page_can_send(
    client: TestClient, phantom_files: list[Path], content: bytes
) -> None:
    stack_id = stack_of(upload(client, phantom_files))
    send(client, content)
    assert edit(client, open_from(client, stack_id).json(), 1, "import")["status"] == 422
