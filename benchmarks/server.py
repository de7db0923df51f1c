"""The real application in a process of its own on a free loopback port, and a client that asks it as a page would."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.subjects import Subject
from scarmass.domain.prompts import Prompt
from scarmass.domain.protocols import Step
from scarmass.main import import_paths, open_examiners, open_storage
from scarmass.settings import Settings

HOST = "127.0.0.1"
START_TIMEOUT_S = 180
STACK_TIMEOUT_S = 600
POLL_S = 0.05


class ServerFailed(Exception):
    """The application ended or did not become ready, or a reading could not be prepared."""


@dataclass(frozen=True)
class Server:
    """A running application; every call is one HTTP request over a connection that stays open."""

    process: subprocess.Popen[bytes]
    http: httpx.Client
    start_s: float

    def upload(self, subject: Subject) -> str:
        """Send a study's files in one request; answers the id of its stack."""
        return self.send(subject.files)["studies"][0]["stacks"][0]["stack_id"]

    def send(self, paths: list[Path]) -> dict[str, Any]:
        """Send files in one request, each read from the disk as it goes; answers what the route does."""
        with ExitStack() as opened:
            files = [("files", (path.name, opened.enter_context(path.open("rb")))) for path in paths]
            return self._post("/api/v1/studies", files=files)

    def segment(self, sop_instance_uid: str, prompt: Prompt) -> dict[str, Any]:
        body = {"sop_instance_uid": sop_instance_uid, "structure": prompt.structure, **_drawn(prompt)}
        return self._post("/api/v1/segment", json=body)

    def open_reading(self, stack_id: str) -> str:
        return self._post(f"/api/v1/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())})["id"]

    def look(self, reading_id: str, sop_instance_uid: str) -> None:
        """The reader looks at this slice: it is prepared next."""
        answer = self.http.post(f"/api/v1/readings/{reading_id}/look", json={"sop_instance_uid": sop_instance_uid})
        answer.raise_for_status()

    def wait_until_ready(self, reading_id: str) -> None:
        """Follow the reading, as a page does, until it is prepared: every slice has its embedding and its proposal."""
        deadline = monotonic() + STACK_TIMEOUT_S
        with self.http.stream("GET", f"/api/v1/readings/{reading_id}/events", timeout=STACK_TIMEOUT_S) as events:
            for line in events.raise_for_status().iter_lines():
                told = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if told.get("state") == "draft":
                    return
                if told.get("state") == "failed" or monotonic() > deadline:
                    raise ServerFailed(f"the reading was not prepared: {told.get('reason') or 'it takes too long'}")
        raise ServerFailed("the reading's events ended before it was prepared")

    def edit(self, reading_id: str, revision: int, sop_instance_uid: str, prompt: Prompt) -> dict[str, Any]:
        """A click in a reading: its prompt is answered, and committed as the next revision."""
        body = {"client_id": str(uuid.uuid4()), "expected_revision": revision, "kind": "prompt"}
        body |= {"sop_instance_uid": sop_instance_uid, **_drawn(prompt)}
        return self._post(f"/api/v1/readings/{reading_id}/edits", json=body)

    def encodes(self) -> int:
        """How many slices its segmenter has encoded since it started."""
        told = text_string_to_metric_families(self.http.get("/metrics").raise_for_status().text)
        samples = [sample for family in told for sample in family.samples if sample.labels.get("step") == Step.ENCODE]
        return next(int(sample.value) for sample in samples if sample.name.endswith("_count"))

    def peak_memory_mib(self) -> float | None:
        """The most resident memory the process has had (Linux; None elsewhere)."""
        status = Path(f"/proc/{self.process.pid}/status")
        found = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.MULTILINE) if status.exists() else None
        return None if found is None else int(found[1]) / 1024

    def _post(self, path: str, **content: Any) -> dict[str, Any]:
        answer = self.http.post(path, **content)
        if answer.is_error:
            raise ServerFailed(f"{path} answered {answer.status_code}: {answer.text[:500]}")
        return answer.json()


def prepare_storage(data_dir: Path, warm_up: Subject) -> None:
    """A migrated database with one study in it, so that the server does not make its demonstration studies."""
    settings = Settings(data_dir=data_dir, database_url=None)
    with open_storage(settings) as (database, files):
        import_paths(database, files, open_examiners(settings), warm_up.files)


@contextmanager
def running_server(data_dir: Path, segmenter: str) -> Iterator[Server]:
    """`scarmass serve` with this segmenter, stopped at the end. Other settings come from the environment."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name.upper() != "DATABASE_URL"}
    environment |= {"PORT": str(port), "DATA_DIR": str(data_dir)}
    environment |= {"SCARMASS_HOST": HOST, "SCARMASS_SEGMENTER": segmenter}
    log = data_dir / f"server-{segmenter}.log"
    started = perf_counter()
    with log.open("wb") as output:
        command = [sys.executable, "-m", "scarmass.cli.app", "serve"]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        with httpx.Client(base_url=f"http://{HOST}:{port}", timeout=STACK_TIMEOUT_S, trust_env=False) as client:
            _wait_until_answering(process, client, log)
            yield Server(process, client, perf_counter() - started)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_answering(process: subprocess.Popen[bytes], client: httpx.Client, log: Path) -> None:
    deadline = monotonic() + START_TIMEOUT_S
    while process.poll() is None and monotonic() < deadline:
        try:
            if client.get("/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        sleep(POLL_S)
    raise ServerFailed(f"the application did not start:\n{log.read_text(errors='replace')[-2000:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _drawn(prompt: Prompt) -> dict[str, Any]:
    return {
        "boxes": [{"x0": box.x0, "y0": box.y0, "x1": box.x1, "y1": box.y1} for box in prompt.boxes],
        "points": [{"x": point.x, "y": point.y, "positive": point.positive} for point in prompt.points],
    }
