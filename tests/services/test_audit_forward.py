"""The audit trail reaches where it is kept elsewhere: every row, in order, whatever is away meanwhile."""

from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest

from scarmass.domain.audit import Action, Delivered, Event, Recorded
from scarmass.domain.errors import AuditReceiverUnreachable
from scarmass.imaging.syslog import SyslogReceiver, SyslogServer
from scarmass.services.audit import record
from scarmass.services.audit_forward import PIECE, forward_next
from scarmass.services.context import Context
from scarmass.storage import audit
from scarmass.worker_threads import audit_worker
from tests import syslog_server
from tests.syslog_server import certificate_of
from tests.waiting import wait_until


class Receiver:
    """Keeps rows in memory. away: takes none."""

    def __init__(self) -> None:
        self.name = "elsewhere"
        self.numbers: list[int] = []
        self.away = False

    def send(self, rows: Sequence[Recorded]) -> None:
        if self.away:
            raise AuditReceiverUnreachable("it is away")
        self.numbers += [row.number for row in rows]

    def close(self) -> None: ...


def add(context: Context, count: int) -> None:
    record(context, *[Event(Action.OPEN, str(number)) for number in range(count)])


def test_every_row_is_sent_once_and_in_order(context: Context) -> None:
    receiver = Receiver()
    assert not forward_next(context, receiver)
    add(context, PIECE + 5)
    assert forward_next(context, receiver)
    assert not forward_next(context, receiver)
    add(context, 2)
    assert not forward_next(context, receiver)
    assert receiver.numbers == list(range(1, PIECE + 8))
    with context.database.transaction() as session:
        assert audit.delivered(session, "elsewhere") == Delivered(PIECE + 7, PIECE + 7)


def test_what_a_receiver_did_not_take_is_sent_again(context: Context) -> None:
    receiver = Receiver()
    receiver.away = True
    add(context, 3)
    with pytest.raises(AuditReceiverUnreachable):
        forward_next(context, receiver)
    receiver.away = False
    forward_next(context, receiver)
    assert receiver.numbers == [1, 2, 3]


def test_each_receiver_gets_the_whole_trail(context: Context) -> None:
    first, second = Receiver(), Receiver()
    second.name = "another"
    add(context, 3)
    forward_next(context, first)
    forward_next(context, second)
    assert first.numbers == second.numbers == [1, 2, 3]


def test_of_several_processes_one_sends(context: Context) -> None:
    receiver = Receiver()
    add(context, 3)
    forward_next(context, receiver)
    add(context, 1)
    with psycopg.connect(context.database.conninfo) as another:
        another.execute("select * from audit_deliveries for update")
        assert not forward_next(context, receiver)
        assert receiver.numbers == [1, 2, 3]
    forward_next(context, receiver)
    assert receiver.numbers == [1, 2, 3, 4]


@pytest.mark.slow
def test_nothing_is_lost_while_a_syslog_server_is_away(context: Context, tmp_path: Path) -> None:
    certificate = certificate_of(tmp_path, "localhost")
    running = syslog_server.SyslogServer(certificate)
    with running:
        receiver = SyslogReceiver(SyslogServer("localhost", running.port, authority=certificate))
        worker = audit_worker(context, receiver)
        worker.start()
        try:
            add(context, 5)
            running.wait_for(5)
            running.__exit__()
            add(context, 5)
            wait_until(lambda: not _is_delivered(context, receiver.name))
            running.__enter__()
            wait_until(lambda: _is_delivered(context, receiver.name))
            running.wait_for(10)
        finally:
            worker.stop()
            worker.join()
    numbers = [int(one.split(b"urn:scarmass:audit:")[1].split(b'"')[0]) for one in running.messages]
    assert sorted(set(numbers)) == list(range(1, 11))
    assert numbers == sorted(numbers)


def _is_delivered(context: Context, name: str) -> bool:
    with context.database.transaction() as session:
        found = audit.delivered(session, name)
    return found.number == found.newest
