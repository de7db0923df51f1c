"""A patient deleted for good by the command line, beside a server or without one."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from scarmass.cli.app import app
from scarmass.domain.errors import PatientNotFound, SignedReadingsKept
from scarmass.imaging.examiner import Examiners
from scarmass.imaging.pseudonyms import Pseudonyms
from scarmass.services.context import Context
from tests.api.signing import ANNA, accept_all, open_reading, sign
from tests.conftest import upload
from tests.services.deletion.distinctive import PATIENT_ID, distinctive, files_that_name, rows_that_name

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def admin(context: Context, data: Path, *arguments: str, typed: str = "", **settings: str) -> Result:
    environment = {"DATA_DIR": str(data), "DATABASE_URL": context.database.conninfo, **settings}
    return CliRunner().invoke(app, ["admin", *arguments], env=environment, input=typed)


def test_a_patient_is_deleted_when_their_id_is_typed_again(
    context: Context, client: TestClient, data: Path, tmp_path: Path
) -> None:
    patients = [distinctive(tmp_path / str(number), number) for number in range(2)]
    words = sorted({word for each in patients for word in each.words})
    stack_id = upload(client, patients[0].files)["studies"][0]["stacks"][0]["stack_id"]
    upload(client, patients[1].files)
    sign(client, accept_all(client, open_reading(client, stack_id, ANNA)))

    wrong = admin(context, data, "delete-patient", PATIENT_ID, typed="ZQX\n")
    assert (wrong.exit_code, "nothing was deleted" in wrong.output) == (1, True)
    kept = admin(context, data, "delete-patient", PATIENT_ID, "--confirm", PATIENT_ID)
    assert isinstance(kept.exception, SignedReadingsKept)
    unknown = admin(context, data, "delete-patient", "NOBODY", "--confirm", "NOBODY")
    assert isinstance(unknown.exception, PatientNotFound)
    assert len(client.get("/api/v1/studies").json()["studies"]) == 2

    done = admin(context, data, "delete-patient", PATIENT_ID, "--although-signed", typed=f"{PATIENT_ID}\n")
    assert done.exit_code == 0, done.output
    assert "2 studies go for good" in done.output
    assert list(rows_that_name(context.database.conninfo, words)) == []
    assert list(files_that_name(data, words)) == []

    told = admin(context, data, "deletions")
    assert "patient_asked" in told.output
    assert "2 studies" in told.output
    assert not [word for word in words if word in told.output]


def test_a_patient_who_was_deidentified_here_is_known_by_the_id_that_they_had(
    context: Context, client: TestClient, data: Path, tmp_path: Path
) -> None:
    secret = "never the same on two servers, and 32 long"
    context.examiners = Examiners(pseudonyms=Pseudonyms(secret))
    upload(client, distinctive(tmp_path / "sent").files)
    settings = {"SCARMASS_DEIDENTIFY": "true", "SCARMASS_DEIDENTIFICATION_SECRET": secret}
    done = admin(context, data, "delete-patient", PATIENT_ID, "--confirm", PATIENT_ID, **settings)
    assert done.exit_code == 0, done.output
    assert client.get("/api/v1/studies").json()["studies"] == []
