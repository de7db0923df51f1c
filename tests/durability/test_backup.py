"""A backup by the command line while a server runs and a reader edits, restored by the command line beside it."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scarmass.cli.app import app
from scarmass.domain.errors import FolderNotEmpty
from tests.durability.editing import Editor
from tests.durability.running import kill_postgres, opened, prepared, server

pytestmark = pytest.mark.slow


def scarmass(data_dir: Path, *arguments: str | Path) -> Result:
    environment = {"DATA_DIR": str(data_dir), "DATABASE_URL": None}
    return CliRunner().invoke(app, list(map(str, arguments)), env=environment)


def test_what_was_edited_before_a_backup_is_in_it_and_what_was_edited_meanwhile_is_whole(
    folder: Path, phantom_files: list[Path]
) -> None:
    running, again, backups = folder / "running", folder / "again", folder / "backups"
    running.mkdir()
    try:
        with server(running) as (process, api), ThreadPoolExecutor(1) as thread:
            reading_id = opened(api, phantom_files)
            prepared(api, reading_id)
            editor = Editor(reading_id, random.Random(4))
            editing = thread.submit(editor.edit_until_the_server_is_gone, api)
            while (before := api.get(f"/readings/{reading_id}").json()["revision"]) < 3:
                pass
            made = scarmass(running, "backup", backups)
            assert made.exit_code == 0, made.output
            edits = api.get(f"/readings/{reading_id}/edits").json()["edits"]
            refused = scarmass(running, "restore", backups)
            assert isinstance(refused.exception, FolderNotEmpty)
            process.kill()
            editing.result()
        restored = scarmass(again, "restore", backups)
        assert restored.exit_code == 0, restored.output
        with server(again) as (_, api):
            kept = api.get(f"/readings/{reading_id}/edits").json()["edits"]
            assert before <= len(kept) <= len(edits)
            made_at = [(one["revision"], one["created_at"]) for one in edits]
            assert [(one["revision"], one["created_at"]) for one in kept] == made_at[-len(kept) :]
            assert api.get(f"/readings/{reading_id}").json()["revision"] == len(kept)
            name = api.get(f"/readings/{reading_id}").json()["slices"][0]["sop_instance_uid"]
            assert api.get(f"/slices/{name}/1/pixels").status_code == 200
    finally:
        for each in (running, again):
            kill_postgres(each)
