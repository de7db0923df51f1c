"""What the server tells of itself: counts and times by route, and nothing that a request brought."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from scarmass.domain.access import Permission, Role
from scarmass.domain.errors import DatabaseUnavailable
from scarmass.domain.protocols import Step
from scarmass.services.context import Context
from scarmass.services.metrics import Metrics
from scarmass.services.metrics_of_state import StateOf
from scarmass.storage.database import Database
from scarmass.storage.spool import Spool
from tests.api.signed_in import account, another, browser, server, service
from tests.conftest import application, upload

Samples = dict[tuple[str, ...], float]


def told(client: TestClient, name: str) -> Samples:
    """The samples of one name, by the values of their labels in the order of the labels' names."""
    text = client.get("/metrics").raise_for_status().text
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    return {tuple(one.labels[key] for key in sorted(one.labels)): one.value for one in samples if one.name == name}


@pytest.fixture
def measured(context: Context, client: TestClient) -> TestClient:
    context.metrics.registry.register(StateOf(context))
    return client


def test_requests_are_counted_by_method_route_and_status(measured: TestClient) -> None:
    for path in (
        "/healthz",
        "/healthz",
        "/api/v1/studies/1.2.3",
        "/api/v1/studies/4.5.6",
        "/static/icon.svg",
        "/no/such",
    ):
        measured.get(path)
    counted = told(measured, "scarmass_requests_total")
    assert counted[("GET", "/healthz", "200")] == 2
    assert counted[("GET", "/api/v1/studies/{study_instance_uid}", "404")] == 2
    assert counted[("GET", "/static", "200")] == 1
    assert counted[("GET", "other", "404")] == 1
    times = told(measured, "scarmass_request_seconds_count")
    assert times[("GET", "/healthz")] == 2


def test_whatever_is_asked_adds_no_label(measured: TestClient) -> None:
    for number in range(20):
        measured.get(f"/Zyxwquark/{number}?patient=Zyxwquark")
        measured.request(f"VERB{number}", "/healthz")
        measured.get(f"/api/v1/readings/Zyxwquark{number}/export")
    text = measured.get("/metrics").text
    assert "Zyxwquark" not in text
    assert "VERB" not in text
    assert len(told(measured, "scarmass_requests_total")) < 10


def test_a_request_that_is_refused_before_any_route_is_counted(context: Context) -> None:
    with TestClient(application(context, allowed_hosts=["testserver"])) as client:
        assert client.get("/healthz", headers={"Host": "elsewhere"}).status_code == 400
        assert told(client, "scarmass_requests_total")[("GET", "/healthz", "400")] == 1


@pytest.mark.slow
def test_what_waits_and_what_is_kept_is_told(
    context: Context, measured: TestClient, phantom_files: list[Path], tmp_path: Path
) -> None:
    context.spool = Spool(tmp_path / "spool")
    context.spool.put("SCANNER", [b"object"])
    stack_id = upload(measured, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    measured.get(f"/api/v1/stacks/{stack_id}/view").raise_for_status()
    assert told(measured, "scarmass_database_up") == {(): 1}
    assert set(told(measured, "scarmass_database_connections")) == {("in_use",), ("idle",)}
    assert ("preparing", "waiting") in told(measured, "scarmass_jobs")
    assert told(measured, "scarmass_transfers")[("send", "waiting")] == 0
    assert told(measured, "scarmass_spool_objects") == {(): 1}
    assert ("images",) in told(measured, "scarmass_cache_entries")
    assert told(measured, "scarmass_audit_rows")[()] >= 2
    assert told(measured, "scarmass_disk_free_bytes")[()] > 0
    assert told(measured, "process_resident_memory_bytes")[()] > 0


def test_where_the_database_is_away_the_rest_is_told(
    context: Context, measured: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseUnavailable("the database cannot be reached")

    monkeypatch.setattr(Database, "is_ready", lambda _: False)
    monkeypatch.setattr(Database, "transaction", away)
    assert told(measured, "scarmass_database_up") == {(): 0}
    assert told(measured, "scarmass_jobs") == {}


def test_a_models_steps_are_timed_also_where_one_fails() -> None:
    metrics = Metrics()
    with metrics.step(Step.ENCODE):
        pass
    with pytest.raises(ZeroDivisionError), metrics.step(Step.ENCODE):
        raise ZeroDivisionError
    counted = {step: metrics.registry.get_sample_value("scarmass_model_seconds_count", {"step": step}) for step in Step}
    assert counted == {Step.DETECT: 0, Step.ENCODE: 2, Step.DECODE: 0}


def test_where_metrics_have_a_port_of_their_own_the_pages_port_has_none(context: Context) -> None:
    with TestClient(application(context, serves_metrics=False)) as client:
        assert client.get("/metrics").status_code == 404


@pytest.fixture
def with_login(context: Context) -> Iterator[TestClient]:
    with server(context) as client:
        yield client


def test_with_a_login_it_is_for_administrators_and_services(context: Context, with_login: TestClient) -> None:
    assert another(with_login).get("/metrics").status_code == 401
    prometheus = service(context, with_login, "prometheus", {Permission.MONITOR})
    assert prometheus.get("/metrics").status_code == 200
    assert prometheus.get("/api/v1/studies").status_code == 403
    for role, status in ((Role.ADMINISTRATOR, 200), (Role.READER, 403)):
        account(context, role, role)
        assert browser(with_login, role).get("/metrics").status_code == status
