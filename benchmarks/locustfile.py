"""What one of many readers does, each on a reading of its own. A locustfile: benchmarks/readers.py runs it."""

import uuid
from typing import ClassVar

from locust import HttpUser, between, task


class Reader(HttpUser):
    """Looks at slices, paints, clicks and accepts, with the pauses of somebody quick."""

    wait_time = between(0.5, 2.0)
    _taken: ClassVar[set[str]] = set()

    def on_start(self) -> None:
        studies = self.client.get("/api/v1/studies?limit=100", name="worklist").json()["studies"]
        prepared = [stack["stack_id"] for study in studies for stack in study["stacks"] if stack["reading_id"]]
        stack_id = next(each for each in prepared if each not in Reader._taken)
        Reader._taken.add(stack_id)
        self.slices = self.client.get(f"/api/v1/stacks/{stack_id}", name="stack").json()["slices"]
        opened = self.client.post(
            f"/api/v1/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())}, name="open reading"
        ).json()
        self.reading_id, self.revision, self.at = opened["id"], opened["revision"], len(self.slices) // 2

    @property
    def slice(self) -> dict:
        return self.slices[self.at]

    @task(3)
    def look(self) -> None:
        self.at = (self.at + 1) % len(self.slices)
        uid = self.slice["sop_instance_uid"]
        self.client.get(f"/api/v1/slices/{uid}/1/pixels", name="slice pixels")

    @task(3)
    def click(self) -> None:
        x, y = self.slice["columns"] * 0.45, self.slice["rows"] * 0.45
        self._edit("prompt", boxes=[{"x0": x, "y0": y, "x1": x + 20, "y1": y + 14}])

    @task(2)
    def paint(self) -> None:
        rows, columns = self.slice["rows"], self.slice["columns"]
        before = rows * (columns // 2) + rows // 2
        counts = [before, 9, rows * columns - before - 9]
        self._edit("paint", mask={"size": [rows, columns], "counts": counts})

    @task(2)
    def decide(self) -> None:
        self._edit("no_scar")

    @task(1)
    def undo(self) -> None:
        if self.revision:
            self._edit("undo", named=False)

    def _edit(self, kind: str, named: bool = True, **content: object) -> None:
        body = {"client_id": str(uuid.uuid4()), "expected_revision": self.revision, "kind": kind, **content}
        if named:
            body["sop_instance_uid"] = self.slice["sop_instance_uid"]
        path = f"/api/v1/readings/{self.reading_id}/edits"
        with self.client.post(path, json=body, name=f"edit: {kind}", catch_response=True) as answer:
            if answer.ok:
                self.revision = answer.json()["revision"]
            elif answer.status_code == 409 and answer.json()["type"].endswith("NothingToUndo"):
                answer.success()
