"""Orthanc with its DICOMweb plugin, only where no network but loopback exists: it listens on every address it finds.

Tests that talk to it stand in files that are not collected, inside_*.py, and run in a network namespace of their own:
see run_inside.
"""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.pacs.tools import ORTHANC_DICOMWEB

STARTS_WITHIN_S = 30


@dataclass(frozen=True)
class Orthanc:
    """A running one. url: of its own REST interface, without a slash at the end."""

    ae_title: str
    dicom_port: int
    url: str

    @property
    def dicomweb(self) -> str:
        return f"{self.url}/dicom-web"


def why_not() -> str | None:
    """What is missing to run a test inside; None where nothing is."""
    for program in ("Orthanc", "unshare", "ip"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if not ORTHANC_DICOMWEB.exists():
        return "Orthanc's DICOMweb plugin is not installed"
    if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode:
        return "this user may not make a network namespace"
    return None


def run_inside(test_file: Path) -> subprocess.CompletedProcess[str]:
    """Run a file of tests where only loopback exists; its output is pytest's."""
    pytest = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", str(test_file)]
    lonely = ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    return subprocess.run([*lonely, *pytest], capture_output=True, text=True)


@contextmanager
def orthanc(folder: Path, known: dict[str, int] | None = None, **settings: object) -> Iterator[Orthanc]:
    """Orthanc for the time of the block. known: AE titles on this machine that it knows, with their ports."""
    _require_lonely()
    folder.mkdir(parents=True, exist_ok=True)
    running = Orthanc("ORTHANC", _free_port(), f"http://127.0.0.1:{(http_port := _free_port())}")
    configuration = {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "Plugins": [str(ORTHANC_DICOMWEB)],
        "DicomAet": running.ae_title,
        "DicomPort": running.dicom_port,
        "HttpPort": http_port,
        "AuthenticationEnabled": False,
        "RemoteAccessAllowed": False,
        "DicomModalities": {aet: [aet, "127.0.0.1", port] for aet, port in (known or {}).items()},
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        **settings,
    }
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen(["Orthanc", str(folder / "orthanc.json")], stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(running, process, folder / "orthanc.log")
        yield running
    finally:
        process.terminate()
        process.wait()


def _require_lonely() -> None:
    if names := {name for _, name in socket.if_nameindex()} - {"lo"}:
        raise RuntimeError(f"Orthanc would listen on {', '.join(sorted(names))}: start it inside a network namespace")


def _wait(running: Orthanc, process: subprocess.Popen[bytes], log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < until:
        try:
            with opener.open(f"{running.url}/system"):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"Orthanc did not start: {log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
