"""Clients that leave in the middle, over a real socket: what they began ends, and is no error of ours."""

import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from itertools import product

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from scarmass.services.context import Context
from scarmass.storage.files import INCOMING
from tests.api.serving import serving
from tests.conftest import application

HEADS = {
    "an upload": "POST /api/v1/studies",
    "DICOMweb": "POST /dicomweb/studies",
    "an edit": "POST /api/v1/readings/5b0c5a3e-3c4b-4f0e-9d39-0d6f5c1e8c11/edits",
    "nothing": "POST /nothing",
}
TYPES = {
    "an upload": "multipart/form-data; boundary=x",
    "DICOMweb": 'multipart/related; type="application/dicom"; boundary=x',
}


HALF = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nhalf'


class Requests:
    """ASGI middleware that counts the requests that are over."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.over = threading.Semaphore(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                self.over.release()


@pytest.fixture
def served(context: Context, unused_tcp_port: int) -> Iterator[tuple[Requests, int]]:
    app = Requests(application(context))
    with serving(app, unused_tcp_port):  # type: ignore[arg-type]
        yield app, unused_tcp_port


def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_error_of_ours(
    served: tuple[Requests, int], context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    requests, port = served
    incoming = context.files.root / INCOMING
    for begun, is_reset in product(HEADS, (False, True)):
        head = f"{HEADS[begun]} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 1000\r\n"
        head += f"Content-Type: {TYPES.get(begun, 'application/json')}\r\n\r\n"
        with caplog.at_level(logging.WARNING), socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(head.encode() + HALF)
            if begun in TYPES:
                wait_for(lambda: any(incoming.iterdir()))
            if is_reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            assert requests.over.acquire(timeout=20)
        assert not list(incoming.iterdir())
    assert [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR] == []


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)
