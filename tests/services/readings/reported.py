"""A phantom patient whose reading is reported: its grams are known, an oracle outlines its scar."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.reading import WallRules
from scarmass.domain.structures import Structure
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.examiner import Examiners
from scarmass.phantom.demonstration import DemoStudy, write_phantom
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.ventricle import Scar, Territory
from scarmass.services.context import Context
from tests.api.test_readings import edit
from tests.conftest import upload
from tests.fakes import OracleSegmenter
from tests.services.readings.driving import prepared

SCARS = (Scar(Territory.LAD, transmurality=0.9, half_angle=1.0, half_height=0.35, no_reflow=True),)


@dataclass
class Reported:
    """The phantom, and its prepared reading as the API told it."""

    client: TestClient
    context: Context
    subject: Phantom
    reading: dict[str, Any]

    @property
    def id(self) -> str:
        return self.reading["id"]

    @property
    def revision(self) -> int:
        return self.client.get(f"/api/v1/readings/{self.id}").json()["revision"]

    def edit(self, kind: str, index: int | None = None, **fields: Any) -> dict[str, Any]:
        answer = edit(self.client, self.reading, self.revision, kind, index, **fields)
        assert answer["status"] == 200, answer
        return answer

    def report(self, language: str = "en") -> dict[str, Any]:
        path = f"/api/v1/readings/{self.id}/report"
        return self.client.get(path, params={"language": language}).raise_for_status().json()

    def write(self, **text: Any) -> dict[str, Any]:
        path = f"/api/v1/readings/{self.id}/report/text"
        return self.client.post(path, json=text, headers={"X-Reader": "Dr Hand"}).raise_for_status().json()

    def export(self, format: str, **params: str) -> bytes:
        path = f"/api/v1/readings/{self.id}/export"
        return self.client.get(path, params={"format": format, **params}).raise_for_status().content


@pytest.fixture
def patient() -> dict[str, str]:
    """What the headers say of the patient and the acquisition; a test may say more, or other things."""
    return {"PatientName": "Müller^Zoë=王^小东", "PatientID": "TRUTH-7", "AccessionNumber": "ACC-7"}


@pytest.fixture
def reported(client: TestClient, context: Context, tmp_path: Path, patient: dict[str, str]) -> Iterator[Reported]:
    context.examiners = Examiners(Bounds(file_seconds=60, upload_seconds=600))  # a busy machine loses no slice
    subject = phantom(7, scars=SCARS, rows=96, columns=96, pixel_spacing_mm=(2.0, 2.0), number_of_slices=6)
    study = DemoStudy("x", "x", "19500314", "F", "20260105", subject)
    paths = write_phantom(tmp_path / "dicom", study)
    for path in paths:
        dataset = pydicom.dcmread(path)
        for keyword, value in patient.items():
            setattr(dataset, keyword, value)
        dataset.save_as(path)
    keys = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    context.wall = WallRules(confines_scar=False)  # the oracle knows the scar, and not the ventricle
    context.segmenter = OracleSegmenter(dict(zip(keys, subject.masks[Structure.SCAR], strict=True)))
    stack_id = upload(client, paths)["studies"][0]["stacks"][0]["stack_id"]
    yield Reported(client, context, subject, prepared(client, stack_id))
    context.examiners.close()
