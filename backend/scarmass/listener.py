"""Composition root of the listener, which takes what peers send: a process of its own beside the server.

`python -m scarmass.listener` reads on its standard input what it is to know, and ends when that is closed, which it is
at the latest when the server has ended, however that came about.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from pydantic import TypeAdapter

from scarmass.domain.errors import StorageFull
from scarmass.domain.pacs import Commitment, DimsePeer, LocalEntity, Reference
from scarmass.logs import set_up_logs
from scarmass.storage.spool_notes import (
    ANSWERED,
    REFUSED,
    REQUESTED,
    answer_to_json,
    refusal_to_json,
    request_to_json,
)

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "scarmass.listener")
NICENESS = 5
"""A reader's click goes before what comes in."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
"""Before it is started again: doubled each time that it ends soon."""
END_S = 2.0
REFUSED_AGAIN_S = 600.0
MOST_REFUSED = 200


@dataclass(frozen=True)
class Listening:
    """What the listener is to know. spool: the folder in which what comes waits, at most so many bytes of it.

    object_bytes: of one object. associations: at once. checks_address: whether a peer must call from its own host.
    """

    local: LocalEntity
    peers: tuple[DimsePeer, ...]
    spool: Path
    spool_bytes: int
    object_bytes: int
    associations: int
    checks_address: bool


@contextmanager
def beside(listening: Listening | None, command: Sequence[str] = COMMAND) -> Iterator[None]:
    """A listener runs as long as the block; where it dies it is started again. Nothing runs for None."""
    if listening is None:
        yield
        return
    stopping = threading.Event()
    thread = threading.Thread(target=_keep_running, args=(listening, command, stopping), name="listener watch")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _keep_running(listening: Listening, command: Sequence[str], stopping: threading.Event) -> None:
    pause_s = FIRST_PAUSE_S
    while True:
        began = monotonic()
        with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
            _run(process, TypeAdapter(Listening).dump_json(listening), stopping)
        if stopping.is_set():
            return
        if monotonic() - began > LONGEST_PAUSE_S:
            pause_s = FIRST_PAUSE_S
        log.warning("the listener ended by itself (%s): started again in %g s", process.returncode, pause_s)
        if stopping.wait(pause_s):
            return
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def _run(process: subprocess.Popen[bytes], told: bytes, stopping: threading.Event) -> None:
    """Wait until it ends, or make it end where we stop."""
    assert process.stdin is not None
    try:
        process.stdin.write(told + b"\n")
        process.stdin.flush()
    except BrokenPipeError:
        return
    while process.poll() is None:
        if stopping.wait(0.2):
            process.stdin.close()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()


def main() -> None:
    """Listen until the standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, whose end is ours
    os.nice(NICENESS)
    set_up_logs()
    listening = TypeAdapter(Listening).validate_json(sys.stdin.buffer.readline())

    from scarmass.imaging.dimse.listener import Listener, ListenerBounds

    bounds = ListenerBounds(listening.object_bytes, listening.associations)
    what_comes = Keep(listening)
    try:
        with Listener(listening.local, listening.peers, what_comes, bounds, checks_address=listening.checks_address):
            sys.stdin.buffer.read()
    except OSError as error:
        where = f"{listening.local.host}:{listening.local.port}"
        sys.exit(f"The listener cannot listen for DICOM at {where}: {error.strerror or error}")


class Keep:
    """Everything that comes goes into the spool, from which the server takes it.

    Of refusals, one of a kind in a while, and so many: whoever calls without end fills no disk.
    """

    def __init__(self, listening: Listening) -> None:
        from scarmass.storage.spool import Spool

        self._spool = Spool(listening.spool, listening.spool_bytes)
        self._refused: dict[tuple[str, str, str], float] = {}
        self._guard = threading.Lock()

    def receive(self, peer: DimsePeer, pieces: Iterable[bytes]) -> None:
        self._spool.put(peer.ae_title, pieces)

    def requested(self, peer: DimsePeer, transaction_uid: str, references: Sequence[Reference]) -> None:
        self._spool.note(peer.ae_title, REQUESTED, request_to_json(transaction_uid, references))

    def committed(self, peer: DimsePeer, commitment: Commitment) -> None:
        self._spool.note(peer.ae_title, ANSWERED, answer_to_json(commitment))

    def refused(self, calling: str, address: str, reason: str) -> None:
        if self._is_new((calling, address, reason)):
            try:
                self._spool.note(calling, REFUSED, refusal_to_json(address, reason))
            except StorageFull:
                pass
            except OSError:
                log.exception("a refusal could not be noted")

    def _is_new(self, refusal: tuple[str, str, str]) -> bool:
        with self._guard:
            now = monotonic()
            lately = {one: at for one, at in self._refused.items() if now - at < REFUSED_AGAIN_S}
            is_new = refusal not in lately and len(lately) < MOST_REFUSED
            self._refused = lately | {refusal: now} if is_new else lately
            return is_new


if __name__ == "__main__":
    main()
