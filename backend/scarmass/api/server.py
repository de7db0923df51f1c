"""The HTTP server, which ends in time whatever is going on."""

import os
import signal
import socket
import threading
from collections.abc import Callable

import uvicorn

FINISHING_S = 3
"""For requests to be finished; then they are broken off."""

LAST_WORD_S = 6.0
"""After this it is left with whatever is still at work."""


class Server(uvicorn.Server):
    """stop: called first of all, so that what has no end by itself ends."""

    def __init__(self, config: uvicorn.Config, stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._stop = stop
        self._last_word: threading.Timer | None = None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stop()
        # The loop waits for threads of requests, however long: a second signal gets the main thread out of that.
        self._last_word = threading.Timer(LAST_WORD_S, os.kill, (os.getpid(), signal.SIGTERM))
        self._last_word.daemon = True
        self._last_word.start()
        await super().shutdown(sockets)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)
        finally:
            if self._last_word is not None:
                self._last_word.cancel()
