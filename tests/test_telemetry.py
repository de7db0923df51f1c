"""Traces are off unless the environment asks for them, and tell nothing of what was asked for."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from scarmass.api.app import OFF
from scarmass.services.context import Context
from scarmass.telemetry import ENDPOINTS, open_telemetry
from tests.conftest import application, upload


def test_nothing_is_traced_by_itself(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    assert open_telemetry(context.database.engine) is OFF


def test_requests_and_statements_are_traced_by_their_routes_and_without_what_was_asked_for(
    context: Context, phantom_files: list[Path]
) -> None:
    exporting = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    exporter = exporting.InMemorySpanExporter()
    telemetry = open_telemetry(context.database.engine, exporter)
    with TestClient(application(context, telemetry=telemetry)) as client:
        study = upload(client, phantom_files)["studies"][0]
        client.get(f"/api/v1/studies/{study['study_instance_uid']}").raise_for_status()
        client.get("/dicomweb/studies?PatientName=Demo%5EAnterior&limit=x")
        client.get("/api/v1/studies/Zyxwquark")
    provider: Any = telemetry.get("tracer_provider")
    provider.force_flush()
    spans = exporter.get_finished_spans()
    names = {span.name for span in spans}
    assert "GET /api/v1/studies/{study_instance_uid}" in names
    assert any(name.startswith("SELECT") for name in names)
    told = "".join(span.to_json() for span in spans)
    for word in (study["study_instance_uid"], "Demo", "PHANTOM-001", "Zyxwquark"):
        assert word not in told
