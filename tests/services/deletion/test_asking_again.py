"""A deletion that is asked for again, by the same client_id: the same where it is the same request, else refused."""

import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from scarmass.domain.deletion import DeletionReason, DeletionRequest
from scarmass.domain.errors import ClientIdReused
from scarmass.services.context import Context
from scarmass.services.deletion import ask
from scarmass.storage import deletions
from tests.api.signing import ANNA, problem_of
from tests.conftest import upload
from tests.services.deletion.distinctive import PATIENT_ID, Distinctive, distinctive
from tests.services.deletion.test_deleting import body, take_off, when_done

pytestmark = pytest.mark.slow


def test_the_same_request_again_is_the_same_deletion(client: TestClient, patient: Distinctive) -> None:
    uid = upload(client, patient.files)["studies"][0]["study_instance_uid"]
    take_off(client, uid)
    sent = body()
    first, again = (client.request("DELETE", f"/api/v1/studies/{uid}", json=sent, headers=ANNA) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    record = when_done(client, again)
    after = client.request("DELETE", f"/api/v1/studies/{uid}", json=sent, headers=ANNA)
    assert (after.status_code, after.json()) == (202, record)
    for change in ({"reason": "other"}, {"confirmation": "ZQX-471"}):
        other = client.request("DELETE", f"/api/v1/studies/{uid}", json=sent | change, headers=ANNA)
        assert problem_of(other) == (409, "ClientIdReused")


def test_the_same_request_again_is_the_same_deletion_where_an_earlier_version_was_asked(
    context: Context, client: TestClient, patient: Distinctive
) -> None:
    uid = upload(client, patient.files)["studies"][0]["study_instance_uid"]
    take_off(client, uid)
    sent = body()
    first = client.request("DELETE", f"/api/v1/studies/{uid}", json=sent, headers=ANNA)
    with context.database.transaction() as session:
        session.execute(text("update deletions set confirmation_hash = null"))
    again = client.request("DELETE", f"/api/v1/studies/{uid}", json=sent, headers=ANNA)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])


@pytest.mark.parametrize("is_done", [False, True])
def test_a_client_id_deletes_no_other_study_and_does_not_say_that_it_did(
    client: TestClient, patient: Distinctive, tmp_path: Path, is_done: bool
) -> None:
    second = distinctive(tmp_path / "second", 1)
    for study in (patient, second):
        upload(client, study.files)
        take_off(client, study.study_instance_uid)
    sent = body()
    url = "/api/v1/studies/"
    answer = client.request("DELETE", url + patient.study_instance_uid, json=sent, headers=ANNA)
    if is_done:
        when_done(client, answer)
    other = client.request("DELETE", url + second.study_instance_uid, json=sent, headers=ANNA)
    assert problem_of(other) == (409, "ClientIdReused")
    assert client.get(url + second.study_instance_uid).status_code == 200


def test_of_two_requests_with_one_client_id_at_once_the_second_is_refused(
    context: Context, client: TestClient, patient: Distinctive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = distinctive(tmp_path / "second", 1)
    for study in (patient, second):
        upload(client, study.files)
        take_off(client, study.study_instance_uid)
    request = DeletionRequest(uuid.uuid4(), DeletionReason.OTHER, "Dr Anna")
    ask.delete_study(context.places, patient.study_instance_uid, PATIENT_ID, request)
    known, not_yet = deletions.by_client_id, [None]
    monkeypatch.setattr(deletions, "by_client_id", lambda *asked: not_yet.pop() if not_yet else known(*asked))
    with pytest.raises(ClientIdReused):
        ask.delete_study(context.places, second.study_instance_uid, PATIENT_ID, request)
    assert not not_yet
