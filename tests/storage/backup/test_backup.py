"""A backup made while others write is whole, shares what did not change, and is restored as it was or not at all."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.deletion import DeletionReason, DeletionRequest
from scarmass.domain.errors import BackupFailed, BackupInvalid, FolderNotEmpty
from scarmass.domain.promotion import ModelKind
from scarmass.domain.protocols import Model
from scarmass.inference.weights.load import sha256_of
from scarmass.models import serving_weights
from scarmass.services.context import Context
from scarmass.services.deletion import ask
from scarmass.services.deletion.carry_out import carry_out
from scarmass.services.promotions import promote
from scarmass.services.stacks import set_removed
from scarmass.settings import Settings, settings_without_secrets
from scarmass.storage.backup import manifest as manifests
from scarmass.storage.backup import postgres_tools
from scarmass.storage.backup.make import Made, keep_newest, make_backup
from scarmass.storage.backup.restore import (
    all_or_nothing,
    checked,
    chosen_backup,
    require_empty,
    restore_database,
    restore_files,
)
from scarmass.storage.database import Database, psycopg_url
from scarmass.storage.local_store import LocalStore
from scarmass.storage.orphans import hold_files
from scarmass.storage.spool import Spool
from tests.api.signing import ANNA, accept_all, get, open_reading, sign
from tests.conftest import application, upload
from tests.fakes import EchoSegmenter, FakeDetector
from tests.models import weights_file
from tests.services.deletion.distinctive import PATIENT_ID, Distinctive, distinctive
from tests.storage import older_revisions
from tests.storage.test_migrations import assert_same

pytestmark = pytest.mark.slow


@pytest.fixture
def patient(tmp_path: Path) -> Distinctive:
    return distinctive(tmp_path / "sent")


@pytest.fixture
def stored(client: TestClient, patient: Distinctive) -> str:
    """The id of the stack of a study that was uploaded."""
    return upload(client, patient.files)["studies"][0]["stacks"][0]["stack_id"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "data" / "spool"


@pytest.fixture
def back_up(context: Context, folder: Path, spool: Path) -> Callable[[], Made]:
    def make() -> Made:
        return make_backup(context.database.conninfo, context.files, spool, folder, {"sensitivity": 1}, ("a.token",))

    return make


def restored(backup: Path, data: Path, url: str) -> Context:
    found, folder = chosen_backup(backup)
    require_empty(data)
    restore_files(found, folder, checked(found, folder), data)
    restore_database(found, url)
    return Context(Database(psycopg_url(url)), LocalStore(data / "objects"), FakeDetector(), EchoSegmenter())


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


def test_a_backup_is_of_one_moment_and_holds_every_object_that_its_rows_name(
    client: TestClient, stored: str, context: Context, back_up: Callable[[], Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the database is dumped a reading is opened, and the study is to be deleted."""
    dump = postgres_tools.dump
    uid = client.get("/api/v1/studies").json()["studies"][0]["study_instance_uid"]
    asked = []

    def dump_while_others_write(*arguments: Any) -> None:
        open_reading(client, stored, ANNA)
        set_removed(context, uid, "Dr Anna", removed=True)
        request = DeletionRequest(uuid.uuid4(), DeletionReason.OTHER, "Dr Anna")
        asked.append(ask.delete_study(context.places, uid, PATIENT_ID, request).id)
        assert not carry_out(context.places, asked[0])
        dump(*arguments)

    monkeypatch.setattr(postgres_tools, "dump", dump_while_others_write)
    made = back_up()
    assert (made.manifest.missing, made.copied) == ((), 2)
    for _ in range(600):
        if carry_out(context.places, asked[0]):
            break
    assert list(context.files.names()) == []


