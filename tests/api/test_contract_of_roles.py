"""Whatever somebody with a role sends: no route breaks its promise, and where they may not, nothing changes.

SCARMASS_EXAMPLES sets how many requests each role sends to each route (2 by default).
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from sqlalchemy import text

from scarmass.api.asking import cookie_name
from scarmass.domain.access import PERMISSIONS, Permission, Role
from scarmass.services.access import sessions, tokens
from scarmass.services.context import Context
from scarmass.storage.database import Database, psycopg_url
from scarmass.storage.local_store import LocalStore
from scarmass.storage.tables import Table
from tests.api.generated import OPERATIONS, examples, give_the_examples
from tests.api.signed_in import LOCAL, SERVER, account, browser, server
from tests.api.test_roles import EXPECTED, PUBLIC, SIGNED_IN
from tests.fakes import EchoSegmenter, FakeDetector
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("SCARMASS_EXAMPLES", "2"))
PEOPLE = [role for role in Role if role is not Role.SERVICE]
REFUSED = {401, 403, 404, 405, 422}
KEPT_BY_ASKING = {"audit_events", "audit_deliveries", "sessions", "tokens", "sign_in_failures", "nights"}
"""Tables that tell of requests, also of those that are refused."""

Headers = dict[str, str]
NOBODY: Headers = {"Host": "127.0.0.1:8000", "Origin": SERVER}


@dataclass(frozen=True)
class Served:
    """schema: with real identifiers as examples."""

    context: Context
    schema: BaseSchema

    def as_person(self, role: Role) -> Callable[[], Headers]:
        """The headers of a browser in which somebody with this role has just signed in."""
        person = account(self.context, role.value, role).person

        def signed_in() -> Headers:
            begun = sessions.begin(self.context.database, LOCAL, person.person_id)
            return NOBODY | {"Cookie": f"{cookie_name(LOCAL)}={begun.token}"}

        return signed_in

    def stored(self) -> dict[str, tuple[int, int]]:
        """Of each table how many rows it has, and a sum that any change of one of them changes; once no job is due."""
        wait_until(lambda: not self._is_job_due())
        with self.context.database.transaction() as session:
            names = sorted(set(Table.metadata.tables) - KEPT_BY_ASKING)
            counted = "select count(*), coalesce(sum(xmin::text::bigint), 0) from"
            return {name: tuple(session.execute(text(f"{counted} {name}")).one()) for name in names}  # type: ignore[misc]

    def _is_job_due(self) -> bool:
        due = "select exists (select from procrastinate_jobs where status in ('todo', 'doing'))"
        with self.context.database.transaction() as session:
            return bool(session.scalar(text(due)))


@pytest.fixture(scope="module")
def served(new_database, migrated_template, tmp_path_factory, phantom_files: list[Path]) -> Iterator[Served]:
    database = Database(psycopg_url(new_database(migrated_template)))
    context = Context(database, LocalStore(tmp_path_factory.mktemp("roles")), FakeDetector(), EchoSegmenter())
    with server(context) as client:
        account(context, "anna", Role.READER)
        app: Any = client.app
        give_the_examples(browser(client, "anna"), phantom_files, app)
        token, _ = tokens.create_token(context.database, "robot", "test", timedelta(days=1), None, None)
    # schemathesis starts the application itself, and would end it with the process.
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers={"Authorization": f"Bearer {token}"})
    yield Served(context, schema.exclude(path_regex="/events$"))
    shutdown_lifespans()
    database.close()


def test_nobody_who_is_not_signed_in_changes_anything_or_breaks_a_promise(served: Served) -> None:
    check(served, lambda: NOBODY, None)


@pytest.mark.parametrize("role", PEOPLE)
def test_no_role_changes_what_it_may_not_or_breaks_a_promise(served: Served, role: Role) -> None:
    check(served, served.as_person(role), PERMISSIONS[role])


def test_no_service_changes_what_it_may_not_or_breaks_a_promise(served: Served) -> None:
    token, _ = tokens.create_token(served.context.database, "other robot", "test", timedelta(days=1), None, None)
    check(served, lambda: NOBODY | {"Authorization": f"Bearer {token}"}, PERMISSIONS[Role.SERVICE])


def check(served: Served, headers: Callable[[], Headers], has: frozenset[Permission] | None) -> None:
    """headers: made anew for each route, as some end the session. has: None for nobody."""
    for method, path in OPERATIONS:
        asking = headers()
        needs = EXPECTED[method.upper(), path]
        if needs == PUBLIC or (has is not None and (needs == SIGNED_IN or bool(needs & has))):
            ask(served, method, path, asking)
        else:
            before = served.stored()
            statuses = ask(served, method, path, asking)
            assert statuses <= REFUSED, (method, path, statuses)
            assert served.stored() == before, (method, path)


def ask(served: Served, method: str, path: str, headers: Headers) -> set[int]:
    """The statuses of the answers."""
    statuses = set[int]()

    @examples(EXAMPLES)
    @given(case=served.schema[path][method].as_strategy())
    def send(case: schemathesis.Case) -> None:
        answer = case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance, ignored_auth])
        statuses.add(answer.status_code)

    send()
    return statuses
