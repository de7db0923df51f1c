"""What every route stands behind."""

import pytest
from fastapi.testclient import TestClient

from scarmass.services.context import Context
from tests.conftest import application


def test_every_answer_carries_the_strict_policy(client: TestClient) -> None:
    for path in ("/", "/healthz", "/nothing", "/static/js/common/api.js"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "http" not in policy


def test_nothing_about_a_patient_is_kept_by_a_shared_cache(client: TestClient) -> None:
    assert client.get("/api/v1/studies").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_may_not_write(client: TestClient, site: str) -> None:
    answer = client.post("/api/v1/mass", json={}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403
    assert client.get("/healthz", headers={"Sec-Fetch-Site": site}).status_code == 200


def test_a_body_beyond_the_bound_is_refused_declared_or_not(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    with TestClient(application(context, max_upload_bytes=1000)) as client:
        files = [("files", ("big.dcm", b"\0" * 2000))]
        assert client.post("/api/v1/studies", files=files).status_code == 413
        boundary = {"Content-Type": "multipart/form-data; boundary=x"}
        chunks = (b"\0" * 500 for _ in range(5))
        assert client.post("/api/v1/studies", content=chunks, headers=boundary).status_code == 413
        with monkeypatch.context() as patched:
            patched.setattr("scarmass.api.guard.MAX_JSON_BYTES", 1000)
            chunks = (b" " * 500 for _ in range(5))
            json_type = {"Content-Type": "application/json"}
            assert client.post("/api/v1/mass", content=chunks, headers=json_type).status_code == 413


def test_alive_and_ready(client: TestClient, context: Context) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json()["models"]["segmenter"]["name"] == "echo"
    context.database.is_ready = lambda: False  # type: ignore[method-assign]
    assert client.get("/readyz").status_code == 503


def test_a_foreign_name_that_points_here_is_not_answered(context: Context) -> None:
    app = application(context, allowed_hosts=("127.0.0.1", "localhost"))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/healthz", headers={"Host": "rebound.example"}).status_code == 400
