"""DCMTK's tools, by another house than pynetdicom's, whose own are called alike and lie beside this interpreter."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

QRSCP = """
NetworkTCPPort = {port}
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
us = ({our_title}, 127.0.0.1, {our_port})
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
PACS {folder} RW (200, 1024mb) ANY
AETable END
"""


def tool(name: str) -> str:
    """Its path; skips the test where DCMTK is not installed."""
    ours = Path(sys.executable).parent
    folders = [folder for folder in os.environ["PATH"].split(":") if Path(folder) != ours and "venv" not in folder]
    found = shutil.which(name, path=":".join(folders))
    if found is None:
        pytest.skip(f"DCMTK's {name} is not installed")
    return found


def run(name: str, *arguments: object, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    command = [tool(name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s)


@contextmanager
def serving(name: str, port: int, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """A server of DCMTK, for as long as the block. It binds every interface: only within a network of its own."""
    command = [tool(name), *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            assert process.poll() is None, f"{name} ended"
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, f"{name} does not listen"
                time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def query_server(folder: Path, our_title: str, our_port: int) -> Iterator[int]:
    """dcmqrscp as AE title PACS, which knows us as a destination; yields its port."""
    stored = folder / "stored"
    stored.mkdir()
    port = 11190
    configuration = folder / "dcmqrscp.cfg"
    configuration.write_text(QRSCP.format(port=port, our_title=our_title, our_port=our_port, folder=stored))
    with serving("dcmqrscp", port, "--config", configuration):
        yield port
