"""A client of a server that answers as it is told, and an object."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread

from scarmass.domain.pacs import DicomwebPeer
from scarmass.imaging.dicomweb.client import DicomwebClient
from tests.imaging.dicomweb.odd_server import OddServer, odd_server


@pytest.fixture
def server() -> Iterator[OddServer]:
    with odd_server() as running:
        yield running


@pytest.fixture
def web(server: OddServer) -> DicomwebClient:
    peer = DicomwebPeer("Archive", server.url, token="secret")
    return DicomwebClient(peer, waits_s=(0, 0), timeouts_s=(5, 5), object_bytes=2**22, answer_bytes=2**20)


@pytest.fixture(scope="module")
def content(phantom_files: list[Path]) -> bytes:
    return phantom_files[0].read_bytes()


@pytest.fixture(scope="module")
def uid(content: bytes) -> str:
    return dcmread(BytesIO(content)).SOPInstanceUID
