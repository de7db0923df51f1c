"""What peers say on the wire, damaged by chance: `python -m tests.imaging.dimse.fuzz 2000 [SEED]`.

Counts how the listener ended each association; after all of them it still takes an object.
"""

import random
import socket
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from pynetdicom.association import Association

from scarmass.domain.pacs import Reference
from scarmass.phantom.demonstration import demo_studies, write_phantom
from tests.imaging.dimse.keeper import Kept, client_of, contents, listening
from tests.imaging.dimse.recording import pdus, recorded
from tests.waiting import wait_until

PATIENCE_S = 2.0
INTERESTING = tuple(map(bytes.fromhex, ("00", "ff", "7f", "80", "ffffffff", "00000000", "7fffffff", "00010000")))


def seeds(object_: bytes) -> list[bytes]:
    """Associations that echo, store, and ask for commitment."""
    references = [Reference("1.2.840.10008.5.1.4.1.1.4", f"1.2.{number}") for number in range(3)]
    return [
        recorded(lambda port: client_of(port).echo()),
        recorded(lambda port: client_of(port).send([object_], lambda _: None)),
        recorded(lambda port: client_of(port).request_commitment(references)),
    ]


def mutations(found: list[bytes], seed: int = 1) -> Iterator[list[bytes]]:
    """PDUs, one or more of them damaged, without end; the same for the same seed."""
    chance = random.Random(seed)
    while True:
        for said in found:
            units = [bytearray(unit) for unit in pdus(said)]
            for _ in range(chance.choice((1, 1, 2, 5))):
                _damage(chance.choice(units), chance)
            yield [bytes(unit) for unit in units]


def _damage(unit: bytearray, chance: random.Random) -> None:
    at = chance.randrange(min(len(unit), 400) or 1)
    match chance.randrange(4):
        case 0:
            unit[at : at + 1] = bytes([chance.randrange(256)])
        case 1:
            value = chance.choice(INTERESTING)
            unit[at : at + len(value)] = value
        case 2:
            del unit[at : at + chance.choice((1, 2, 8, 200))]
        case 3:
            unit[at:at] = chance.randbytes(chance.choice((1, 2, 8, 200)))


def said_to(port: int, units: list[bytes]) -> str:
    """How an association ended on which this was said; who says it leaves when nothing more is answered."""
    request, *rest = units
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as peer, suppress(OSError):
        peer.settimeout(0.2)
        peer.sendall(request)
        answer = b""
        with suppress(TimeoutError):
            answer = peer.recv(65536)
        peer.sendall(b"".join(rest))
        peer.shutdown(socket.SHUT_WR)
        peer.settimeout(PATIENCE_S)
        while piece := peer.recv(65536):
            answer += piece
        return f"answered by PDU {answer[0]}" if answer else "closed"
    return "broken off"


def trial(count: int, seed: int = 1) -> Counter[str]:
    """Say so many damaged associations to one listener.

    Raises AssertionError where it is none the better for it, TimeoutError where associations are left over.
    """
    with tempfile.TemporaryDirectory() as folder:
        object_ = contents(write_phantom(Path(folder), next(demo_studies()))[3:4])[0]
    found, kept = seeds(object_), Kept()
    with no_thread_ended_by_an_error(), listening(kept) as port:
        ends = Counter(said_to(port, units) for units in islice(mutations(found, seed), count))
        before = len(kept.objects)
        assert client_of(port).send([object_], lambda _: None)[0].is_stored
        assert len(kept.objects) == before + 1
    strangers = Kept()
    with no_thread_ended_by_an_error(), listening(strangers) as port:
        unknown = recorded_as_stranger(object_)
        for units in islice(mutations([unknown], seed), count // 20):
            said_to(port, units)
    assert not strangers.objects
    wait_until(lambda: not any(isinstance(thread, Association) for thread in threading.enumerate()))
    return ends


@contextmanager
def no_thread_ended_by_an_error() -> Iterator[None]:
    """Raises AssertionError where an association's thread was none the wiser for what it was said."""
    before, errors = threading.excepthook, list[object]()
    threading.excepthook = lambda ended: errors.append(ended.exc_value)
    try:
        yield
    finally:
        threading.excepthook = before
    assert not errors, f"{len(errors)} threads ended, the first by {errors[0]!r}"


def recorded_as_stranger(object_: bytes) -> bytes:
    """The same object, sent under the AE title of no peer."""
    said = recorded(lambda port: client_of(port).send([object_], lambda _: None))
    return said.replace(b"SCANNER".ljust(16), b"STRANGER".ljust(16), 1)


if __name__ == "__main__":
    for end, times in trial(int(sys.argv[1]), *map(int, sys.argv[2:])).most_common():
        print(f"{times:7d}  {end}")
