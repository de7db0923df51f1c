"""A backup is restored as it was or not at all."""

import json
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import Mock

import psycopg
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.errors import BackupFailed, BackupInvalid, FolderNotEmpty, StoreNotOurs, StoreUnavailable
from scarmass.domain.promotion import ModelKind
from scarmass.domain.protocols import Model
from scarmass.inference.weights.load import sha256_of
from scarmass.models import serving_weights
from scarmass.services.context import Context
from scarmass.services.promotions import promote
from scarmass.settings import Settings
from scarmass.storage.backup import manifest as manifests
from scarmass.storage.backup import postgres_tools
from scarmass.storage.backup.make import Made, make_backup
from scarmass.storage.backup.restore import (
    all_or_nothing,
    checked,
    chosen_backup,
    require_empty,
    restore_database,
    restore_folder,
    restored_objects,
)
from scarmass.storage.database import Database, psycopg_url
from scarmass.storage.files import FileStore, Received
from scarmass.storage.installations import RESTORING, require_ours
from scarmass.storage.local_store import LocalStore
from scarmass.storage.object_store import ObjectStore
from scarmass.storage.record_key import record_key
from scarmass.storage.spool import Spool
from tests.api.signing import ANNA, accept_all, get, open_reading, sign
from tests.conftest import application, upload
from tests.fakes import EchoSegmenter, FakeDetector
from tests.models import weights_file
from tests.object_service import PREFIX, ObjectService, versions_in
from tests.services.deletion.distinctive import Distinctive
from tests.storage import older_revisions
from tests.storage.test_migrations import assert_same

pytestmark = pytest.mark.slow


def restored(backup: Path, data: Path, url: str) -> Context:
    require_empty(data)
    return restored_into(LocalStore(data / "objects"), backup, data, url)


def restored_into(files: FileStore, backup: Path, data: Path, url: str) -> Context:
    found, folder = chosen_backup(backup)
    with restored_objects(folder, checked(found, folder), files) as installation:
        restore_folder(found, data, {})
        restore_database(found, url, installation)
    return Context(Database(psycopg_url(url)), files, FakeDetector(), EchoSegmenter())


def exported(client: TestClient, reading_id: str, format: str) -> bytes:
    return client.get(f"/api/v1/readings/{reading_id}/export?format={format}").raise_for_status().content


def test_a_restored_server_shows_the_same_readings_grams_and_signed_exports(
    client: TestClient,
    stored: str,
    back_up: Callable[[], Made],
    folder: Path,
    new_database: Callable[[], str],
    tmp_path: Path,
    spool: Path,
    patient: Distinctive,
) -> None:
    signed = sign(client, accept_all(client, open_reading(client, stored, ANNA)))
    Spool(spool).put("SCANNER", [patient.files[0].read_bytes()])
    assert back_up().manifest.missing == ()
    worklist = client.get("/api/v1/studies").json()
    again = restored(folder, tmp_path / "restored", new_database())
    with TestClient(application(again)) as other:
        assert get(other, signed["id"]) == get(client, signed["id"])
        assert other.get("/api/v1/studies").json() == worklist
        for format in ("seg", "sr"):
            assert exported(other, signed["id"], format) == exported(client, signed["id"], format)
        pixels = f"/api/v1/slices/{signed['slices'][0]['sop_instance_uid']}/1/pixels"
        assert other.get(pixels).content == client.get(pixels).raise_for_status().content
        assert upload(other, patient.files)["already_here"] == len(patient.files)
        sign(other, accept_all(other, open_reading(other, stored, {"X-Reader": "Dr Bert"}, own=True)))
    (waiting,) = Spool(tmp_path / "restored" / "spool").waiting()
    assert waiting.path.read_bytes() == patient.files[0].read_bytes()
    assert json.loads((tmp_path / "restored" / "settings.json").read_text()) == {"sensitivity": 1}
    again.database.close()


