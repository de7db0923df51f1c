"""The OpenAPI document as a promise: whatever a program sends, no route breaks it or answers 5xx."""

from collections.abc import Iterator

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import given
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from scarmass.services.context import Context
from scarmass.storage.database import Database, psycopg_url
from scarmass.storage.local_store import LocalStore
from tests.api.generated import OPERATIONS, examples, give_the_examples
from tests.conftest import application
from tests.fakes import EchoSegmenter, FakeDetector

EXAMPLES = 20
"""Requests a route; valid ones that the domain refuses (a box beyond the pixels) are no breach of the contract."""


@pytest.fixture(scope="module")
def api_schema(new_database, migrated_template, tmp_path_factory, phantom_files) -> Iterator:
    database = Database(psycopg_url(new_database(migrated_template)))
    files = LocalStore(tmp_path_factory.mktemp("contract"))
    context = Context(database, files, FakeDetector(), EchoSegmenter())
    app = application(context)
    with TestClient(app) as client:
        give_the_examples(client, phantom_files, app)
    # schemathesis starts the application itself, and would end it with the process. A stream of events does not end:
    # tests/api/test_events.py has a client that hangs up.
    yield schemathesis.openapi.from_asgi("/openapi.json", app).exclude(path_regex="/events$")
    shutdown_lifespans()
    database.close()


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_request_breaks_the_contract(api_schema: BaseSchema, method: str, path: str) -> None:
    @examples(EXAMPLES)
    @given(case=api_schema[path][method].as_strategy())
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    check()
