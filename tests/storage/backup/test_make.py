"""A backup made while others write is whole, and shares what did not change."""

import errno
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from scarmass.domain.deletion import DeletionReason, DeletionRequest
from scarmass.domain.errors import BackupFailed
from scarmass.services.context import Context
from scarmass.services.deletion import ask
from scarmass.services.deletion.carry_out import carry_out
from scarmass.services.stacks import set_removed
from scarmass.storage.backup import make, postgres_tools
from scarmass.storage.backup import manifest as manifests
from scarmass.storage.backup.make import Made, keep_newest
from scarmass.storage.backup.restore import (
    checked,
)
from scarmass.storage.orphans import hold_files
from tests.api.signing import ANNA, open_reading
from tests.conftest import upload
from tests.services.deletion.distinctive import PATIENT_ID, distinctive

pytestmark = pytest.mark.slow


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


def test_what_was_damaged_since_an_earlier_backup_is_copied_anew(
    stored: str, back_up: Callable[[], Made], folder: Path
) -> None:
    first = back_up()
    rotten = manifests.object_path(folder, first.manifest.objects[0])
    rotten.write_bytes(b"0" + rotten.read_bytes()[1:])
    assert sum(back_up().damaged for _ in first.manifest.objects) == 1
    assert checked(first.folder, folder) == first.manifest
    assert back_up().damaged == 0


def test_what_cannot_be_read_of_an_earlier_backup_is_copied_anew(
    stored: str, back_up: Callable[[], Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = back_up().manifest.objects

    def unreadable(path: Path) -> str:
        if path.name in objects:
            raise OSError(errno.EIO, "Input/output error")
        return manifests.digest_of(path)

    monkeypatch.setattr(make, "digest_of", unreadable)
    made = back_up()
    assert (made.damaged, made.copied, made.manifest.missing) == (1, 1, ())


def test_what_is_damaged_and_named_by_earlier_backups_alone_is_told_once(
    stored: str, back_up: Callable[[], Made], folder: Path
) -> None:
    back_up()
    strange = manifests.object_path(folder, "0" * 64)
    strange.parent.mkdir(exist_ok=True)
    strange.write_bytes(b"something else")
    os.utime(strange, (0, 0))
    assert [back_up().damaged, back_up().damaged] == [1, 0]
    assert strange.with_suffix(".damaged").is_file()


def test_a_damaged_object_that_is_nowhere_else_is_missing_and_what_is_left_of_it_is_set_aside(
    stored: str, context: Context, back_up: Callable[[], Made], folder: Path
) -> None:
    rotten = manifests.object_path(folder, back_up().manifest.objects[0])
    rotten.write_bytes(b"0" + rotten.read_bytes()[1:])
    context.files.remove([rotten.name])
    found = [back_up() for _ in context.files.names()] + [back_up()]
    assert found[-1].manifest.missing == (rotten.name,)
    assert sum(made.damaged for made in found) == 1
    assert rotten.with_suffix(".damaged").read_bytes()[:1] == b"0"
    keep_newest(folder, 3)
    assert rotten.with_suffix(".damaged").is_file(), "a backup names it"
    assert checked(found[-1].folder, folder) == found[-1].manifest


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
