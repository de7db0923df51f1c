"""A phantom patient whose reading is reported: its grams are known, an oracle outlines its scar."""

import io
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
from fastapi.testclient import TestClient

from scarmass.phantom.demonstration import DemoStudy, write_phantom
from scarmass.phantom.stack import Phantom
from scarmass.services.context import Context
from tests.api.test_readings import edit


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

    def take_over(self, content: bytes, meanings: dict[int, str]) -> None:
        """Upload a segmentation and take it over into the reading."""
        self.client.post("/api/v1/studies", files=[("files", ("seg.dcm", content))]).raise_for_status()
        uid = str(pydicom.dcmread(io.BytesIO(content), specific_tags=["SOPInstanceUID"]).SOPInstanceUID)
        segments = [{"number": number, "meaning": meaning} for number, meaning in meanings.items()]
        into = {"reading_id": self.id, "expected_revision": self.revision}
        body = {"client_id": str(uuid.uuid4()), "sop_instance_uid": uid, "segments": segments, "into": into}
        path = f"/api/v1/stacks/{self.reading['stack_id']}/readings/from-segmentation"
        self.client.post(path, json=body).raise_for_status()

    def export(self, format: str, **params: str) -> bytes:
        path = f"/api/v1/readings/{self.id}/export"
        return self.client.get(path, params={"format": format, **params}).raise_for_status().content


def written(subject: Phantom, patient: dict[str, str], into: Path) -> list[Path]:
    """The phantom's files, whose headers say that of the patient."""
    paths = write_phantom(into, DemoStudy("x", "x", "19500314", "F", "20260105", subject))
    for path in paths:
        dataset = pydicom.dcmread(path)
        for keyword, value in patient.items():
            setattr(dataset, keyword, value)
        dataset.save_as(path)
    return paths
