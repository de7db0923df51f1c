"""What was deleted for good is nowhere any more: in no table, no file, no export, no memory."""

import uuid
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from scarmass.api.app import create_app
from scarmass.domain.audit import Action, Sought, Subject
from scarmass.domain.deletion import DeletionReason, DeletionRequest
from scarmass.domain.errors import DeletedMeanwhile, PatientAmbiguous, PatientNotFound
from scarmass.services.context import Context
from scarmass.services.deletion import ask, carry_out
from scarmass.storage import arrivals, audit, erasing, readings
from scarmass.storage.study_groups import Sight
from scarmass.storage.tables import Table, WorkRow
from scarmass.storage.versions import versions_of
from tests.api.signing import ANNA, BERT, accept_all, get, open_reading, problem_of, sign
from tests.conftest import upload
from tests.services.deletion.conftest import REFUSED_OF_OTHERS, Read
from tests.services.deletion.distinctive import PATIENT_ID, Distinctive, distinctive, files_that_name, rows_that_name
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


def body(**fields: Any) -> dict[str, Any]:
    return {"client_id": str(uuid.uuid4()), "confirmation": PATIENT_ID, "reason": "patient_asked", **fields}


def take_off(client: TestClient, uid: str) -> None:
    client.patch(f"/api/v1/studies/{uid}", json={"removed": True}, headers=ANNA).raise_for_status()


def delete(client: TestClient, uid: str, **fields: Any) -> Any:
    return client.request("DELETE", f"/api/v1/studies/{uid}", json=body(**fields), headers=ANNA)


def record_of(client: TestClient, answer: Any) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    return client.get(f"/api/v1/deletions/{answer.json()['id']}").raise_for_status().json()


def when_done(client: TestClient, answer: Any) -> dict[str, Any]:
    wait_until(lambda: record_of(client, answer)["done_at"], 60)
    return record_of(client, answer)


def deleted(client: TestClient, uid: str, **fields: Any) -> dict[str, Any]:
    """The record of a deletion that is done."""
    take_off(client, uid)
    return when_done(client, delete(client, uid, **fields))


def numbers(client: TestClient, reading_id: str) -> list[list[str]]:
    """A reading's export up to its masses, without the time at which it was exported."""
    lines = client.get(f"/api/v1/readings/{reading_id}/export").raise_for_status().text.splitlines()
    at = lines[0].split(",").index("exported_at")
    return [[cell for column, cell in enumerate(line.split(",")) if column != at] for line in lines]


def test_nothing_is_left_of_a_study_that_was_read_signed_sent_and_measured_and_others_stay(
    context: Context, client: TestClient, read: Read, stored: Path
) -> None:
    words, uid = read.patient.words, read.patient.study_instance_uid
    context.results.put(uuid.UUID(read.signed["id"]), ())
    named = {line.split(":")[0] for line in rows_that_name(context.database.conninfo, words)}
    assert {"studies", "study_changes", "instances", "frames", "reading_slices"} <= named
    assert {"transfers", "arrivals", "report_texts"} <= named
    assert list(files_that_name(stored, words))
    others = numbers(client, read.other["id"])

    take_off(client, uid)
    assert problem_of(delete(client, uid)) == (409, "SignedReadingsKept")
    record = when_done(client, delete(client, uid, although_signed=True))
    assert list(rows_that_name(context.database.conninfo, words)) == []
    assert list(files_that_name(stored, words)) == []
    wait_until(lambda: context.results.get(uuid.UUID(read.signed["id"])) is None, 60)
    assert client.get(f"/api/v1/studies/{uid}").status_code == 404
    gone = {"client_id": str(uuid.uuid4()), "expected_revision": 1, "kind": "undo"}
    assert client.post(f"/api/v1/readings/{read.signed['id']}/edits", json=gone).status_code == 404

    counts = record["counts"]
    assert record["sent_to"] == ["PACS"]
    assert (counts["studies"], counts["signatures"], counts["transfers"]) == (1, 2, 2)
    assert counts["stored_files"] == counts["instances"] == len(read.patient.files)
    assert (counts["spooled"], counts["exports"], counts["refused"]) == (3, 5, 1)

    assert numbers(client, read.other["id"]) == others
    assert context.spool is not None
    assert len(list(context.spool.waiting())) == 1
    with context.database.transaction() as session:
        (arrival,) = arrivals.page(session, 10, None)
    assert arrival.refused == (REFUSED_OF_OTHERS,)
    url = f"/api/v1/reader-studies/{read.reader_study}"
    (progress,) = client.get(url).raise_for_status().json()["progress"]
    assert (progress["done"], progress["of"]) == (1, 2)
    assert len(client.get(f"{url}/results", headers=BERT).raise_for_status().json()["measurements"]) == 1


