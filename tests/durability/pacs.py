"""A server with a PACS beside it that outlives it: what is sent to it is in a folder, and it takes its time."""

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn

from scarmass.api.app import create_app
from scarmass.domain.pacs import Progress, Report, Sent
from scarmass.domain.pacs_rules import Network, Rules, SendRule
from scarmass.services.context import Context
from scarmass.services.pacs import send
from scarmass.storage.database import Database, migrate
from scarmass.storage.embedded_postgres import embedded_postgres
from scarmass.storage.local_store import LocalStore
from scarmass.storage.spool import Spool
from scarmass.worker import Worker
from tests.fake_pacs import PACS, FakePacs, objects_of
from tests.fakes import EchoSegmenter, FakeDetector

OBJECT_S = 0.3


class SlowPacs(FakePacs):
    """Keeps each object under what it is, as a PACS keeps it under its UID: the same again is no second one.

    It has the studies of a folder: a folder of files each, by StudyInstanceUID.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(PACS)
        self._folder = folder
        (folder / "kept").mkdir(parents=True, exist_ok=True)

    def send(self, objects: Sequence[bytes], report: Report) -> list[Sent]:
        for number, content in enumerate(objects):
            with (self._folder / "log").open("a") as log:
                log.write(hashlib.sha256(content).hexdigest() + "\n")
            time.sleep(OBJECT_S)
            (self._folder / "kept" / hashlib.sha256(content).hexdigest()).write_bytes(content)
            report(Progress(number + 1, len(objects)))
        return [Sent(str(number), True) for number in range(len(objects))]

    def fetch(self, study_instance_uid: str, receive: Callable[[bytes], None], report: Report) -> None:
        paths = sorted((self._folder / study_instance_uid).iterdir())
        for number, path in enumerate(paths):
            receive(path.read_bytes())
            time.sleep(OBJECT_S / 3)
            report(Progress(number + 1, len(paths)))


def serve_beside_pacs(folder: Path, port: int, _: str | None = None) -> None:
    """Serve what is stored in the folder, until the process is killed; what is signed goes to the PACS."""
    send.result_objects = lambda _, reading_id, kinds: objects_of(reading_id, kinds)
    with embedded_postgres(folder / "postgres") as url:
        migrate(url)
        context = Context(
            Database(url),
            LocalStore(folder / "objects"),
            FakeDetector(),
            EchoSegmenter(),
            network=Network(peers=(PACS,), rules=Rules(send=(SendRule(peer="PACS"),))),
            client_of=lambda _: SlowPacs(folder / "pacs"),
            spool=Spool(folder / "spool"),
        )
        uvicorn.run(create_app(context, Worker(context)), host="127.0.0.1", port=port, log_level="warning")
