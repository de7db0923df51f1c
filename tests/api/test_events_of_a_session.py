"""A stream of events ends with the session of whoever follows it, and with nothing else of theirs."""

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from scarmass.domain.access import Role
from scarmass.domain.accounts import Account
from scarmass.services.access import accounts, sessions, tokens
from scarmass.services.context import Context
from tests.api.serving import serving
from tests.api.signed_in import LOCAL, account, with_limits
from tests.conftest import application, upload

pytestmark = pytest.mark.slow


@pytest.fixture
def reading_id(context: Context, phantom_files: list[Path]) -> str:
    """Of a study that came before there was a login."""
    with TestClient(application(context)) as client:
        stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
        url = f"/api/v1/stacks/{stack_id}/readings"
        return client.post(url, json={"client_id": str(uuid.uuid4())}).json()["id"]


@pytest.fixture
def anna(context: Context) -> Account:
    return account(context, "anna", Role.READER)


@pytest.fixture
def address(context: Context, reading_id: str, unused_tcp_port: int) -> Iterator[str]:
    context.login = LOCAL
    with serving(application(context), unused_tcp_port) as address:
        yield address


class Following:
    """Somebody follows a reading until the server ends the stream."""

    def __init__(self, address: str, reading_id: str, **who: dict[str, str]) -> None:
        self._events = f"{address}/api/v1/readings/{reading_id}/events"
        self._who, self._begun, self._ended = who, threading.Event(), threading.Event()
        self.status = 0
        threading.Thread(target=self._follow, daemon=True).start()
        assert self._begun.wait(30)

    def _follow(self) -> None:
        with httpx.Client(timeout=60, **self._who) as client, client.stream("GET", self._events) as stream:  # type: ignore[arg-type]
            self.status = stream.status_code
            for _ in stream.iter_lines():
                self._begun.set()
        self._ended.set()
        self._begun.set()

    def has_ended(self) -> bool:
        return self._ended.wait(30)

    @property
    def goes_on(self) -> bool:
        return not self._ended.is_set()


def session_of(context: Context, person: Account) -> dict[str, str]:
    return {"scarmass": sessions.begin(context.database, LOCAL, person.person.person_id).token}


ENDS: dict[str, Callable[[Context, Account, str], object]] = {
    "sign-out": lambda context, _, token: sessions.end(context.database, token),
    "sign-out everywhere": lambda context, anna, _: sessions.end_all(context.database, anna.person.person_id),
    "disabled": lambda context, anna, _: accounts.change_account(
        context.database, anna.person.person_id, {"is_disabled": True}
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_it_ends_at_once_when_the_session_is_ended(
    context: Context, address: str, reading_id: str, anna: Account, end: str
) -> None:
    bert = account(context, "bert", Role.READER)
    cookies, others = session_of(context, anna), session_of(context, bert)
    following, other = (Following(address, reading_id, cookies=of) for of in (cookies, others))
    ENDS[end](context, anna, cookies["scarmass"])
    assert following.has_ended()
    assert other.goes_on
    sessions.end_all(context.database, bert.person.person_id)
    assert other.has_ended()


def test_it_ends_when_the_session_is_not_used_and_does_not_count_as_use(
    context: Context, reading_id: str, anna: Account, unused_tcp_port: int
) -> None:
    context.login = with_limits(idle=timedelta(seconds=2), longest=timedelta(hours=1))
    with serving(application(context), unused_tcp_port) as address:
        assert Following(address, reading_id, cookies=session_of(context, anna)).has_ended()


def test_a_service_follows_until_its_token_is_revoked(context: Context, address: str, reading_id: str) -> None:
    secret, made = tokens.create_token(context.database, "robot", "test", timedelta(days=1))
    following = Following(address, reading_id, headers={"Authorization": f"Bearer {secret}"})
    assert following.status == 200
    tokens.revoke_token(context.database, made.id)
    assert following.has_ended()


def test_it_ends_when_the_study_goes_where_it_is_not_seen(context: Context, address: str, reading_id: str) -> None:
    with context.database.transaction() as session:
        session.execute(text("update studies set study_group = 'north'"))
    anna = account(context, "anna", Role.READER, study_groups={"north"})
    following = Following(address, reading_id, cookies=session_of(context, anna))
    with context.database.transaction() as session:
        session.execute(text("update studies set study_group = 'south'"))
        session.execute(text("select pg_notify('scarmass', :key)"), {"key": reading_id})
    assert following.has_ended()
