"""The audit trail on a real PostgreSQL: only ever added to, by many at once, and found again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pydicom
import pytest

from scarmass.domain.audit import Action, Broken, Event, Head, Named, Outcome, Sought, Subject
from scarmass.main import import_paths
from scarmass.services.audit import Trail, page_of_events, record, verify
from scarmass.services.context import Context
from scarmass.storage import audit
from scarmass.storage.database import Database

AT = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "statement", ["update audit_events set person = 'x'", "delete from audit_events", "truncate audit_events"]
)
def test_no_row_is_changed_or_taken_away(context: Context, statement: str) -> None:
    record(context, Event(Action.OPEN))
    with (
        psycopg.connect(context.database.conninfo) as connection,
        pytest.raises(psycopg.Error, match="only ever added"),
    ):
        connection.execute(statement.encode())
    assert isinstance(verify(context.database), Head)


def test_what_the_owner_of_the_database_changes_nevertheless_is_told(context: Context) -> None:
    record(context, *[Event(Action.EDIT, "Dr Anna", subject=Subject("P1", "1.2")) for _ in range(3)])
    with psycopg.connect(context.database.conninfo) as connection:
        connection.execute("alter table audit_events disable trigger audit_events_stay")
        connection.execute("update audit_events set patient_id = 'P2' where number = 2")
    assert verify(context.database) == Broken(2, "it does not say what was recorded")


def test_rows_that_many_add_at_once_are_one_chain(context: Context) -> None:
    together = threading.Barrier(8)

    def add(number: int) -> None:
        together.wait()
        for _ in range(5):
            record(context, Event(Action.EDIT, f"Dr {number}"), Event(Action.EXPORT, f"Dr {number}"))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(8)))
    last = verify(context.database)
    assert isinstance(last, Head)
    assert last.number == 80


def test_what_a_transaction_recorded_that_was_rolled_back_leaves_no_gap(database: Database) -> None:
    with database.transaction() as session:
        audit.append(session, [Event(Action.OPEN)])
        session.rollback()
    with database.transaction() as session:
        assert audit.append(session, [Event(Action.OPEN)])[0].number == 1
    assert isinstance(verify(database), Head)


def test_what_is_read_back_is_what_was_recorded(context: Context) -> None:
    events = [
        Event(Action.SIGN_IN, "Dr Ánna 王", None, "::1", outcome=Outcome.REFUSED, reason="NotSignedIn"),
        Event(Action.EXPORT, "B", subject=Subject("P\\1", "1.2"), about={"format": "csv", "route": "GET /x"}),
    ]
    record(context, *events)
    assert [row.event for row in page_of_events(context, Sought(), 10, None)] == events[::-1]


def test_events_are_found_by_who_what_whose_when_and_with_what_outcome(context: Context) -> None:
    anna = Event(Action.OPEN, "Dr Anna", subject=Subject("P1", "1.2"), occurred_at=AT)
    bert = Event(Action.SIGN, "Dr Bert_1", subject=Subject("P2", "1.3"), occurred_at=AT + timedelta(days=1))
    failed = Event(Action.SEND, occurred_at=AT + timedelta(days=2), outcome=Outcome.FAILED, reason="PeerUnreachable")
    record(context, anna, bert, failed)

    def found(sought: Sought) -> list[Event]:
        return [row.event for row in page_of_events(context, sought, 10, None)]

    assert found(Sought(person="anna")) == [anna]
    assert found(Sought(person="t_1")) == [bert]
    assert found(Sought(person="%")) == []
    assert found(Sought(actions=(Action.SIGN, Action.SEND))) == [failed, bert]
    assert found(Sought(patient_id="P1")) == [anna]
    assert found(Sought(study_instance_uid="1.3")) == [bert]
    assert found(Sought(outcome=Outcome.FAILED)) == [failed]
    assert found(Sought(since=AT + timedelta(days=1), until=AT + timedelta(days=2))) == [bert]


def test_pages_go_on_where_the_one_before_ended(context: Context) -> None:
    record(context, *[Event(Action.LIST, str(number)) for number in range(5)])
    first = page_of_events(context, Sought(), 2, None)
    second = page_of_events(context, Sought(), 2, first[-1].number)
    assert [row.number for row in first + second] == [5, 4, 3, 2]


def test_an_event_of_several_patients_is_recorded_of_each_once(
    context: Context, phantom_files: list[Path], other_phantom_files: list[Path]
) -> None:
    paths = [*phantom_files[:2], *other_phantom_files[:2]]
    intake = import_paths(context.database, context.files, context.examiners, paths)
    patients = {study.header.patient_id for study in intake.studies}
    stacks = [stack.stack_id for study in intake.studies for stack in study.stacks]
    instances = [pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in paths]
    for named, keys, action in ((Named.STACK, stacks, Action.OPEN), (Named.INSTANCE, instances, Action.EXPORT)):
        Trail(context).record(Event(action), named, keys, is_folded=False)
        found = page_of_events(context, Sought(actions=(action,)), 10, None)
        assert sorted(row.event.subject.patient_id for row in found) == sorted(patients)


@pytest.mark.parametrize(("named", "key"), [(Named.READING, "no uuid"), (Named.STACK, "1.2.3"), (Named.TRANSFER, "")])
def test_what_names_nothing_that_is_here_is_recorded_of_nobody(context: Context, named: Named, key: str) -> None:
    Trail(context).record(Event(Action.OPEN), named, [key], is_folded=False)
    assert [row.event.subject for row in page_of_events(context, Sought(), 10, None)] == [Subject()]


def test_a_study_that_is_not_here_says_itself_which_it_is(context: Context) -> None:
    Trail(context).record(Event(Action.FETCH), Named.STUDY, ["1.2.3"], is_folded=False)
    assert page_of_events(context, Sought(), 10, None)[0].event.subject == Subject("", "1.2.3")