def test_what_did_not_change_is_stored_once_and_goes_with_the_last_backup_that_has_it(
    client: TestClient, stored: str, context: Context, back_up: Callable[[], Made], folder: Path, tmp_path: Path
) -> None:
    assert (back_up().copied, back_up().copied) == (2, 0)
    upload(client, distinctive(tmp_path / "more", 1).files)
    newest = back_up()
    assert (newest.copied, len(newest.manifest.objects)) == (2, 4)
    uid = client.get("/api/v1/studies").json()["studies"][0]["study_instance_uid"]
    set_removed(context, uid, "Dr Anna", removed=True)
    request = DeletionRequest(uuid.uuid4(), DeletionReason.OTHER, "Dr Anna")
    deletion = ask.delete_study(context.places, uid, PATIENT_ID, request)
    for _ in range(600):
        if carry_out(context.places, deletion.id):
            break
    last = back_up()
    assert keep_newest(folder, 1) == 3
    assert manifests.backups_in(folder) == [last.folder]
    assert {path.name for path in (folder / "objects").glob("??/*")} == set(last.manifest.objects)


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
        restore_database(made.folder, context.database.conninfo)
    with pytest.raises(BackupInvalid):
        chosen_backup(tmp_path / "full")


def test_a_restoring_that_fails_leaves_the_folder_empty(
    stored: str, back_up: Callable[[], Made], folder: Path, tmp_path: Path, new_database: Callable[[], str]
) -> None:
    made, data, url = back_up(), tmp_path / "restored", new_database()
    (made.folder / manifests.DUMP).write_bytes(b"no dump")

    def restore() -> None:
        with all_or_nothing(data):
            restore_files(made.folder, folder, made.manifest, data)
            assert len(list(LocalStore(data / "objects").names())) == 2
            restore_database(made.folder, url)

    with pytest.raises(BackupFailed, match="pg_restore"):
        restore()
    assert list(data.iterdir()) == []
    assert postgres_tools.is_empty(url)


def test_a_stored_file_that_is_missing_or_damaged_is_told(
    stored: str, context: Context, back_up: Callable[[], Made], folder: Path
) -> None:
    lost, damaged = sorted(context.files.names())
    context.files.remove([lost])
    next(context.files.root.rglob(damaged)).write_bytes(b"something else")
    made = back_up()
    assert set(made.manifest.missing) == {lost, damaged}
    assert made.manifest.kept == ()
    assert checked(made.folder, folder) == made.manifest


def test_one_backup_is_made_at_a_time(
    stored: str, back_up: Callable[[], Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    def another() -> None:
        with pytest.raises(BackupFailed, match="another backup"):
            back_up()

    dump = postgres_tools.dump
    monkeypatch.setattr(postgres_tools, "dump", lambda *arguments: (another(), dump(*arguments)))
    assert back_up().copied == 2


def test_imports_go_on_while_a_backup_is_made(
    context: Context, stored: str, back_up: Callable[[], Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    dump, went_on = postgres_tools.dump, []

    def dump_while_others_store(*arguments: Any) -> None:
        with context.database.transaction() as session:
            hold_files(session)
            went_on.append(True)
        dump(*arguments)

    monkeypatch.setattr(postgres_tools, "dump", dump_while_others_store)
    back_up()
    assert went_on == [True]


def test_the_password_of_a_database_is_on_no_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(postgres_tools.subprocess, "run", lambda command, **how: seen.append((command, how)))
    postgres_tools.dump("postgresql://reader:hunter2@db.example:5433/scarmass", tmp_path / "dump")
    ((command, how),) = seen
    assert "hunter2" not in " ".join(command)
    assert "db.example" in " ".join(command)
    assert how["env"]["PGPASSWORD"] == "hunter2"


def test_settings_are_backed_up_without_their_secrets(tmp_path: Path) -> None:
    peer = {"name": "ARCHIVE", "url": "https://archive.example", "token": "hunter2"}
    settings = {"sensitivity": 1, "deidentification_secret": "hunter2", "pacs": {"peers": [peer]}}
    (tmp_path / "settings.json").write_text(json.dumps({**settings, "database_url": "postgresql://a:hunter2@b/c"}))
    kept, left_out = settings_without_secrets(tmp_path)
    assert "hunter2" not in json.dumps(kept)
    assert kept["pacs"]["peers"][0]["url"] == "https://archive.example"
    assert left_out == ("deidentification_secret", "pacs.peers.0.token", "database_url")
    assert settings_without_secrets(tmp_path / "nowhere") == ({}, ())


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
