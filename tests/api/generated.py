"""What requests that are generated from the OpenAPI document are made of."""

import uuid
from pathlib import Path
from typing import cast

from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, settings

from scarmass.services.context import Context
from tests.conftest import application, upload

OPERATIONS = [
    (method, path)
    for path, operations in application(cast(Context, None)).openapi()["paths"].items()
    for method in operations
]


def examples(count: int) -> settings:
    """So many requests, the same ones each time."""
    return settings(
        max_examples=count,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        database=None,
        derandomize=True,
    )


def give_the_examples(client: TestClient, phantom_files: list[Path], app: FastAPI) -> None:
    """Real identifiers as examples, so that the generated requests get past the 404s too.

    client: of somebody who may store studies and begin readings.
    """
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
