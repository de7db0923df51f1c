"""`scarmass admin`: the first account is made by whoever has the machine."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scarmass.cli.app import app
from scarmass.domain.access import Permission, Role
from scarmass.domain.errors import NameTaken, PasswordRefused, PersonNotFound
from scarmass.domain.login import Login
from scarmass.services.access import accounts, sessions, tokens
from scarmass.storage.database import Database

PASSWORD = "gulls over the harbour"
LOCAL = Login(local_accounts=True)


@pytest.fixture
def kept(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database that the commands' settings name."""
    monkeypatch.setenv("DATABASE_URL", database.conninfo)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return database


def admin(*arguments: str, typed: str = f"{PASSWORD}\n") -> Result:
    result = CliRunner().invoke(app, ["admin", *arguments], input=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_an_account_is_made_with_a_password_from_standard_input_and_signs_in(kept: Database) -> None:
    made = admin(
        "create-user", "Anna", "--role", "reader", "--role", "signer", "--name", "Dr Anna", "--study-group", "a"
    )
    assert "anna can sign in as “Dr Anna”: reader, signer" in made.output
    assert "allow no local accounts yet" in made.stderr
    person = sessions.sign_in(kept, LOCAL, "anna", PASSWORD).session.person
    assert (person.name, person.roles, person.study_groups) == ("Dr Anna", {Role.READER, Role.SIGNER}, {"a"})
    assert PASSWORD not in made.output
    with pytest.raises(NameTaken):
        admin("create-user", "anna", "--role", "reader")
    with pytest.raises(PasswordRefused):
        admin("create-user", "bert", "--role", "reader", typed="short\n")


def test_a_new_password_and_a_disabled_account_end_what_there_was(kept: Database) -> None:
    admin("create-user", "anna", "--role", "reader")
    before = sessions.sign_in(kept, LOCAL, "anna", PASSWORD)
    admin("set-password", "anna", typed="a lantern in the boathouse\n")
    assert sessions.find(kept, LOCAL, before.token) is None
    now = sessions.sign_in(kept, LOCAL, "anna", "a lantern in the boathouse")
    admin("disable-user", "anna")
    assert sessions.find(kept, LOCAL, now.token) is None
    assert "disabled" in admin("list-users").output
    admin("disable-user", "anna", "--enable")
    assert not accounts.account_named(kept, "anna").is_disabled
    with pytest.raises(PersonNotFound, match="nobody"):
        admin("set-password", "nobody")


def test_a_token_is_told_on_standard_output_and_works(kept: Database) -> None:
    made = admin("create-token", "robot", "--permission", "view", "--days", "7", "--study-group", "a")
    service = tokens.service_of(kept, made.stdout.strip())
    assert service is not None
    assert (service.permissions, service.study_groups) == ({Permission.VIEW}, {"a"})
    assert made.stdout.strip() not in made.stderr
