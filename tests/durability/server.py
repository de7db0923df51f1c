"""A server that is there to be killed: the real application and PostgreSQL, models that echo their prompt."""

from pathlib import Path

import uvicorn

from scarmass.api.app import create_app
from scarmass.services.context import Context
from scarmass.storage.database import Database, migrate
from scarmass.storage.embedded_postgres import embedded_postgres
from scarmass.storage.files import FileStore
from scarmass.worker import Worker
from tests.fakes import EchoSegmenter, FakeDetector


def serve(folder: Path, port: int) -> None:
    """Serve what is stored in the folder, until the process is killed."""
    with embedded_postgres(folder / "postgres") as url:
        migrate(url)
        context = Context(Database(url), FileStore(folder / "objects"), FakeDetector(), EchoSegmenter())
        uvicorn.run(create_app(context, Worker(context)), host="127.0.0.1", port=port, log_level="warning")
