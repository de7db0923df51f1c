"""A server that is there to be killed: the real application and PostgreSQL, models that echo their prompt.

python -m tests.durability.server FOLDER PORT
"""

import sys
from pathlib import Path

import uvicorn

from scarmass.api.app import create_app
from scarmass.services.context import Context
from scarmass.storage.database import Database, embedded_postgres, migrate
from scarmass.storage.files import FileStore
from tests.fakes import EchoSegmenter, FakeDetector

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with embedded_postgres(folder / "postgres") as url:
        migrate(url)
        context = Context(Database(url), FileStore(folder / "objects"), FakeDetector(), EchoSegmenter())
        uvicorn.run(create_app(context), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