def test_a_restored_server_serves_what_was_promoted(
    context: Context, back_up: Callable[[], Made], folder: Path, new_database: Callable[[], str], tmp_path: Path
) -> None:
    kind, (file, model) = ModelKind.SEGMENTER, weights_file(tmp_path, "ours")
    shipped = {kind: Model("shipped", "0" * 64)}
    promote(context.database, context.files, kind, file, model, shipped, shipped, "Anna", {"patients": 8})
    assert back_up().manifest.missing == ()
    again = restored(folder, tmp_path / "restored", new_database())
    settings = Settings(data_dir=tmp_path / "restored")
    assert sha256_of(Path(serving_weights(settings, again.database, again.files, kind))) == model.sha256
    again.database.close()


def test_an_altered_backup_is_not_restored(stored: str, back_up: Callable[[], Made], folder: Path) -> None:
    made = back_up()
    damaged = [
        manifests.object_path(folder, made.manifest.objects[0]),
        made.folder / manifests.DUMP,
        made.folder / manifests.SETTINGS,
        made.folder / manifests.MANIFEST,
        made.folder / manifests.CHECKSUM,
    ]
    for path in damaged:
        content = path.read_bytes()
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        with pytest.raises(BackupInvalid):
            checked(made.folder, folder)
        path.write_bytes(content)
    checked(made.folder, folder)
    damaged[0].unlink()
    with pytest.raises(BackupInvalid):
        checked(made.folder, folder)


def test_a_backup_of_a_newer_version_is_refused(stored: str, back_up: Callable[[], Made], folder: Path) -> None:
    made = back_up()
    manifests.write(manifests.Manifest(**{**vars(made.manifest), "revision": "9999"}), made.folder)
    with pytest.raises(BackupInvalid, match="newer version"):
        checked(made.folder, folder)


def test_nothing_is_restored_over_what_is_there(
    stored: str, context: Context, back_up: Callable[[], Made], folder: Path, tmp_path: Path
) -> None:
    made = back_up()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "settings.json").write_text("{}")
    with pytest.raises(FolderNotEmpty):
        require_empty(tmp_path / "full")
    with pytest.raises(FolderNotEmpty):
        restore_database(made.folder, context.database.conninfo, uuid.uuid4())
    with pytest.raises(BackupInvalid):
        chosen_backup(tmp_path / "full")


def test_an_installation_moves_into_an_object_store_and_out_of_it_by_a_backup(
    stored: str,
    client: TestClient,
    context: Context,
    back_up: Callable[[], Made],
    object_service: ObjectService,
    tmp_path: Path,
    new_database: Callable[[], str],
) -> None:
    made, bucket = back_up(), object_service.new_bucket()
    store = ObjectStore(bucket, tmp_path / "moved" / "objects")
    moved = restored_into(store, made.folder, tmp_path / "moved", new_database())
    assert set(store.names()) == set(context.files.names()) != set()
    with pytest.raises(FolderNotEmpty), restored_objects(made.folder.parent, made.manifest, store):
        pass
    assert set(store.names()) == set(context.files.names()), "what was there before stays"

    require_ours(moved.database, store)
    with pytest.raises(StoreNotOurs, match="another installation"):
        require_ours(context.database, store)  # that one may still run, with a store of its own

    damaged = next(iter(store.names()))
    bucket.client().put_object(Bucket=bucket.name, Key=PREFIX + damaged, Body=b"something else")
    again = make_backup(moved.database.conninfo, store, tmp_path / "spool", tmp_path / "again", {}, ())
    assert again.manifest.objects == made.manifest.objects
    assert again.manifest.missing == (damaged,)
    moved.database.close()


def test_what_settings_say_of_an_object_store_is_not_restored_but_said_anew(
    context: Context, back_up: Callable[[], Made], folder: Path, spool: Path, tmp_path: Path
) -> None:
    said = {"objects": "s3://production", "objects_region": "eu-central-1", "sensitivity": 1}
    made = make_backup(context.database.conninfo, context.files, spool, folder, said, ())
    for name, now in ("here", {}), ("there", {"objects": "s3://another"}):
        (tmp_path / name).mkdir()
        restore_folder(made.folder, tmp_path / name, now)
        assert json.loads((tmp_path / name / "settings.json").read_text()) == {"sensitivity": 1, **now}


