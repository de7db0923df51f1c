"""Two small replicas of fake models as a process of their own, as `scarmass models` is one.

python -m tests.inference.remote.running PORT PORT_OF_RAY FOLDER
"""

import signal
import sys
from functools import partial
from pathlib import Path

from scarmass.inference.remote import cluster
from scarmass.inference.remote.cluster import Machine
from scarmass.replicas import run_replicas
from scarmass.settings import Settings
from tests.inference.remote.fake_engines import open_fake

AT_ONCE, WAITING = 2, 2


def main(port: str, cluster_port: str, folder: str) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    cluster.OBJECT_STORE_BYTES = 100_000_000
    machine = Machine("127.0.0.1", int(cluster_port), processors=2)
    run_replicas(
        Settings(device="cpu"),
        machine,
        int(port),
        replicas=2,
        serving={},
        opens=open_fake,
        kept=partial(Path, folder),
        at_once=AT_ONCE,
        waiting=WAITING,
        started=lambda: print("started", flush=True),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
