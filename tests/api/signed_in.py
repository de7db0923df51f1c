"""People who sign in, in tests: accounts made, clients that are signed in, services with tokens."""

from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache

from fastapi.testclient import TestClient

from scarmass.domain.access import Permission, Role
from scarmass.domain.accounts import Account
from scarmass.domain.login import Login
from scarmass.services.access import passwords, tokens
from scarmass.services.context import Context
from scarmass.storage import people
from tests.conftest import application

PASSWORD = "gulls over the harbour"
LOCAL = Login(local_accounts=True)
SERVER = "http://127.0.0.1:8000"


@cache
def hash_of(password: str) -> str:
    """Made once: it takes its time by design."""
    return passwords.hashed(password)


def account(
    context: Context, user_name: str, *roles: Role, name: str | None = None, study_groups: Set[str] | None = None
) -> Account:
    """A local account whose password is PASSWORD."""
    with context.database.transaction() as session:
        access = (frozenset(roles), study_groups)
        return people.add_person(session, "", user_name, name or f"Dr {user_name}", *access, hash_of(PASSWORD))


@contextmanager
def server(context: Context, login: Login = LOCAL) -> Iterator[TestClient]:
    """The application with a login, and a browser that is not signed in."""
    context.login = login
    address = login.public_address or SERVER
    with TestClient(application(context), base_url=address, headers={"Origin": address}) as client:
        yield client


def browser(client: TestClient, user_name: str, password: str = PASSWORD) -> TestClient:
    """Another browser at the same server, signed in."""
    other = another(client)
    answer = other.post("/api/v1/session", json={"user_name": user_name, "password": password})
    assert answer.status_code == 200, answer.text
    return other


def another(client: TestClient) -> TestClient:
    """Another browser at the same server, not signed in. The server is run by the first one."""
    return TestClient(client.app, base_url=str(client.base_url), headers={"Origin": client.headers["Origin"]})


def service(
    context: Context,
    client: TestClient,
    name: str,
    permissions: Set[Permission] | None = None,
    study_groups: Set[str] | None = None,
) -> TestClient:
    """Another program with a token of its own."""
    made = tokens.create_token(context.database, name, "test", timedelta(days=1), permissions, study_groups)
    program = another(client)
    program.headers["Authorization"] = f"Bearer {made[0]}"
    return program


def with_limits(idle: timedelta, longest: timedelta) -> Login:
    return replace(LOCAL, idle=idle, longest=longest)
