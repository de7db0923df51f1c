"""Readers who edit the same reading at once, as badly as a network lets them: stale, twice, and cut off."""

import json
import random
import socket
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np

from scarmass.domain.masks import to_rle

KINDS = ("prompt", "paint", "no_scar", "clear", "accept", "exclude", "include", "undo", "redo")
WAYS = ("once", "once", "twice at once", "cut off", "again later")


@dataclass
class Sent:
    """An edit as it was sent. revision: the one it was acknowledged as, None where it was refused."""

    reader: str
    reading_id: str
    body: dict[str, Any]
    revision: int | None = None


@dataclass
class Rival:
    """known: the revision that the reader believes each of these readings to be at."""

    api: httpx.Client
    name: str
    slices: Sequence[dict]
    chance: random.Random
    known: dict[str, int]
    sent: list[Sent] = field(default_factory=list)

    def edit(self, times: int) -> None:
        for _ in range(times):
            reading_id = self.chance.choice(list(self.known))
            self._send(Sent(self.name, reading_id, self._body(self.known[reading_id])), self.chance.choice(WAYS))

    def _send(self, one: Sent, way: str) -> None:
        match way:
            case "twice at once":
                with ThreadPoolExecutor(2) as threads:
                    answers = list(threads.map(self._posted, [one, one]))
            case "cut off":
                self._cut_off(one)
                answers = [self._posted(one)]
            case "again later":
                answers = [self._posted(one)]
                self._send_the_last_acknowledged_again()
                answers.append(self._posted(one))
            case _:
                answers = [self._posted(one)]
        self._note(one, answers)

    def _send_the_last_acknowledged_again(self) -> None:
        earlier = [one for one in self.sent if one.revision is not None]
        if earlier:
            answer = self._posted(earlier[-1])
            assert (answer.status_code, answer.json()["revision"]) == (200, earlier[-1].revision)

    def _note(self, one: Sent, answers: Sequence[httpx.Response]) -> None:
        """The same request is stored and answered the same, or refused, however often it is sent."""
        first = answers[0]
        assert {answer.status_code for answer in answers} in ({200}, {409}), [answer.text for answer in answers]
        self.sent.append(one)
        if first.status_code == 200:
            assert all(answer.json() == first.json() for answer in answers)
            one.revision = revision = first.json()["revision"]
            assert revision == one.body["expected_revision"] + 1
            self.known[one.reading_id] = revision
        elif self.chance.random() < 0.8:  # else the next one is as stale
            now = self.api.get(f"/api/v1/readings/{one.reading_id}").raise_for_status().json()
            self.known[one.reading_id] = now["revision"]

    def _posted(self, one: Sent) -> httpx.Response:
        url = f"/api/v1/readings/{one.reading_id}/edits"
        return self.api.post(url, json=one.body, headers={"X-Reader": one.reader})

    def _cut_off(self, one: Sent) -> None:
        """Send it whole, and hang up before the answer."""
        url = self.api.base_url
        content = json.dumps(one.body).encode()
        head = (
            f"POST /api/v1/readings/{one.reading_id}/edits HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\nX-Reader: {one.reader}\r\n\r\n"
        )
        with socket.create_connection((url.host, url.port or 80)) as connection:
            connection.sendall(head.encode() + content)
            connection.settimeout(self.chance.choice((0.001, 0.02, 0.1)))
            try:
                connection.recv(1)
            except TimeoutError:
                return

    def _body(self, revision: int) -> dict[str, Any]:
        kind, of = self.chance.choice(KINDS), self.chance.choice(self.slices)
        client_id = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        body: dict[str, Any] = {"client_id": client_id, "expected_revision": revision, "kind": kind}
        if kind in ("undo", "redo"):
            return body
        body |= {"sop_instance_uid": of["sop_instance_uid"], "frame_number": of["frame_number"]}
        row, column = self.chance.randrange(of["rows"] - 12), self.chance.randrange(of["columns"] - 12)
        if kind == "prompt":
            body["boxes"] = [{"x0": column, "y0": row, "x1": column + 9, "y1": row + 5}]
        if kind == "paint":
            mask = np.zeros((of["rows"], of["columns"]), dtype=bool)
            mask[row : row + 7, column : column + 4] = True
            body["mask"] = to_rle(mask)
        return body
