"""Readers who click, each in a reading of their own, and send again what was refused for now. A locustfile:
benchmarks/replicas.py runs it.
"""

import os
import time
import uuid
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from locust import HttpUser, events, task

from benchmarks.click_log import LOG, PAUSE_S, READINGS, SERVERS, Click

REFUSED_FOR_NOW = (502, 503, 504)
CHANCE = np.random.default_rng()


@events.test_start.add_listener
def read_environment(**_: Any) -> None:
    Clicker.readings = Path(os.environ[READINGS]).read_text().split()
    Clicker.servers = os.environ[SERVERS].split()
    Clicker.pause_s = float(os.environ[PAUSE_S])


def tell(line: str) -> None:
    with Path(os.environ[LOG]).open("a") as log:
        log.write(f"{line}\n")


class Clicker(HttpUser):
    """Clicks in one slice after the other, with a pause between an answer and the next click."""

    host = "http://127.0.0.1"
    readings: ClassVar[list[str]] = []
    servers: ClassVar[list[str]] = []
    pause_s: ClassVar[float]

    def wait_time(self) -> float:
        return Clicker.pause_s * CHANCE.uniform(0.5, 1.5)  # readers do not keep in step

    def on_start(self) -> None:
        number = len(Clicker.readings)
        self._id = Clicker.readings.pop()
        self.client.base_url = Clicker.servers[number % len(Clicker.servers)]
        reading = self.client.get(f"/api/v1/readings/{self._id}", name="reading").json()
        self._slices, self._revision, self._at = reading["slices"], reading["revision"], 0
        time.sleep(Clicker.pause_s * CHANCE.random())

    def on_stop(self) -> None:
        """Whatever was acknowledged is there, once."""
        reading = self.client.get(f"/api/v1/readings/{self._id}", name="reading at last").json()
        if reading["revision"] != self._revision:
            tell(f"lost {self._id} {self._revision} {reading['revision']}")

    @task
    def click(self) -> None:
        self._at = (self._at + 1) % len(self._slices)
        one = self._slices[self._at]
        x = 20 + 0.618 * self._revision % 30  # another one each time: one that came before is known
        body = {
            "client_id": str(uuid.uuid4()),
            "expected_revision": self._revision,
            "kind": "prompt",
            "sop_instance_uid": one["sop_instance_uid"],
            "boxes": [{"x0": x, "y0": 20, "x1": x + 12, "y1": 32}],
        }
        began, times = time.time(), 0
        while True:
            times += 1
            path = f"/api/v1/readings/{self._id}/edits"
            with self.client.post(path, json=body, name="click", catch_response=True) as answer:
                if answer.status_code not in (0, *REFUSED_FOR_NOW):
                    break
                answer.success()  # it is sent again, as the page does
            time.sleep(0.5)
        if answer.ok:
            self._revision = answer.json()["revision"]
            tell(str(Click(time.time(), 1000 * (time.time() - began), times)))
        else:
            tell(f"refused {time.time():.3f} {answer.status_code} {answer.text[:200]!r}")
