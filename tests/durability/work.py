"""Uploads and signatures that go on over the ends of servers: each is sent again until it is acknowledged."""

import uuid
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from scarmass.phantom.demonstration import DemoStudy, write_phantom
from scarmass.phantom.stack import phantom
from tests.durability.editing import DatabaseGone


def files_of(folder: Path, number: int) -> list[Path]:
    """The DICOM files of a patient of two small slices."""
    stack = phantom(number, scars=(), rows=80, columns=80, pixel_spacing_mm=(4.5, 4.5), number_of_slices=2)
    return write_phantom(
        folder / str(number), DemoStudy(f"K^{number}", f"K-{number}", "19600101", "F", "20260101", stack)
    )


@dataclass
class Secretary:
    """Loads studies and signs their readings one after the other.

    loaded: (stack id, number of files) of every upload that was acknowledged. signed: the readings whose signature was.
    """

    folder: Path
    loaded: list[tuple[str, int]] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    numbers: count = field(default_factory=lambda: count(100))
    _paths: list[Path] = field(default_factory=list)
    _bodies: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def acknowledged(self) -> int:
        """How many uploads and signatures."""
        return len(self.loaded) + len(self.signed)

    def work_until_the_server_is_gone(self, api: httpx.Client) -> None:
        try:
            while True:
                self._sign_what_is_loaded(api)
                self._load(api)
        except (httpx.TransportError, DatabaseGone):
            return

    def finish(self, api: httpx.Client) -> None:
        """What was begun."""
        if self._paths:
            self._load(api)
        self._sign_what_is_loaded(api)

    def _sign_what_is_loaded(self, api: httpx.Client) -> None:
        while len(self.signed) < len(self.loaded):
            self._sign(api)

    def _load(self, api: httpx.Client) -> None:
        """One study, again where an examiner that was killed refused a file of it."""
        self._paths = self._paths or files_of(self.folder, next(self.numbers))
        files = [("files", (path.name, path.read_bytes())) for path in self._paths]
        answer = answered(api.post("/studies", files=files))
        if answer.is_success and not answer.json()["rejected"]:
            (stack,) = answer.json()["studies"][0]["stacks"]
            self.loaded.append((stack["stack_id"], len(self._paths)))
            self._paths = []
        else:
            assert answer.status_code in (201, 422), answer.text
            assert answer.json()["rejected"]

    def _sign(self, api: httpx.Client) -> None:
        """The reading of the next stack, opened, accepted and signed; nothing where it is not prepared yet."""
        stack_id, _ = self.loaded[len(self.signed)]
        reading = answered(api.post(f"/stacks/{stack_id}/readings", json=self._body("open", {}))).json()
        if answered(api.get(f"/readings/{reading['id']}")).json()["state"] == "preparing":
            return
        slices = [{key: one[key] for key in ("sop_instance_uid", "frame_number")} for one in reading["slices"]]
        for what, revision, fields in (("edits", 0, {"kind": "accept", "slices": slices}), ("sign", 1, {})):
            body = self._body(what, {"expected_revision": revision, **fields})
            answered(api.post(f"/readings/{reading['id']}/{what}", json=body)).raise_for_status()
        self.signed.append(reading["id"])
        self._bodies = {}

    def _body(self, what: str, fields: dict[str, Any]) -> dict[str, Any]:
        """The same until the signature is acknowledged."""
        return self._bodies.setdefault(what, {"client_id": str(uuid.uuid4()), **fields})


def answered(answer: httpx.Response) -> httpx.Response:
    """The answer. Raises DatabaseGone."""
    if answer.status_code == 503:
        raise DatabaseGone
    return answer
