"""What comes, or is signed, while a deletion waits: the patient's goes as well, another person's and results stay."""

import uuid
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from scarmass.api.app import create_app
from scarmass.domain.deletion import Deletion, DeletionReason, DeletionRequest
from scarmass.imaging.examiner import Examiners
from scarmass.imaging.pseudonyms import Pseudonyms
from scarmass.services.context import Context
from scarmass.services.deletion import ask
from scarmass.services.deletion.carry_out import MAY_BE_ANOTHER, WAITS_FOR_ANOTHER, carry_out
from scarmass.storage import deletions
from scarmass.worker import Worker
from tests.api.signing import ANNA, accept_all, get, open_reading, sign
from tests.conftest import upload
from tests.services.deletion.distinctive import PATIENT_ID, Distinctive, distinctive
from tests.services.deletion.test_deleting import delete, take_off
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def waiting(context: Context, client: TestClient, patient: Distinctive, stored: Path) -> Deletion:
    """The deletion of a patient, which waits for the results folder; signed readings are not to go with it."""
    stack_id = upload(client, patient.files)["studies"][0]["stacks"][0]["stack_id"]
    open_reading(client, stack_id, ANNA)
    (stored / "results").rename(stored / "away")
    request = DeletionRequest(uuid.uuid4(), DeletionReason.PATIENT_ASKED, "Dr Anna", whole_patient=True)
    asked = ask.delete_patient(context.places, PATIENT_ID, request)
    wait_until(lambda: ask.get_deletion(context.places, asked.id).waits_because, 60)
    return asked


def carried_out(context: Context, stored: Path, deletion: Deletion) -> Deletion:
    """The record, when the results folder is there again."""
    assert not carry_out(context.places, deletion.id)
    (stored / "away").rename(stored / "results")
    assert carry_out(context.places, deletion.id)
    return ask.get_deletion(context.places, deletion.id)


def read_and_signed(client: TestClient, study: Distinctive) -> str:
    stack_id = upload(client, study.files)["studies"][0]["stacks"][0]["stack_id"]
    return sign(client, accept_all(client, open_reading(client, stack_id, ANNA)))["id"]


def put(context: Context, study: Distinctive) -> None:
    """The study's first image comes over the network."""
    assert context.spool is not None
    context.spool.put("SCANNER", [study.files[0].read_bytes()])


def spooled(context: Context) -> list[bytes]:
    assert context.spool is not None
    return [one.path.read_bytes() for one in context.spool.waiting()]


def listed(client: TestClient) -> list[str]:
    return [one["study_instance_uid"] for one in client.get("/api/v1/studies").json()["studies"]]


def test_another_person_with_the_same_patient_id_keeps_what_was_signed_and_what_comes_over_the_network(
    context: Context, client: TestClient, waiting: Deletion, stored: Path, tmp_path: Path
) -> None:
    other = distinctive(tmp_path / "other", 1, patient_birth_date="19010101", patient_name="Somebody^Else")
    reading_id = read_and_signed(client, other)
    put(context, other)
    record = carried_out(context, stored, waiting)
    assert get(client, reading_id)["state"] == "signed"
    assert listed(client) == [other.study_instance_uid]
    assert spooled(context) == [other.files[0].read_bytes()]
    assert (record.counts["studies"], record.left_because) == (1, (MAY_BE_ANOTHER,))
    told = client.get(f"/api/v1/deletions/{record.id}").json()
    assert told["left_because"] == [MAY_BE_ANOTHER]


def test_another_person_who_has_no_birth_date_is_told_by_the_name(
    context: Context, client: TestClient, waiting: Deletion, stored: Path, tmp_path: Path
) -> None:
    for number, name in enumerate(["Somebody^Else", "ZYXWQUARK^VERA"], start=1):
        study = distinctive(tmp_path / name, number, patient_birth_date="", patient_name=name)
        upload(client, study.files)
    record = carried_out(context, stored, waiting)
    assert (record.counts["studies"], record.left_because) == (2, (MAY_BE_ANOTHER,))
    assert [one["patient"]["name"] for one in client.get("/api/v1/studies").json()["studies"]] == ["Somebody^Else"]


