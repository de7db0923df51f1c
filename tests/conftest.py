"""A real PostgreSQL for every test that asks, the application with fake models, and DICOM files to feed it."""

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import settings

from scarmass.api.app import create_app
from scarmass.domain.protocols import Segmenter
from scarmass.domain.reading import WallRules
from scarmass.phantom.demonstration import DemoStudy, demo_studies, write_phantom
from scarmass.phantom.stack import Phantom, phantom
from scarmass.services.context import Context
from scarmass.storage.database import Database, migrate, psycopg_url
from scarmass.storage.embedded_postgres import embedded_postgres
from scarmass.storage.local_store import LocalStore
from scarmass.worker import Worker
from tests.fakes import EchoSegmenter, FakeDetector
from tests.kept import Kept, T, keep
from tests.object_service import ObjectService, object_service_running
from tests.phantom_reader import PhantomReader
from tests.services.readings.driving import prepared

# A busy machine makes no law untrue.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


UNCONFINED = WallRules(confines_scar=False)
"""The contours of fake models are no ventricle's."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL that lives as long as the test run.

    Not below pytest's own temporary folder, which is closed to the user that PostgreSQL runs as under root.
    """
    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder) / "postgres") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(f"alter system set {setting} = off".encode())
            connection.execute("select pg_reload_conf()")
        yield url


@pytest.fixture(scope="session")
def new_database(postgres: str) -> Callable[[], str]:
    """Makes an empty database and returns its URL."""
    count = iter(range(1_000_000))

    def make(template: str = "template1") -> str:
        name = f"test_{next(count)}"
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f'create database "{name}" template "{template}"'.encode())
        return postgres.replace("/postgres?", f"/{name}?")

    return make


@pytest.fixture(scope="session")
def migrated_template(new_database: Callable[..., str]) -> str:
    url = new_database()
    migrate(url)
    return name_of(url)


def name_of(url: str) -> str:
    return url.split("/")[3].split("?")[0]


@pytest.fixture
def database(postgres: str, new_database: Callable[..., str], migrated_template: str) -> Iterator[Database]:
    """A migrated database of the test's own."""
    url = new_database(migrated_template)
    database = Database(psycopg_url(url))
    yield database
    database.close()
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f'drop database "{name_of(url)}" with (force)'.encode())


@pytest.fixture
def files(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "data" / "objects")


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where exported networks lie, each of which takes seconds to make: of all processes of the test run."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "exports"


@pytest.fixture(scope="session")
def object_service() -> Iterator[ObjectService]:
    """An object store that lives as long as the test run."""
    with object_service_running() as service:
        yield service


@pytest.fixture
def context(database: Database, files: LocalStore) -> Context:
    """The services' context with models that echo their prompt."""
    return Context(database=database, files=files, detector=FakeDetector(), segmenter=EchoSegmenter())


@pytest.fixture
def client(context: Context) -> Iterator[TestClient]:
    with TestClient(application(context)) as client:
        yield client


def application(context: Context, **settings: Any) -> FastAPI:
    """The application with a worker that prepares readings beside it."""
    return create_app(context, Worker(context), **settings)


@pytest.fixture
def unused_tcp_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def phantom_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The DICOM files of one phantom patient with an anterior scar, in slice order."""
    return write_phantom(tmp_path_factory.mktemp("phantom"), next(demo_studies()))


@pytest.fixture(scope="session")
def demo_phantom() -> Phantom:
    """That of this patient."""
    return next(demo_studies()).phantom


@pytest.fixture(scope="session")
def keeping(
    new_database: Callable[..., str], migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Segmenter, Callable[[TestClient, Context], T]], Kept[T]]:
    """Keeps what is stored once something has happened on a server of its own, for tests that begin with that."""

    def keep_after(segmenter: Segmenter, happens: Callable[[TestClient, Context], T]) -> Kept[T]:
        database = Database(psycopg_url(new_database(migrated_template)))
        context = Context(database, LocalStore(tmp_path_factory.mktemp("kept")), FakeDetector(), segmenter)
        with TestClient(application(context)) as client:
            told = happens(client, context)
        kept = keep(context, told)
        database.close()
        return kept

    return keep_after


@pytest.fixture(scope="session")
def kept_stack(keeping: Callable[..., Kept[str]], phantom_files: list[Path]) -> Kept[str]:
    """The phantom patient's stack, told by its id; models that echo their prompt have prepared its reading."""

    def happens(client: TestClient, context: Context) -> str:
        context.wall = UNCONFINED
        stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
        prepared(client, stack_id)
        return stack_id

    return keeping(EchoSegmenter(), happens)


@pytest.fixture(scope="session")
def kept_contoured(keeping: Callable[..., Kept[str]], phantom_files: list[Path], demo_phantom: Phantom) -> Kept[str]:
    """The same, once a reader has contoured ventricle, blood pool and scar as they truly are."""

    def happens(client: TestClient, context: Context) -> str:
        context.wall = UNCONFINED
        stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
        PhantomReader(client, stack_id, demo_phantom).contour()
        return stack_id

    return keeping(EchoSegmenter(), happens)


@pytest.fixture(scope="session")
def other_phantom_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Those of another patient."""
    return write_phantom(tmp_path_factory.mktemp("phantom"), next(islice(demo_studies(), 1, None)))


@pytest.fixture(scope="session")
def scarmass_data() -> Path:
    """The folder of real data that SCARMASS_DATA names; without it the test is skipped, visibly."""
    folder = os.environ.get("SCARMASS_DATA")
    if not folder:
        pytest.skip("SCARMASS_DATA is not set")
    return Path(folder)


def small_studies(count: int) -> Iterator[DemoStudy]:
    """Studies of two tiny slices, a patient and a day each, for tests where many come and their images don't matter."""
    for number in range(count):
        stack = phantom(number, scars=(), rows=64, columns=64, pixel_spacing_mm=(5.6, 5.6), number_of_slices=2)
        yield DemoStudy(f"Small^{number}", f"SMALL-{number}", "19600101", "F", f"202601{number + 1:02}", stack)


def upload(client: TestClient, paths: list[Path]) -> dict:
    """Upload files as a page would and return the answer."""
    answer = client.post("/api/v1/studies", files=[("files", (path.name, path.read_bytes())) for path in paths])
    assert answer.status_code == 201, answer.text
    return answer.json()
