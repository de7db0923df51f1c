"""How fast objects come in by C-STORE, each durable in the spool before it is answered.

Part of `make bench`; alone as `python -m benchmarks.arrivals`. The listener is a process of its own, as in the server.
"""

import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from rich.console import Console

from benchmarks.imports import OBJECTS, write_objects
from benchmarks.report import conditions, rows_table
from benchmarks.server import free_port
from benchmarks.timing import Summary, single, summary
from scarmass.domain.errors import PeerUnreachable
from scarmass.domain.pacs import DimsePeer, LocalEntity
from scarmass.imaging.dimse.client import DimseClient
from scarmass.listener import Listening, beside
from scarmass.storage.spool import Spool

AIM_MS = 20.0
AIM_S = OBJECTS / 100


def arrival_rows(folder: Path) -> Iterator[Summary]:
    """Rows of so many objects of 256 x 256 pixels on one association."""
    here = LocalEntity("SCARMASS", "127.0.0.1", free_port())
    scanner = LocalEntity("SCANNER", "127.0.0.1", free_port())
    known = DimsePeer("Scanner", scanner.ae_title, scanner.host, scanner.port)
    spool = Spool(folder / "spool")
    listening = Listening(here, (known,), spool.folder, 2**32, 2**27, 4, checks_address=True)
    contents = [path.read_bytes() for path in write_objects(folder / "objects")]
    client = DimseClient(DimsePeer("ScarMass", here.ae_title, here.host, here.port), scanner)
    with beside(listening):
        _wait_for(client)
        at = [time.perf_counter()]
        sent = client.send(contents, lambda _: at.append(time.perf_counter()))
    assert all(one.is_stored for one in sent)
    assert sum(1 for _ in spool.waiting()) == OBJECTS
    each_ms = [1000 * (end - start) for start, end in pairwise(at)]
    yield summary("C-STORE of one object, durable when answered", each_ms[1:], aim=AIM_MS)
    yield single(f"... of {OBJECTS} objects", at[-1] - at[0], "s", aim=AIM_S)


def _wait_for(client: DimseClient) -> None:
    """Raises TimeoutError."""
    for _ in range(300):
        try:
            return client.echo()
        except PeerUnreachable:
            time.sleep(0.1)
    raise TimeoutError("the listener did not start in 30 s")


if __name__ == "__main__":
    console = Console()
    console.print(conditions(datetime.now().astimezone()).sentence())
    with tempfile.TemporaryDirectory(prefix="scarmass-arrivals-") as scratch:
        console.print(rows_table("Arrivals", list(arrival_rows(Path(scratch)))))
