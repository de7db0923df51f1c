"""An object store as settings: what cannot be, or would not be safe, is refused in words."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from scarmass.main import open_files
from scarmass.settings import Settings
from scarmass.storage.bucket import Bucket
from scarmass.storage.local_store import LocalStore
from scarmass.storage.object_store import ObjectStore


@pytest.fixture(autouse=True)
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SCARMASS_SECRETS_DIR", str(folder))
    return folder


def test_unless_settings_say_otherwise_objects_are_stored_in_the_data_folder() -> None:
    assert isinstance(open_files(Settings()), LocalStore)


def test_a_bucket_is_named_by_variables_and_its_secret_by_a_file(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCARMASS_OBJECTS", "s3://scar/site-a/objects/")
    monkeypatch.setenv("SCARMASS_OBJECTS_ENDPOINT", "https://minio.hospital.example:9000")
    monkeypatch.setenv("SCARMASS_OBJECTS_ACCESS_KEY", "scarmass")
    (secrets / "scarmass_objects_secret").write_text("kept apart")
    settings = Settings()
    assert settings.bucket == Bucket(
        "scar", "site-a/objects/", "https://minio.hospital.example:9000", None, "scarmass", "kept apart"
    )
    assert "kept apart" not in f"{settings!r} {settings.bucket!r} {settings.model_dump(mode='json')}"
    files = open_files(settings)
    assert isinstance(files, ObjectStore)
    assert files.root == settings.data_dir / "objects"


def test_a_variable_that_is_empty_is_unset(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("", "_ENDPOINT", "_REGION", "_ACCESS_KEY", "_SECRET", "_MACHINE_ROLE"):
        monkeypatch.setenv(f"SCARMASS_OBJECTS{name}", "")
    settings = Settings()
    assert settings.bucket is None
    assert settings.of_objects == {}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"objects": "bucket"}, "s3://BUCKET"),
        ({"objects": "https://scar.s3.amazonaws.com"}, "s3://BUCKET"),
        ({"objects": "s3://scar/a//b"}, "s3://BUCKET"),
        ({"objects": "s3://scar", "objects_endpoint": "http://minio.hospital.example"}, "https://"),
        ({"objects": "s3://scar", "objects_endpoint": "minio:9000"}, "https://"),
        ({"objects": "s3://scar", "objects_endpoint": "https://minio.example/scar"}, "a host"),
        ({"objects": "s3://scar", "objects_endpoint": "https://minio.example:90000"}, "65535"),
        ({"objects": "s3://scar", "objects_access_key": "scarmass"}, "together"),
        ({"objects": "s3://scar", "objects_secret": "alone"}, "together"),
        ({"objects": "s3://scar", "max_storage_gib": 10}, "quota"),
        ({"objects_endpoint": "https://minio.example"}, "names its bucket"),
    ],
)
def test_what_cannot_be_is_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Settings(**said)