def test_a_restoring_that_fails_leaves_nothing_in_the_folder_but_the_record_key(
    stored: str, back_up: Callable[[], Made], folder: Path, tmp_path: Path, new_database: Callable[[], str]
) -> None:
    made, data, url = back_up(), tmp_path / "restored", new_database()
    record_key(data)
    require_empty(data)
    (made.folder / manifests.DUMP).write_bytes(b"no dump")

    def restore() -> None:
        with all_or_nothing(data):
            files = LocalStore(data / "objects")
            with restored_objects(folder, made.manifest, files) as installation:
                assert len(list(files.names())) == 2
                restore_database(made.folder, url, installation)

    with pytest.raises(BackupFailed, match="pg_restore"):
        restore()
    assert [path.name for path in data.iterdir()] == ["record.key"]
    assert postgres_tools.is_empty(url)


def test_a_restore_that_fails_takes_back_what_it_stored_and_where_it_cannot_a_repeat_goes_on(
    stored: str,
    back_up: Callable[[], Made],
    folder: Path,
    object_service: ObjectService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, bucket = back_up(), object_service.new_bucket()
    store = ObjectStore(bucket, tmp_path / "moved")

    def fail() -> None:
        with restored_objects(folder, made.manifest, store):
            raise BackupFailed("pg_restore failed")

    with pytest.raises(BackupFailed, match=r"^pg_restore failed$"):
        fail()
    assert versions_in(bucket) == []

    with monkeypatch.context() as away:
        away.setattr(store, "remove", Mock(side_effect=StoreUnavailable("away")))
        with pytest.raises(BackupFailed, match=r"pg_restore failed.* 2 objects are left"):
            fail()
    assert set(store.names()) == set(made.manifest.objects)
    with pytest.raises(BackupFailed, match=r"^pg_restore failed$"):
        fail()
    assert set(store.names()) == set(made.manifest.objects), "another attempt's are not this one's to remove"
    with restored_objects(folder, made.manifest, store) as installation:
        pass
    assert store.whose() == str(installation)
    with pytest.raises(FolderNotEmpty):
        fail()


def test_of_two_restores_into_one_prefix_the_later_one_goes_on(
    stored: str, back_up: Callable[[], Made], folder: Path, object_service: ObjectService, tmp_path: Path
) -> None:
    made, store = back_up(), ObjectStore(object_service.new_bucket(), tmp_path / "moved")
    begin = store.keep

    def another_begins(received: Sequence[Received]) -> None:
        store.keep = begin
        begin(received)
        store.say_whose(f"{RESTORING}{uuid.uuid4()}")

    store.keep = another_begins
    with pytest.raises(FolderNotEmpty, match="another restore"), restored_objects(folder, made.manifest, store):
        pass
    assert set(store.names()) == set(made.manifest.objects)


@pytest.mark.parametrize("revision", older_revisions.REVISIONS)
def test_a_backup_of_an_older_version_is_restored_and_migrated(
    revision: str, new_database: Callable[[], str], files: LocalStore, tmp_path: Path
) -> None:
    old = new_database()
    older_revisions.restore(revision, old)
    made = make_backup(old, files, tmp_path / "spool", tmp_path / "backups", {}, ())
    assert made.manifest.revision == revision
    assert made.manifest.objects == made.manifest.missing  # those of the kept databases were not kept
    then = older_revisions.answers(revision)
    context = restored(made.folder, tmp_path / "restored", new_database())
    with TestClient(application(context)) as client:
        assert_same(then["studies"], client.get("/api/v1/studies").json())
        for reading_id, reading in then["readings"].items():
            assert_same(reading["reading"], get(client, reading_id))
    context.database.close()
    with psycopg.connect(old) as connection:
        assert connection.execute("select version_num from alembic_version").fetchone() == (revision,)
