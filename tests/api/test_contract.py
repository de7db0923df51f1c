"""The OpenAPI document as a promise: whatever a program sends, no route breaks it or answers 5xx."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from scarmass.services.context import Context
from scarmass.storage.database import Database, psycopg_url
from scarmass.storage.files import FileStore
from tests.conftest import application, upload
from tests.fakes import EchoSegmenter, FakeDetector

EXAMPLES = 30
"""Requests a route; valid ones that the domain refuses (a box beyond the pixels) are no breach of the contract."""


@pytest.fixture(scope="module")
def api_schema(new_database, migrated_template, tmp_path_factory, phantom_files) -> Iterator:
    database = Database(psycopg_url(new_database(migrated_template)))
    files = FileStore(tmp_path_factory.mktemp("contract"))
    context = Context(database, files, FakeDetector(), EchoSegmenter())
    app = application(context)
    with TestClient(app) as client:
        _give_the_examples(client, phantom_files, app)
    # schemathesis starts the application itself, and would end it with the process. A stream of events does not end:
    # tests/api/test_events.py has a client that hangs up.
    yield schemathesis.openapi.from_asgi("/openapi.json", app).exclude(path_regex="/events$")
    shutdown_lifespans()
    database.close()


def _give_the_examples(client: TestClient, phantom_files: list[Path], app) -> None:
    """Real identifiers as examples, so that the generated requests get past the 404s too."""
    stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    stack = client.get(f"/api/v1/stacks/{stack_id}").json()
    opened = client.post(f"/api/v1/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())}).json()
    examples = {
        "study_instance_uid": stack["study_instance_uid"],
        "stack_id": stack_id,
        "sop_instance_uid": stack["slices"][0]["sop_instance_uid"],
        "frame_number": 1,
        "reading_id": opened["id"],
    }
    document = app.openapi()
    for operation in (operation for path in document["paths"].values() for operation in path.values()):
        for parameter in operation.get("parameters", []):
            if parameter["name"] in examples:
                parameter["example"] = examples[parameter["name"]]
    for name in ("SegmentRequest", "EditRequest", "SliceName", "MassRequest", "DetectRequest"):
        for field, property_ in document["components"]["schemas"][name]["properties"].items():
            if field in examples:
                property_["examples"] = [examples[field]]


OPERATIONS = [
    (method, path)
    for path, operations in application(cast(Context, None)).openapi()["paths"].items()
    for method in operations
]


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_request_breaks_the_contract(api_schema: BaseSchema, method: str, path: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        database=None,
        derandomize=True,
    )
    @given(case=api_schema[path][method].as_strategy())
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    check()
