"""A TCP proxy that a test cuts: what goes through it is forwarded, held, reset or refused."""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from enum import StrEnum
from pathlib import Path

from tests.durability.running import free_port


class Line(StrEnum):
    WHOLE = "whole"
    STALLED = "stalled"
    RESET = "reset"
    REFUSED = "refused"


class Proxy:
    """Forwards connections to a Unix socket, or to a port of this machine. Its loop runs in a thread of its own."""

    def __init__(self, target: Path | int) -> None:
        self.port = free_port()
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._line = Line.WHOLE
        self._open: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._listening: asyncio.Server | None = None

    def set(self, line: Line) -> None:
        """Of the connections that are there and of those that come."""
        asyncio.run_coroutine_threadsafe(self._set(line), self._loop).result()

    async def _set(self, line: Line) -> None:
        self._line = line
        if line is Line.STALLED:
            self._flows.clear()
        else:
            self._flows.set()
        if line in (Line.RESET, Line.REFUSED):
            for writer in list(self._open):
                _reset(writer)
        if line is Line.REFUSED and self._listening:
            self._listening.close()
            self._listening = None
        elif line is not Line.REFUSED and not self._listening:
            self._listening = await asyncio.start_server(self._forward, "127.0.0.1", self.port)

    async def end(self) -> None:
        """Leave no connection behind."""
        forwarding = asyncio.all_tasks() - {asyncio.current_task()}
        for task in forwarding:
            task.cancel()
        await asyncio.gather(*forwarding, return_exceptions=True)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._line is Line.RESET:
            return _reset(writer)
        if isinstance(self._target, Path):
            there = await asyncio.open_unix_connection(self._target)
        else:
            there = await asyncio.open_connection("127.0.0.1", self._target)
        self._open |= {writer, there[1]}
        await asyncio.gather(self._copy(reader, there[1]), self._copy(there[0], writer))
        self._open -= {writer, there[1]}

    async def _copy(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with suppress(OSError), closing(to):
            while piece := await source.read(2**16):
                await self._flows.wait()
                to.write(piece)
                await to.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Of a connection whose socket has been closed by itself nothing is left to reset."""
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def proxy(target: Path | int) -> Iterator[Proxy]:
    """One that forwards until it is told otherwise."""
    made = Proxy(target)
    thread = threading.Thread(target=made._loop.run_forever, daemon=True)
    thread.start()
    made.set(Line.WHOLE)
    yield made
    made.set(Line.REFUSED)
    asyncio.run_coroutine_threadsafe(made.end(), made._loop).result()
    made._loop.call_soon_threadsafe(made._loop.stop)
    thread.join()
    made._loop.close()