def test_the_patients_own_study_that_comes_meanwhile_goes_as_well(
    context: Context, client: TestClient, waiting: Deletion, stored: Path, tmp_path: Path
) -> None:
    upload(client, distinctive(tmp_path / "second", 1).files)
    record = carried_out(context, stored, waiting)
    assert (record.counts["studies"], record.left_because) == (2, ())
    assert listed(client) == []


def test_the_patients_own_study_that_is_signed_meanwhile_stays_with_what_comes_for_it(
    context: Context, client: TestClient, waiting: Deletion, stored: Path, tmp_path: Path
) -> None:
    second = distinctive(tmp_path / "second", 1)
    reading_id = read_and_signed(client, second)
    put(context, second)
    record = carried_out(context, stored, waiting)
    assert get(client, reading_id)["state"] == "signed"
    assert spooled(context) == [second.files[0].read_bytes()]
    (because,) = record.left_because
    assert because.startswith("A study that was signed meanwhile stays: signed readings are kept until ")


@pytest.mark.parametrize("although_signed", [False, True])
def test_what_is_signed_between_asking_and_deleting_goes_only_where_that_was_said(
    context: Context, patient: Distinctive, although_signed: bool
) -> None:
    with TestClient(create_app(context, Worker(context))) as client:
        stack_id = upload(client, patient.files)["studies"][0]["stacks"][0]["stack_id"]
        reading = accept_all(client, open_reading(client, stack_id, ANNA))
    with TestClient(create_app(context, nullcontext())) as client:
        take_off(client, patient.study_instance_uid)
        asked = delete(client, patient.study_instance_uid, although_signed=although_signed).json()
        sign(client, reading)
        assert carry_out(context.places, uuid.UUID(asked["id"]))
        found = client.get(f"/api/v1/readings/{reading['id']}").status_code
        left = client.get(f"/api/v1/deletions/{asked['id']}").json()["left_because"]
    assert (found, len(left)) == ((404, 0) if although_signed else (200, 1))


def test_a_deletion_that_an_earlier_version_left_waiting_takes_the_patient_that_it_named_alone(
    context: Context, client: TestClient, waiting: Deletion, stored: Path, tmp_path: Path
) -> None:
    with context.database.transaction() as session:
        target = deletions.lock_target(session, waiting.id)
        assert target is not None
        deletions.set_target(session, waiting.id, replace(target, patient_name="", patient_birth_date=""))
    upload(client, distinctive(tmp_path / "second", 1).files)
    assert carried_out(context, stored, waiting).left_because == (MAY_BE_ANOTHER,)
    assert len(listed(client)) == 1


def test_persons_who_were_deidentified_are_told_apart_in_what_waits(
    context: Context, stored: Path, patient: Distinctive, tmp_path: Path
) -> None:
    context.examiners = Examiners(processes=1, pseudonyms=Pseudonyms("x" * 32))
    other = distinctive(tmp_path / "other", 1, patient_birth_date="19010101", patient_name="Somebody^Else")
    second = distinctive(tmp_path / "second", 2)
    with TestClient(create_app(context, nullcontext())) as client:
        uid = upload(client, patient.files)["studies"][0]["study_instance_uid"]
        stored_id = get_study(client, uid)["patient"]["id"]
        for study in (other, second):
            put(context, study)
        request = DeletionRequest(uuid.uuid4(), DeletionReason.PATIENT_ASKED, "Dr Anna", whole_patient=True)
        asked = ask.delete_patient(context.places, stored_id, request)
        assert carry_out(context.places, asked.id)
    assert spooled(context) == [other.files[0].read_bytes()]
    assert ask.get_deletion(context.places, asked.id).left_because == (WAITS_FOR_ANOTHER,)


def get_study(client: TestClient, uid: str) -> dict:
    return client.get(f"/api/v1/studies/{uid}").raise_for_status().json()
