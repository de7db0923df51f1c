"""A reader who edits as fast as the server answers, remembers what was acknowledged, and tells what must hold."""

import random
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from scarmass.domain.masks import to_rle

KINDS = ("prompt", "prompt", "paint", "no_scar", "clear", "accept", "exclude", "include", "undo", "redo")


class DatabaseGone(Exception):
    """The server answers that its database is away."""


def fetched(api: httpx.Client, path: str) -> dict:
    """What the server answers. Raises DatabaseGone."""
    answer = api.get(path)
    if answer.status_code == 503:
        raise DatabaseGone
    return answer.raise_for_status().json()


@dataclass
class Editor:
    """acknowledged: every answer that arrived, with the body it answered. in_flight: the body that got no answer."""

    reading_id: str
    chance: random.Random
    revision: int = 0
    acknowledged: list[tuple[dict, dict]] = field(default_factory=list)
    in_flight: dict | None = None

    def edit_until_the_server_is_gone(self, api: httpx.Client) -> None:
        try:
            stack_id = fetched(api, f"/readings/{self.reading_id}")["stack_id"]
            slices = fetched(api, f"/stacks/{stack_id}")["slices"]
            while True:
                self.send(api, self._body(self.chance.choice(slices)))
        except (httpx.TransportError, DatabaseGone):
            return

    def send(self, api: httpx.Client, body: dict) -> None:
        """One edit; what is refused (nothing to undo, say) is no edit."""
        self.in_flight = body
        answer = api.post(f"/readings/{self.reading_id}/edits", json=body)
        if answer.status_code == 503:
            raise DatabaseGone
        self.in_flight = None
        assert answer.status_code in (200, 409), answer.text
        if answer.status_code == 200:
            self.acknowledged.append((body, answer.json()))
            self.revision = answer.json()["revision"]

    def _body(self, of: dict) -> dict:
        kind = self.chance.choice(KINDS)
        body: dict[str, Any] = {"client_id": str(uuid.UUID(int=self.chance.getrandbits(128), version=4))}
        body |= {"expected_revision": self.revision, "kind": kind}
        if kind in ("undo", "redo"):
            return body
        body |= {"sop_instance_uid": of["sop_instance_uid"], "frame_number": of["frame_number"]}
        if kind == "prompt":
            x, y = self.chance.uniform(5, 60), self.chance.uniform(5, 60)
            body["boxes"] = [{"x0": x, "y0": y, "x1": x + 9, "y1": y + 5}]
        if kind == "paint":
            body["mask"] = self._painted(of)
        return body

    def _painted(self, of: dict) -> dict:
        import numpy as np

        mask = np.zeros((of["rows"], of["columns"]), dtype=bool)
        row, column = self.chance.randrange(40), self.chance.randrange(40)
        mask[row : row + 7, column : column + 4] = True
        return to_rle(mask)

    def check(self, api: httpx.Client) -> None:
        """Nothing acknowledged is lost, nothing is half there, and the edit in flight is there once however often it
        is sent."""
        whole = api.get(f"/readings/{self.reading_id}").json()
        assert whole["revision"] in (self.revision, self.revision + 1)
        if whole["revision"] == self.revision + 1:
            assert self.in_flight is not None, "an edit that nobody made"
        if whole["revision"] == self.revision and self.acknowledged:
            self._equals_what_was_told(whole)
        for body, answered in self.acknowledged[-3:]:
            again = api.post(f"/readings/{self.reading_id}/edits", json=body)
            assert again.status_code == 200, again.text
            assert again.json() == answered
        if self.in_flight is not None:
            body = self.in_flight
            self.send(api, body)
            api.post(f"/readings/{self.reading_id}/edits", json=body)
            whole = api.get(f"/readings/{self.reading_id}").json()
            assert whole["revision"] == self.revision
            if self.acknowledged:
                self._equals_what_was_told(whole)

    def _equals_what_was_told(self, whole: dict) -> None:
        """The last answer told the totals, and every answer the slices that it had touched."""
        last = self.acknowledged[-1][1]
        for name in ("totals", "reviewed", "can_undo", "can_redo", "mass_g"):
            assert whole[name] == last[name]
        told = {}
        for _, answer in self.acknowledged:
            told |= {s["sop_instance_uid"]: s for s in answer["slices"]}
        stored = {s["sop_instance_uid"]: s for s in whole["slices"]}
        assert {uid: stored[uid] for uid in told} == told
