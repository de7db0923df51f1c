"""A study with all that can be made of it, beside another patient's that must stay as it is."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.pacs import Reference, ResultKind
from scarmass.domain.transfers import RefusedObject
from scarmass.phantom.demonstration import write_phantom
from scarmass.services.context import Context
from scarmass.storage import arrivals, transfers
from scarmass.storage.spool import Spool
from scarmass.storage.spool_notes import REQUESTED, request_to_json
from tests.api.signing import ANNA, accept_all, edit, get, name_of, open_reading, send, sign
from tests.conftest import small_studies, upload
from tests.services.deletion.distinctive import Distinctive, distinctive
from tests.waiting import wait_until

MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
REFUSED_OF_OTHERS = RefusedObject("1.2.3.5", "no MR image")


@pytest.fixture
def patient(tmp_path: Path) -> Distinctive:
    return distinctive(tmp_path / "sent")


@pytest.fixture
def stored(context: Context, tmp_path: Path) -> Path:
    """The folder of all that is stored: objects, the spool, the results."""
    context.spool = Spool(tmp_path / "data" / "spool")
    context.results_folder = tmp_path / "data" / "results"
    context.results_folder.mkdir()
    return tmp_path / "data"


@dataclass
class Read:
    """signed: the patient's reading, which was amended. other: another patient's signed one."""

    patient: Distinctive
    signed: dict[str, Any]
    reader_study: str
    other: dict[str, Any]


@pytest.fixture
def read(context: Context, stored: Path, client: TestClient, patient: Distinctive, tmp_path: Path) -> Read:
    """Allowed for training, signed with a report, amended, measured in a reader study, written, sent, come over the
    network, set aside."""
    other_files = write_phantom(tmp_path / "other", next(small_studies(1)))
    other_stack = upload(client, other_files)["studies"][0]["stacks"][0]["stack_id"]
    other = sign(client, accept_all(client, open_reading(client, other_stack, ANNA)))
    stack_id = upload(client, patient.files)["studies"][0]["stacks"][0]["stack_id"]
    consent = f"/api/v1/studies/{patient.study_instance_uid}/training-consent"
    client.put(consent, json={"state": "given"}, headers=ANNA).raise_for_status()
    draft = accept_all(client, open_reading(client, stack_id, ANNA))
    text = {"finding": "Zyxwquark was well."}
    client.post(f"/api/v1/readings/{draft['id']}/report/text", json=text, headers=ANNA).raise_for_status()
    signed = sign(client, get(client, draft["id"]))
    send(client, signed, "amend").raise_for_status()
    made = {"client_id": str(uuid.uuid4()), "name": "Agreement", "readers": ["Dr Anna"], "alternates": True}
    made |= {"stack_ids": [stack_id, other_stack], "arms": ["without_proposals", "with_proposals"]}
    study = client.post("/api/v1/reader-studies", json=made, headers=ANNA).raise_for_status().json()["id"]
    for _ in range(2):
        _measure(client, study)
    _come_and_go(context, patient, signed)
    assert context.spool is not None
    context.spool.put("SCANNER", [other_files[0].read_bytes()])
    for reading in (signed, other):
        wait_until(lambda reading=reading: get(client, reading["id"])["delivery"]["is_written"], 60)
    return Read(patient, signed, study, get(client, other["id"]))


def _measure(client: TestClient, reader_study: str) -> None:
    asked = {"client_id": str(uuid.uuid4())}
    due = client.post(f"/api/v1/reader-studies/{reader_study}/next", json=asked, headers=ANNA).raise_for_status()
    reading = get(client, due.json()["reading_id"])
    for index in range(len(reading["slices"])):
        edit(client, reading, "no_scar", **name_of(reading, index)).raise_for_status()
    sign(client, get(client, reading["id"]))


def _come_and_go(context: Context, patient: Distinctive, signed: dict[str, Any]) -> None:
    uid, spool = patient.study_instance_uid, context.spool
    assert spool is not None
    with context.database.transaction() as session:
        asked = (uuid.uuid4(), "PACS", uuid.UUID(signed["id"]), uid, (ResultKind.SEG,), "Dr Anna")
        transfers.begin(session, transfers.add_send(session, *asked)[0])
        transfers.add_fetch(session, uuid.uuid4(), "PACS", uid, "Dr Anna")
        arrivals.record(session, uid, "SCANNER", [], has_stored=True)
        refused = RefusedObject("1.2.3.4", f"stored already; the stored one, of study {uid}, is kept")
        arrivals.record(session, "1.2.3", "SCANNER", [refused, REFUSED_OF_OTHERS], has_stored=False)
    spool.put("SCANNER", [patient.files[0].read_bytes()])
    spool.set_aside(next(spool.waiting()))
    reference = Reference(MR_IMAGE, str(pydicom.dcmread(patient.files[0]).SOPInstanceUID))
    spool.note("PACS", REQUESTED, request_to_json("2.25.1", [reference]))
    spool.put("SCANNER", [patient.files[1].read_bytes()])
