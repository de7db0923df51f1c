"""A server that is there to be killed: the real application and PostgreSQL, models that echo their prompt."""

import os
import time
from pathlib import Path

import uvicorn

from scarmass.api.app import create_app
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.protocols import SliceImage
from scarmass.services.context import Context
from scarmass.storage.database import Database, migrate
from scarmass.storage.embedded_postgres import embedded_postgres
from scarmass.storage.local_store import LocalStore
from scarmass.worker import Worker
from tests.fakes import EchoSegmenter, FakeDetector

KILLED_BY_A_SLICE = 7
"""The exit status of a server whose segmenter ended it."""


class LoggingSegmenter(EchoSegmenter):
    """Takes its time over a slice, notes it in a file that outlives the process, and dies of one of them."""

    def __init__(self, log: Path, deadly_slice: str | None) -> None:
        super().__init__()
        self._log = log
        self._deadly_slice = deadly_slice

    def embed(self, image: SliceImage, region: HeartRegion | None) -> None:
        with self._log.open("a") as log:
            log.write(f"{os.getpid()} {image.key}\n")
        if image.key == self._deadly_slice:
            os._exit(KILLED_BY_A_SLICE)
        time.sleep(0.05)


def serve(folder: Path, port: int, deadly_slice: str | None) -> None:
    """Serve what is stored in the folder, until the process is killed.

    deadly_slice: the sha256 of a file on which the segmenter ends the process.
    """
    with embedded_postgres(folder / "postgres") as url:
        migrate(url)
        segmenter = LoggingSegmenter(folder / "embedded", deadly_slice)
        context = Context(Database(url), LocalStore(folder / "objects"), FakeDetector(), segmenter)
        app = create_app(context, Worker(context))
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
