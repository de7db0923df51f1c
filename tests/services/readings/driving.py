"""Readings over REST, opened and waited for."""

import time
import uuid
from typing import Any

from fastapi.testclient import TestClient


def prepared(client: TestClient, stack_id: str) -> dict[str, Any]:
    """The stack's reading once it is prepared."""
    body = {"client_id": str(uuid.uuid4())}
    opened = client.post(f"/api/v1/stacks/{stack_id}/readings", json=body).raise_for_status().json()
    for _ in range(400):
        reading = client.get(f"/api/v1/readings/{opened['id']}").json()
        if reading["state"] != "preparing":
            return reading
        time.sleep(0.05)
    raise AssertionError("the reading was not prepared in 20 s")
