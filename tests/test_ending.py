"""A server that is told to end while everything is going on, as `scarmass serve` runs it; its models take long."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests.processes import has_ended

pytestmark = pytest.mark.slow

START_S = 60
AT_MOST_S = 10
SERVER = """
import time
from scarmass import serving
from scarmass.services.context import Context
from tests.fakes import EchoSegmenter, FakeDetector

class SlowDetector(FakeDetector):
    def detect(self, images, region=None):
        print("detecting", flush=True)
        time.sleep(1)
        return super().detect(images, region)

def open_context(settings, database, files):
    return Context(database=database, files=files, detector=SlowDetector(), segmenter=EchoSegmenter())

serving.open_context = open_context

from fastapi import FastAPI
from scarmass.api.routes import health

@health.router.get("/stuck")
def stuck():
    print("stuck", flush=True)
    time.sleep(600)

serving.serve(serving.Settings())
"""


class Served:
    def __init__(self, folder: Path, port: int) -> None:
        self.address, self.log, self.folder = f"http://127.0.0.1:{port}", folder / "log", folder
        environment = {**os.environ, "PORT": str(port), "DATA_DIR": f"{folder}/data"}
        environment.pop("DATABASE_URL", None)
        with self.log.open("w") as out:
            self.process = subprocess.Popen([sys.executable, "-c", SERVER], env=environment, stdout=out, stderr=out)

    def said(self, text: str) -> None:
        deadline = time.monotonic() + START_S
        while text not in self.log.read_text():
            assert time.monotonic() < deadline, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)


@pytest.fixture
def served(unused_tcp_port: int) -> Iterator[Served]:
    with tempfile.TemporaryDirectory() as folder:
        server = Served(Path(folder), unused_tcp_port)
        try:
            server.said("ScarMass is at")
            deadline = time.monotonic() + START_S
            while True:
                with suppress(httpx.TransportError):
                    if httpx.get(f"{server.address}/readyz").status_code == 200:
                        break
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield server
        finally:
            server.process.kill()
            server.process.wait()


def test_it_ends_in_time_whatever_is_going_on(served: Served, phantom_files: list[Path]) -> None:
    api = httpx.Client(base_url=f"{served.address}/api/v1", timeout=600)
    files = [("files", (path.name, path.read_bytes())) for path in phantom_files]
    stack_id = api.post("/studies", files=files).json()["studies"][0]["stacks"][0]["stack_id"]
    reading_id = api.post(f"/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())}).json()["id"]
    served.said("detecting")  # the worker prepares the reading

    def ask(method: str, path: str, **more) -> None:
        with suppress(httpx.TransportError), httpx.stream(method, served.address + path, timeout=600, **more) as stream:
            for _ in stream.iter_raw():
                pass

    requests = (
        ("POST", "/api/v1/detect", {"json": {"stack_id": stack_id}}),
        ("GET", f"/api/v1/readings/{reading_id}/events", {}),
        ("GET", "/stuck", {}),
    )
    asking = [threading.Thread(target=ask, args=(method, path), kwargs=more) for method, path, more in requests]
    for thread in asking:
        thread.start()
    host, port = served.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as upload:
        head = f"POST /api/v1/studies HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 100000\r\n"
        upload.sendall(head.encode() + b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n")
        served.said("stuck")
        postmaster = int((served.folder / "data" / "postgres" / "postmaster.pid").read_text().split()[0])
        children = psutil.Process(served.process.pid).children(recursive=True)
        began = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(60) == 0, served.log.read_text()
        took_s = time.monotonic() - began
    for thread in asking:
        thread.join()
    assert "Traceback" not in served.log.read_text(), served.log.read_text()
    assert has_ended(postmaster)
    psutil.wait_procs(children, 10)
    assert all(has_ended(child.pid) for child in children)
    assert not list((served.folder / "data" / "objects" / "incoming").iterdir())
    assert took_s < AT_MOST_S, served.log.read_text()
