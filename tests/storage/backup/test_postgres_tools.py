"""What PostgreSQL is asked to dump."""

from pathlib import Path
from typing import Any

import pytest

from scarmass.storage.backup import postgres_tools


def test_the_password_of_a_database_is_on_no_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(postgres_tools.subprocess, "run", lambda command, **how: seen.append((command, how)))
    postgres_tools.dump("postgresql://reader:hunter2@db.example:5433/scarmass", tmp_path / "dump")
    ((command, how),) = seen
    assert "hunter2" not in " ".join(command)
    assert "db.example" in " ".join(command)
    assert how["env"]["PGPASSWORD"] == "hunter2"
