"""A reader study that is made while a study that it is to measure is deleted for good."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from scarmass.phantom.demonstration import write_phantom
from scarmass.services.context import Context
from scarmass.storage import erasing, reader_studies
from tests.api.signing import ANNA, problem_of
from tests.conftest import small_studies, upload

pytestmark = pytest.mark.slow

URL = "/api/v1/reader-studies"


@pytest.fixture
def body(client: TestClient, tmp_path: Path) -> dict[str, Any]:
    files = [file for study in small_studies(2) for file in write_phantom(tmp_path / study.patient_id, study)]
    stack_ids = sorted(study["stacks"][0]["stack_id"] for study in upload(client, files)["studies"])
    return {"client_id": str(uuid.uuid4()), "name": "Agreement", "stack_ids": stack_ids, "readers": ["Dr Anna"]}


@pytest.fixture
def deleting_before(
    context: Context, client: TestClient, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Has the first stack's study deleted by somebody else just before the service goes on with this."""
    uid = client.get(f"/api/v1/stacks/{body['stack_ids'][0]}").json()["study_instance_uid"]

    def delete_before(step: str) -> None:
        go_on = getattr(reader_studies, step)

        def delete_first(*arguments: Any) -> Any:
            with context.database.transaction() as session:
                erasing.erase_rows(session, uid)
            return go_on(*arguments)

        monkeypatch.setattr(reader_studies, step, delete_first)

    return delete_before


def test_it_is_not_made_of_a_stack_that_is_gone(
    client: TestClient, body: dict[str, Any], deleting_before: Callable[[str], None]
) -> None:
    deleting_before("add_reader_study")
    assert problem_of(client.post(URL, json=body, headers=ANNA)) == (404, "DeletedMeanwhile")
    assert client.get(URL).json()["reader_studies"] == []


def test_who_asks_for_it_again_in_that_moment_is_told_what_they_made(
    client: TestClient, body: dict[str, Any], deleting_before: Callable[[str], None]
) -> None:
    made = client.post(URL, json=body, headers=ANNA).raise_for_status().json()
    deleting_before("opened_in")
    again = client.post(URL, json=body, headers=ANNA)
    assert again.is_success, again.text
    assert again.json()["id"] == made["id"]
    assert problem_of(client.post(URL, json=body, headers=ANNA)) == (404, "StackNotFound")
