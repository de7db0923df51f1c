"""HTTP connections that bring their requests' heads in time and within a size, or are closed."""

import asyncio
from collections import Counter
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 * 2**10
HEAD_SECONDS = 15.0
"""For a head to come, and for the rest of a body whose request was answered before it was whole."""

HEADERS = 100
STALLED_SECONDS = 60.0
"""For a client to take something of its answer."""

CONNECTIONS_PER_ADDRESS = 1000
"""Of a proxy too, which has one for each page that follows a reading."""


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's own protocol, which waits for a head forever and keeps it however long it grows."""

    _open: ClassVar[Counter[str]] = Counter()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._is_in_head = True
        self._head_bytes = self._header_bytes = 0
        self._headers = 0
        self._waiting: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._open[self._address] += 1
        if self._open[self._address] > CONNECTIONS_PER_ADDRESS:
            transport.abort()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._open[self._address] -= 1
        if not self._open[self._address]:
            del self._open[self._address]
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_in_head and self._head_bytes > HEAD_BYTES:
            self.send_400_response("The head of the request is too large.")
            return
        self._head_bytes += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = True
        self._head_bytes = self._header_bytes = self._headers = 0
        self._wait()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Also of a trailer, which comes after the body."""
        self._header_bytes += len(name) + len(value)
        self._headers += 1
        if self._header_bytes > HEAD_BYTES or self._headers > HEADERS:
            raise ValueError("the head is too large")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.more_body:
            self._wait()

    def on_message_complete(self) -> None:
        self._stop_waiting()
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()

    def _wait(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
