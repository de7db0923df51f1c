"""The command line of people and tokens, for whoever has the machine: the first administrator is made here."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated

import typer

from scarmass.cli.audit import record_command
from scarmass.domain.access import Permission, Person, Role
from scarmass.domain.audit import Action
from scarmass.main import open_database
from scarmass.services.access import accounts, tokens
from scarmass.settings import Settings
from scarmass.storage.database import Database

admin_app = typer.Typer(no_args_is_help=True, help="People who sign in, services' tokens, and deletion for good.")

COMMAND_LINE = "command line"
Groups = Annotated[
    list[str] | None, typer.Option("--study-group", help="sees the studies of this group alone; may be given again")
]


@admin_app.command("create-user")
def create_user(
    user_name: Annotated[str, typer.Argument(help="what is typed to sign in")],
    role: Annotated[list[Role], typer.Option(help="may be given again")],
    name: Annotated[str | None, typer.Option(help="on readings; the user name where it is left out")] = None,
    study_group: Groups = None,
) -> None:
    """Make a local account. The password is asked for twice, or read from standard input."""
    groups = None if not study_group else frozenset(study_group)
    with _database() as database:
        made = accounts.create_account(database, user_name, _new_password(), frozenset(role), name, groups)
        _record(database, "create-user", made.person)
    typer.echo(f"{made.user_name} can sign in as “{made.person.name}”: {_roles(made.person.roles)}")
    if not Settings().login.local_accounts:
        typer.echo("The settings allow no local accounts yet: set login.local_accounts to true.", err=True)


@admin_app.command("set-password")
def set_password(user_name: str) -> None:
    """Give a local account a new password; its person is signed out everywhere."""
    with _database() as database:
        person = accounts.account_named(database, user_name).person
        accounts.set_password(database, person.person_id, _new_password())
        _record(database, "set-password", person)
    typer.echo(f"{user_name} has a new password")


@admin_app.command("disable-user")
def disable_user(
    name: Annotated[str, typer.Argument(help="the user name of a local account, or anybody's name")],
    enable: Annotated[bool, typer.Option("--enable", help="let them in again")] = False,
) -> None:
    """Sign a person out everywhere and let them in no more."""
    with _database() as database:
        person = accounts.anybody_named(database, name).person
        accounts.change_account(database, person.person_id, {"is_disabled": not enable})
        _record(database, "enable-user" if enable else "disable-user", person)
    typer.echo(f"{person.name} {'can sign in again' if enable else 'is signed out, and can sign in no more'}")


@admin_app.command("list-users")
def list_users() -> None:
    """Everybody who has an account or has signed in."""
    with _database() as database:
        for account in accounts.all_accounts(database):
            where = "local" if account.is_local else account.issuer
            said = [account.user_name, f"“{account.person.name}”", where, _roles(account.person.roles)]
            if account.person.study_groups is not None:
                said.append("sees " + (", ".join(sorted(account.person.study_groups)) or "no study"))
            if account.is_disabled:
                said.append("disabled")
            typer.echo("  ".join(said))


@admin_app.command("create-token")
def create_token(
    name: Annotated[str, typer.Argument(help="of the program that will show it")],
    permission: Annotated[
        list[Permission] | None, typer.Option(help="fewer than a service has; may be given again")
    ] = None,
    study_group: Groups = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="until it expires")] = 365,
) -> None:
    """Make a token for another program. It is written to standard output, this once."""
    permissions = None if not permission else frozenset(permission)
    groups = None if not study_group else frozenset(study_group)
    with _database() as database:
        token, made = tokens.create_token(database, name, COMMAND_LINE, timedelta(days=days), permissions, groups)
        record_command(database, Action.ADMINISTER, command="create-token", of=made.name)
    typer.echo(token)
    typer.echo(f"{made.name}: until {made.expires_at:%Y-%m-%d}. It is kept nowhere: note it now.", err=True)


def _record(database: Database, command: str, person: Person) -> None:
    record_command(
        database,
        Action.ADMINISTER,
        command=command,
        of=person.name,
        roles=_roles(person.roles),
        person_id=str(person.person_id),
    )


@contextmanager
def _database() -> Iterator[Database]:
    with open_database(Settings()) as database:
        yield database


def _new_password() -> str:
    if sys.stdin.isatty():
        return typer.prompt("Password", hide_input=True, confirmation_prompt="The same again")
    return sys.stdin.readline().rstrip("\r\n")


def _roles(roles: frozenset[Role]) -> str:
    return ", ".join(sorted(roles)) or "no role"