def test_a_reader_study_goes_with_its_last_patient(client: TestClient, patient: Distinctive) -> None:
    stack_id = upload(client, patient.files)["studies"][0]["stacks"][0]["stack_id"]
    made = {"client_id": str(uuid.uuid4()), "name": "Agreement", "stack_ids": [stack_id], "readers": ["Dr Anna"]}
    client.post("/api/v1/reader-studies", json=made, headers=ANNA).raise_for_status()
    assert deleted(client, patient.study_instance_uid)["counts"]["reader_studies"] == 1
    assert client.get("/api/v1/reader-studies").json()["reader_studies"] == []


def test_a_deletion_is_asked_for_twice_and_confirmed_by_the_patients_id(
    client: TestClient, patient: Distinctive
) -> None:
    uid = upload(client, patient.files)["studies"][0]["study_instance_uid"]
    assert problem_of(delete(client, uid)) == (409, "StudyOnWorklist")
    take_off(client, uid)
    assert problem_of(delete(client, uid, confirmation="ZQX-471")) == (422, "DeletionNotConfirmed")
    assert problem_of(delete(client, "1.2.3")) == (404, "StudyNotFound")
    assert client.get(f"/api/v1/studies/{uid}").status_code == 200
    assert client.get("/api/v1/deletions").json()["deletions"] == []


def test_a_patient_goes_with_every_study_and_the_record_knows_them_again(
    context: Context, client: TestClient, patient: Distinctive, tmp_path: Path
) -> None:
    upload(client, patient.files)
    second = distinctive(tmp_path / "second", 1)
    upload(client, second.files)
    both = deleted(client, second.study_instance_uid, whole_patient=True, reason="wrong_patient")
    assert (both["counts"]["studies"], both["asked_by"]) == (2, "Dr Anna (unauthenticated)")
    assert list(rows_that_name(context.database.conninfo, (*patient.words, *second.words))) == []
    upload(client, patient.files)
    again = deleted(client, patient.study_instance_uid)
    assert both["patient_hash"] == again["patient_hash"]
    with context.database.transaction() as session:
        recorded = audit.page(session, Sought(actions=(Action.DELETE,), person="Dr Anna"), 10, None)
    of_job = [one.event for one in recorded if one.event.about.get("deletion") == both["id"]]
    assert {one.subject for one in of_job} == {Subject(PATIENT_ID, one.study_instance_uid) for one in (patient, second)}
    listed = client.get("/api/v1/deletions").json()["deletions"]
    assert [(one["id"], one["reason"]) for one in listed] == [
        (again["id"], "patient_asked"),
        (both["id"], "wrong_patient"),
    ]


def test_who_sees_some_study_groups_deletes_the_patient_in_those_alone(
    context: Context, client: TestClient, patient: Distinctive, tmp_path: Path
) -> None:
    upload(client, patient.files)
    of_others = distinctive(tmp_path / "second", 1)
    upload(client, of_others.files)
    url = f"/api/v1/studies/{patient.study_instance_uid}"
    client.patch(url, json={"study_group": "north"}).raise_for_status()
    seen = replace(context.places, database=context.database.seen_with(Sight(frozenset({"north"}), "Dr Anna")))
    request = DeletionRequest(uuid.uuid4(), DeletionReason.OTHER, "Dr Anna", whole_patient=True)
    deletion = ask.delete_patient(seen, PATIENT_ID, request)
    wait_until(lambda: ask.get_deletion(context.places, deletion.id).done_at, 60)
    left = client.get("/api/v1/studies").json()["studies"]
    assert [one["study_instance_uid"] for one in left] == [of_others.study_instance_uid]


