"""A deletion that dies after so many steps, in a process of its own."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy.orm import Session

from scarmass.services.context import Context
from scarmass.services.deletion.carry_out import carry_out
from scarmass.storage.database import Database
from scarmass.storage.local_store import LocalStore
from scarmass.storage.spool import Spool
from tests.fakes import EchoSegmenter, FakeDetector

KILLED = 9


def context_of(url: str, data: Path) -> Context:
    """A server's context with everything below one folder."""
    spool = Spool(data / "spool")
    (data / "results").mkdir(exist_ok=True)
    database, files = Database(url), LocalStore(data / "objects")
    return Context(database, files, FakeDetector(), EchoSegmenter(), results_folder=data / "results", spool=spool)


def carry_out_and_die(url: str, data: Path, deletion_id: uuid.UUID, steps: int) -> None:
    """Carry a deletion out until so many transactions and removed files, the last of which is not committed."""
    context = context_of(url, data)
    left = steps

    def step() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os._exit(KILLED)

    class Deadly(Database):
        @contextmanager
        def transaction(self) -> Iterator[Session]:
            with context.database.transaction() as session:
                yield session
                step()

    unlink = Path.unlink

    def deadly_unlink(path: Path, missing_ok: bool = False) -> None:
        unlink(path, missing_ok)
        step()

    Path.unlink = deadly_unlink  # type: ignore[method-assign]
    places = replace(context.places, database=Deadly(url))
    os._exit(0 if carry_out(places, deletion_id) else 1)
