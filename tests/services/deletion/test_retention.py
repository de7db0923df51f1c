"""Retention: what is over leaves the worklist, then the server, and what is in use stays."""

import uuid
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from scarmass.domain.deletion import RetentionRules
from scarmass.domain.errors import DatabaseUnavailable
from scarmass.services.context import Context
from scarmass.services.deletion import retention
from scarmass.services.deletion.retention import RETENTION, apply_rules, nightly
from tests.api.signing import ANNA, accept_all, edit, name_of, open_reading, sign
from tests.conftest import upload
from tests.services.deletion.distinctive import Distinctive
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

RULES = RetentionRules(without_reading=90, after_signing=365, off_worklist=30, signed=100)


def in_days(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def listed(client: TestClient, removed: bool = False) -> list[dict]:
    return client.get("/api/v1/studies", params={"removed": removed}).raise_for_status().json()["studies"]


@pytest.fixture
def stack_id(context: Context, client: TestClient, patient: Distinctive) -> str:
    context.retention = RULES
    return upload(client, patient.files)["studies"][0]["stacks"][0]["stack_id"]


def test_a_study_that_nobody_read_leaves_the_worklist_and_then_the_server(
    context: Context, client: TestClient, stack_id: str
) -> None:
    apply_rules(context.places, in_days(89))
    assert len(listed(client)) == 1
    open_reading(client, stack_id, ANNA)  # only looked at
    apply_rules(context.places, in_days(91))
    assert listed(client) == []
    (off,) = listed(client, removed=True)
    assert off["removal"]["author"] == RETENTION
    apply_rules(context.places, in_days(29))
    assert len(listed(client, removed=True)) == 1
    for _ in range(2):
        apply_rules(context.places, in_days(91))
    wait_until(lambda: not listed(client, removed=True), 60)
    (record,) = client.get("/api/v1/deletions").json()["deletions"]
    assert (record["asked_by"], record["reason"]) == (RETENTION, "retention_ended")


def test_a_study_that_somebody_brings_back_stays_for_as_long_again(
    context: Context, client: TestClient, stack_id: str
) -> None:
    with context.database.transaction() as session:
        session.execute(text("update instances set imported_at = imported_at - interval '91 days'"))
    apply_rules(context.places, in_days(0))
    (off,) = listed(client, removed=True)
    client.patch(f"/api/v1/studies/{off['study_instance_uid']}", json={"removed": False}, headers=ANNA)
    apply_rules(context.places, in_days(89))
    assert len(listed(client)) == 1
    apply_rules(context.places, in_days(91))
    assert listed(client) == []


def test_a_study_that_is_off_the_worklist_goes_whichever_study_group_it_is_given_meanwhile(
    context: Context, client: TestClient, stack_id: str, patient: Distinctive
) -> None:
    apply_rules(context.places, in_days(91))
    url = f"/api/v1/studies/{patient.study_instance_uid}"
    client.patch(url, json={"study_group": "cardiology"}, headers=ANNA).raise_for_status()
    apply_rules(context.places, in_days(29))
    assert len(listed(client, removed=True)) == 1
    apply_rules(context.places, in_days(91))
    wait_until(lambda: not listed(client, removed=True), 60)


def test_what_a_reader_took_off_stays_whichever_study_group_it_is_given(
    context: Context, client: TestClient, stack_id: str, patient: Distinctive
) -> None:
    url = f"/api/v1/studies/{patient.study_instance_uid}"
    client.patch(url, json={"removed": True}, headers=ANNA).raise_for_status()
    client.patch(url, json={"study_group": "cardiology"}, headers=ANNA).raise_for_status()
    apply_rules(context.places, in_days(9999))
    assert len(listed(client, removed=True)) == 1


def test_what_a_reader_took_off_the_worklist_is_not_deleted_by_itself(
    context: Context, client: TestClient, stack_id: str, patient: Distinctive
) -> None:
    client.patch(f"/api/v1/studies/{patient.study_instance_uid}", json={"removed": True}, headers=ANNA)
    apply_rules(context.places, in_days(9999))
    assert len(listed(client, removed=True)) == 1


def test_work_that_nobody_signed_stays_and_what_was_signed_goes_after_its_time(
    context: Context, client: TestClient, stack_id: str
) -> None:
    reading = open_reading(client, stack_id, ANNA)
    edit(client, reading, "no_scar", **name_of(reading, 0)).raise_for_status()
    apply_rules(context.places, in_days(9999))
    assert len(listed(client)) == 1
    sign(client, accept_all(client, reading))
    apply_rules(context.places, in_days(364))
    assert len(listed(client)) == 1
    apply_rules(context.places, in_days(366))
    assert listed(client) == []


def test_a_study_that_a_reader_study_measures_stays(context: Context, client: TestClient, stack_id: str) -> None:
    made = {"client_id": str(uuid.uuid4()), "name": "Agreement", "stack_ids": [stack_id], "readers": ["Dr Anna"]}
    client.post("/api/v1/reader-studies", json=made, headers=ANNA).raise_for_status()
    apply_rules(context.places, in_days(9999))
    assert len(listed(client)) == 1


def test_a_nights_work_is_done_once_by_whichever_server_is_first(
    context: Context, client: TestClient, stack_id: str
) -> None:
    tonight = in_days(91)
    assert nightly(context.places, tonight)
    assert not nightly(context.places, tonight)
    left = context.files.put(b"stored by an import that ended before its commit")
    assert nightly(context.places, tonight + timedelta(days=1))
    assert not context.files.has(left)


@pytest.mark.parametrize("step", ["delete_by_retention", "rewrite_where_due", "sweep"])
def test_a_nights_work_that_breaks_off_is_done_when_it_is_tried_again(
    context: Context, client: TestClient, stack_id: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_rules(context.places, in_days(91))
    tonight = in_days(122)
    with monkeypatch.context() as patched:
        patched.setattr(retention, step, Mock(side_effect=DatabaseUnavailable("it restarts")))
        with pytest.raises(DatabaseUnavailable):
            nightly(context.places, tonight)
    left = context.files.put(b"stored by an import that ended before its commit")
    assert nightly(context.places, tonight)
    assert not context.files.has(left)
    wait_until(lambda: not listed(client, removed=True), 60)
    assert not nightly(context.places, tonight)


def test_of_two_servers_one_is_at_a_nights_work(
    context: Context, client: TestClient, stack_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tonight, of_the_other = in_days(91), []

    def meanwhile(*_: object) -> bool:
        of_the_other.append(nightly(context.places, tonight))
        return True

    monkeypatch.setattr(retention, "rewrite_where_due", meanwhile)
    assert nightly(context.places, tonight)
    assert of_the_other == [False]


def test_a_nights_work_writes_every_table_anew_where_something_was_deleted(
    context: Context, client: TestClient, stack_id: str
) -> None:
    apply_rules(context.places, in_days(91))
    apply_rules(context.places, in_days(122))
    wait_until(lambda: client.get("/api/v1/deletions").json()["deletions"][0]["done_at"], 60)
    assert nightly(context.places, in_days(123))
    assert client.get("/api/v1/deletions").json()["deletions"][0]["rewritten_at"] is not None


def test_nothing_is_over_unless_the_site_says_so(context: Context, client: TestClient, stack_id: str) -> None:
    context.retention = RetentionRules()
    assert not context.places.rules.is_on
    nightly(context.places, in_days(9999))
    assert len(listed(client)) == 1
