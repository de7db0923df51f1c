"""Start and stop are recorded, and what was set otherwise than at the start before."""

from collections.abc import Mapping

import pytest

from scarmass.domain.audit import Action, Event, Sought
from scarmass.domain.errors import DatabaseUnavailable
from scarmass.services.audit_server import recorded_run
from scarmass.storage import audit
from scarmass.storage.database import Database


def run(database: Database, settings: Mapping[str, object]) -> None:
    with recorded_run(database, settings, version="1.2"):
        pass


def events(database: Database) -> list[Event]:
    with database.transaction() as session:
        return [row.event for row in audit.page(session, Sought(), 100, None)][::-1]


def test_a_run_is_its_start_and_its_stop(database: Database) -> None:
    run(database, {"port": 8000})
    start, stop = events(database)
    assert (start.action, start.about["version"], stop.action) == (Action.START, "1.2", Action.STOP)


def test_a_run_that_ends_by_an_exception_stopped_too(database: Database) -> None:
    with pytest.raises(KeyboardInterrupt), recorded_run(database, {}):
        raise KeyboardInterrupt
    assert [one.action for one in events(database)] == [Action.START, Action.STOP]


def test_what_was_set_otherwise_is_named_and_its_values_are_not_kept(database: Database) -> None:
    run(database, {"port": 8000, "token": "a secret", "host": "a"})
    run(database, {"port": 8000, "token": "another secret", "device": "cpu"})
    run(database, {"port": 8000, "token": "another secret", "device": "cpu"})
    (change,) = [one for one in events(database) if one.action is Action.SETTINGS]
    assert change.about == {"changed": "device, host, token"}
    assert "secret" not in str(events(database))


def test_where_the_database_is_gone_the_end_is_not_held_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise DatabaseUnavailable("the database cannot be reached")

    with recorded_run(database, {}):
        monkeypatch.setattr(audit, "append", away)