def test_two_persons_with_one_patient_id_are_not_deleted_as_one(
    context: Context, client: TestClient, patient: Distinctive, tmp_path: Path
) -> None:
    upload(client, patient.files)
    upload(client, distinctive(tmp_path / "other", 1, patient_birth_date="19710203").files)
    request = DeletionRequest(uuid.uuid4(), DeletionReason.OTHER, "somebody", whole_patient=True)
    with pytest.raises(PatientAmbiguous):
        ask.delete_patient(context.places, PATIENT_ID, request)
    for unknown in ("NOBODY", ""):
        with pytest.raises(PatientNotFound):
            ask.delete_patient(context.places, unknown, request)


def test_what_is_added_to_what_was_deleted_meanwhile_is_answered_as_not_found(context: Context) -> None:
    with pytest.raises(DeletedMeanwhile), context.database.transaction() as session:
        session.add(WorkRow(reading_id=uuid.uuid4(), client_id=uuid.uuid4(), reader="Dr Anna", seconds=1))


def test_what_is_read_while_it_is_deleted_is_whole(context: Context, client: TestClient, patient: Distinctive) -> None:
    stack_id = upload(client, patient.files)["studies"][0]["stacks"][0]["stack_id"]
    open_reading(client, stack_id, ANNA)
    with context.database.moment() as session:
        found = list(readings.readings_of_stacks(session, [stack_id]).values())
        with context.database.transaction() as deleting:
            erasing.erase_rows(deleting, patient.study_instance_uid)
        assert [one.reading_id for one in versions_of(session, found)] == found
    assert client.get("/api/v1/studies").json()["studies"] == []


def test_a_results_folder_that_is_away_is_waited_for(
    context: Context, client: TestClient, patient: Distinctive, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carry_out, "RETRY_S", 1)
    stack_id = upload(client, patient.files)["studies"][0]["stacks"][0]["stack_id"]
    signed = sign(client, accept_all(client, open_reading(client, stack_id, ANNA)))
    wait_until(lambda: get(client, signed["id"])["delivery"]["is_written"], 60)
    (stored / "results").rename(stored / "away")
    take_off(client, patient.study_instance_uid)
    answer = delete(client, patient.study_instance_uid, although_signed=True)
    wait_until(lambda: record_of(client, answer)["waits_because"], 60)
    record = record_of(client, answer)
    assert record["done_at"] is None
    assert record["waits_because"] == f"The results folder {stored / 'results'} is not there."
    (stored / "away").rename(stored / "results")
    assert when_done(client, answer)["counts"]["exports"] == 5
    assert list(files_that_name(stored, patient.words)) == []


def test_who_works_on_it_is_waited_for_so_that_nothing_is_written_afterwards(
    context: Context, patient: Distinctive
) -> None:
    with TestClient(create_app(context, nullcontext())) as client:
        stack = upload(client, patient.files)["studies"][0]["stacks"][0]
        client.post(f"/api/v1/stacks/{stack['stack_id']}/readings", json={"client_id": str(uuid.uuid4())})
        take_off(client, patient.study_instance_uid)
        deletion_id = uuid.UUID(delete(client, patient.study_instance_uid).json()["id"])
    with context.database.transaction() as session:
        worker = session.scalar(text("insert into procrastinate_workers default values returning id"))
        begun = "update procrastinate_jobs set status = 'doing', worker_id = :worker where queue_name = 'preparing'"
        session.execute(text(begun), {"worker": worker})
    assert not carry_out.carry_out(context.places, deletion_id)
    assert ask.get_deletion(context.places, deletion_id).done_at is None
    with context.database.transaction() as session:
        session.execute(text("delete from procrastinate_jobs where status = 'doing'"))
    assert carry_out.carry_out(context.places, deletion_id)


def test_every_table_that_belongs_to_a_study_is_removed_from_or_is_said_to_be_kept() -> None:
    names = {"study_instance_uid", "stack_id", "reading_id", "sop_instance_uid"}
    belonging = {"studies", "stacks", "readings", "instances", "frames"}
    for table in Table.metadata.sorted_tables:
        if belonging & {key.column.table.name for key in table.foreign_keys}:
            assert names & set(table.c.keys()) or table.name in erasing.KEPT, table.name
