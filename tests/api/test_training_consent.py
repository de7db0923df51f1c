"""Whether models may learn from a study: a study manager says so, it is recorded, and a withdrawal is for good."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from scarmass.domain.audit import Action, Sought
from scarmass.services.audit import page_of_events
from scarmass.services.context import Context
from scarmass.storage.training_consents import consented_studies
from tests.api.signing import ANNA, BERT, problem_of
from tests.conftest import upload

NOBODY_SAID = {"state": "not_asked", "author": None, "at": None}


@pytest.fixture
def study(client: TestClient, phantom_files: list[Path]) -> str:
    return upload(client, phantom_files)["studies"][0]["study_instance_uid"]


def say(client: TestClient, study: str, state: str, headers: dict[str, str] = ANNA) -> Any:
    return client.put(f"/api/v1/studies/{study}/training-consent", json={"state": state}, headers=headers)


def shown(client: TestClient, study: str) -> dict[str, Any]:
    return client.get(f"/api/v1/studies/{study}").raise_for_status().json()["training_consent"]


def consented(context: Context) -> list[str]:
    with context.database.transaction() as session:
        return consented_studies(session)


def test_nobody_is_asked_unless_somebody_says_so(client: TestClient, context: Context, study: str) -> None:
    assert shown(client, study) == NOBODY_SAID
    assert consented(context) == []


def test_consent_is_shown_with_who_said_so_first_and_when(client: TestClient, context: Context, study: str) -> None:
    said = say(client, study, "given").raise_for_status().json()
    assert (said["state"], said["author"]) == ("given", "Dr Anna (unauthenticated)")
    assert say(client, study, "given", BERT).raise_for_status().json() == said == shown(client, study)
    assert consented(context) == [study]


def test_what_was_said_by_mistake_is_taken_back(client: TestClient, context: Context, study: str) -> None:
    say(client, study, "given").raise_for_status()
    assert say(client, study, "not_asked").raise_for_status().json()["state"] == "not_asked"
    assert consented(context) == []


def test_a_withdrawal_is_for_good(client: TestClient, context: Context, study: str) -> None:
    say(client, study, "given").raise_for_status()
    withdrawn = say(client, study, "withdrawn").raise_for_status().json()
    for state in ("given", "not_asked"):
        assert problem_of(say(client, study, state)) == (409, "ConsentWithdrawn")
    assert say(client, study, "withdrawn", BERT).raise_for_status().json() == withdrawn == shown(client, study)
    assert consented(context) == []


def test_a_study_off_the_worklist_is_not_trained_on(client: TestClient, context: Context, study: str) -> None:
    say(client, study, "given").raise_for_status()
    client.patch(f"/api/v1/studies/{study}", json={"removed": True}).raise_for_status()
    assert consented(context) == []


def test_every_change_stays_in_the_record_of_the_study_and_in_the_audit_trail(
    client: TestClient, context: Context, study: str
) -> None:
    say(client, study, "given").raise_for_status()
    say(client, study, "withdrawn", BERT).raise_for_status()
    say(client, study, "given")
    events = page_of_events(context, Sought(actions=(Action.CONSENT,), study_instance_uid=study), 10, None)
    told = [(one.event.person, one.event.reason, one.event.about.get("state")) for one in events]
    assert told == [
        ("Dr Anna (unauthenticated)", "ConsentWithdrawn", None),
        ("Dr Bert (unauthenticated)", "", "withdrawn"),
        ("Dr Anna (unauthenticated)", "", "given"),
    ]


@pytest.mark.parametrize("state", ["asked", "", None, 1])
def test_what_is_no_consent_is_refused(client: TestClient, study: str, state: Any) -> None:
    assert problem_of(say(client, study, state)) == (422, "RequestInvalid")
    assert shown(client, study) == NOBODY_SAID


def test_a_study_that_is_not_here_has_no_consent(client: TestClient) -> None:
    assert problem_of(say(client, "1.2.3", "given")) == (404, "StudyNotFound")
