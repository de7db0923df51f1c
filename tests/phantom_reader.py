"""A reader who knows the truth of a phantom."""

import time
import uuid
from pathlib import Path
from typing import Any

import httpx
from fastapi.testclient import TestClient

from scarmass.domain.masks import to_rle
from scarmass.domain.structures import Structure
from scarmass.phantom.demonstration import DemoStudy, write_phantom
from scarmass.phantom.stack import Phantom
from scarmass.phantom.wall_segments import insertion_points_xy

CONTOURED = (Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL, Structure.SCAR)


class PhantomReader:
    """Who contours a phantom as it truly is, by REST alone."""

    def __init__(self, client: httpx.Client | TestClient, stack_id: str, phantom: Phantom) -> None:
        """The reading of the stack, opened where nobody did, once it is prepared."""
        self.client, self.stack_id, self.phantom = client, stack_id, phantom
        opened = client.post(f"/api/v1/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())}).json()
        self.url = f"/api/v1/readings/{opened['id']}"
        while self.reading["state"] == "preparing":
            time.sleep(0.05)
        self.slices = [{key: one[key] for key in ("sop_instance_uid", "frame_number")} for one in opened["slices"]]

    @classmethod
    def of(cls, client: httpx.Client | TestClient, study: DemoStudy, folder: Path) -> "PhantomReader":
        """Of a study that is uploaded first; a busy machine leaves files of an upload for the next one."""
        paths = write_phantom(folder / study.patient_id, study)
        files = [("files", (path.name, path.read_bytes())) for path in paths]
        uploaded = client.post("/api/v1/studies", files=files).json()
        while uploaded["rejected"]:
            uploaded = client.post("/api/v1/studies", files=files).json()
        return cls(client, uploaded["studies"][0]["stacks"][0]["stack_id"], study.phantom)

    @property
    def reading(self) -> dict:
        return self.client.get(self.url).json()

    def get(self, of: str) -> Any:
        return self.client.get(f"{self.url}/{of}").json()

    def edit(self, kind: str, **fields) -> dict:
        body = {"client_id": str(uuid.uuid4()), "expected_revision": self.reading["revision"], "kind": kind, **fields}
        return self.client.post(f"{self.url}/edits", json=body).json()

    def contour(self, structures: tuple[Structure, ...] = CONTOURED) -> None:
        for structure in structures:
            for index, mask in enumerate(self.phantom.masks[structure]):
                self.edit("paint", structure=structure.value, mask=to_rle(mask), **self.slices[index])

    def points(self, index: int) -> dict:
        anterior, inferior = (
            {**self.slices[index], "x": x, "y": y} for x, y in insertion_points_xy(self.phantom, index)
        )
        return {"anterior_insertion": anterior, "inferior_insertion": inferior}
