"""The server as `make run` starts it: real models, embedded PostgreSQL, demonstration studies, and a clean end."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from tests.processes import has_ended

pytestmark = pytest.mark.slow

START_S = 180
WATCHED_SERVER = """
import ipaddress, sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        if not ipaddress.ip_address(arguments[1][0]).is_loopback:
            print("OUTWARD", arguments[1], flush=True)
    if event == "socket.getaddrinfo" and arguments[0] not in (None, "127.0.0.1", "localhost"):
        print("OUTWARD", arguments[0], flush=True)

sys.addaudithook(watch)
from scarmass.cli.app import app
app(["demo"], standalone_mode=False)
app(["serve"])
"""


@dataclass
class Running:
    address: str
    process: psutil.Process
    log: Path
    data_dir: Path

    def outward(self) -> list[str]:
        """Everything the server and its children have to do with addresses beyond this machine."""
        said = [line for line in self.log.read_text().splitlines() if line.startswith("OUTWARD")]
        family = [self.process, *self.process.children(recursive=True)]
        peers = [c.raddr.ip for one in family for c in one.net_connections("inet") if c.raddr]
        return said + [ip for ip in peers if not ip.startswith(("127.", "::1", "::ffff:127."))]


@pytest.fixture
def running(unused_tcp_port: int) -> Iterator[Running]:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        environment = {**os.environ, "PORT": str(unused_tcp_port), "DATA_DIR": f"{folder}/data"}
        environment.pop("DATABASE_URL", None)
        with log.open("w") as out:
            command = [sys.executable, "-c", WATCHED_SERVER]
            started = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True)
        server = Running(f"http://127.0.0.1:{unused_tcp_port}", psutil.Process(started.pid), log, Path(folder) / "data")
        try:
            wait_until_ready(server, started)
            yield server
        finally:
            if started.poll() is None:
                started.send_signal(signal.SIGINT)
                started.wait(30)


def wait_until_ready(server: Running, started: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert started.poll() is None, server.log.read_text()
        try:
            if httpx.get(f"{server.address}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"not ready in {START_S} s: {server.log.read_text()}")


def test_it_measures_a_demonstration_study_without_a_word_to_the_outside_and_ends_clean(running: Running) -> None:
    with httpx.Client(base_url=f"{running.address}/api/v1", timeout=120) as api:
        studies = api.get("/studies").json()["studies"]
        assert len(studies) == 4
        stack_id = next(s for s in studies if s["patient"]["id"] == "PHANTOM-001")["stacks"][0]["stack_id"]
        found = api.post("/detect", json={"stack_id": stack_id}).json()
        assert any(box["structure"] == "left_ventricle" for s in found["slices"] for box in s["boxes"])
        name = {key: found["slices"][5][key] for key in ("sop_instance_uid", "frame_number")}
        box = {"x0": 90.0, "y0": 90.0, "x1": 130.0, "y1": 130.0}
        answer = api.post("/segment", json={**name, "boxes": [box]})
        assert answer.status_code == 200
        assert answer.json()["model"]["name"].startswith("scarmass")
    postmaster = int((running.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    assert not has_ended(postmaster)
    assert running.outward() == []
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(30) == 0
    assert has_ended(postmaster)
