"""Audit messages reach a syslog server over TLS, whole and in order, or it is known that they did not."""

import dataclasses
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree  # type: ignore[attr-defined] # it has no types

from scarmass.domain.audit import Action, Event, Head, Outcome, Recorded, Subject, chained
from scarmass.domain.errors import AuditReceiverUnreachable
from scarmass.imaging.syslog import SyslogReceiver, SyslogServer, syslog_message
from tests import syslog_server
from tests.syslog_server import certificate_of
from tests.waiting import wait_until

HEAD = re.compile(
    rb"<(?P<priority>\d{1,3})>1 (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) [!-~]{1,255} [!-~]{1,48} \d+ "
    rb"DICOM\+RFC3881 - \xef\xbb\xbf(?P<message><\?xml.*)",
    re.DOTALL,
)


def rows(count: int = 3) -> list[Recorded]:
    subject = Subject("P", "1.2")
    return chained(Head(), [Event(Action.OPEN, f"Dr {number} 王", subject=subject) for number in range(count)])


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate_of(tmp_path_factory.mktemp("syslog"), "localhost")


@pytest.fixture(scope="session")
def other_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate_of(tmp_path_factory.mktemp("syslog"), "other.example")


@pytest.fixture
def running(certificate: Path) -> Iterator[syslog_server.SyslogServer]:
    with syslog_server.SyslogServer(certificate) as running:
        yield running


@pytest.fixture
def server(running: syslog_server.SyslogServer, certificate: Path) -> SyslogServer:
    return SyslogServer("localhost", running.port, authority=certificate)


@pytest.mark.parametrize(("outcome", "priority"), [("success", 85), ("refused", 84), ("failed", 83)])
def test_a_message_has_the_head_of_rfc_5424_and_the_event_behind_it(outcome: str, priority: int) -> None:
    (row,) = chained(Head(), [Event(Action.SIGN, "Dr Anna", outcome=Outcome(outcome))])
    found = HEAD.fullmatch(syslog_message(row))
    assert found is not None
    assert int(found["priority"]) == priority
    assert etree.fromstring(found["message"]).tag == "AuditMessage"


def test_rows_arrive_whole_and_in_order_on_one_connection(
    running: syslog_server.SyslogServer, server: SyslogServer
) -> None:
    receiver, sent = SyslogReceiver(server), rows(300)
    for piece in (sent[:250], sent[250:]):
        receiver.send(piece)
    arrived = [HEAD.fullmatch(one)["message"] for one in running.wait_for(300)]  # type: ignore[index]
    names = [etree.fromstring(one).find("ActiveParticipant").get("UserName") for one in arrived]
    assert names == [row.event.person for row in sent]
    assert running.connections == 1
    receiver.close()


def test_a_server_that_hung_up_is_connected_to_again(running: syslog_server.SyslogServer, server: SyslogServer) -> None:
    receiver = SyslogReceiver(server)
    receiver.send(rows(1))
    running.wait_for(1)
    running.hang_up()
    wait_until(lambda: _arrives(receiver))
    assert running.connections >= 2
    assert len(running.wait_for(2)) >= 2
    receiver.close()


def _arrives(receiver: SyslogReceiver) -> bool:
    try:
        receiver.send(rows(1))
    except AuditReceiverUnreachable:
        return False
    return True


def test_a_server_that_is_away_is_said_to_be(unused_tcp_port: int) -> None:
    with pytest.raises(AuditReceiverUnreachable, match=r"tls://127\.0\.0\.1:.* cannot be reached: Connection refused"):
        SyslogReceiver(SyslogServer("127.0.0.1", unused_tcp_port)).send(rows())


def test_a_certificate_that_the_authority_did_not_sign_gets_nothing(
    running: syslog_server.SyslogServer, server: SyslogServer, other_certificate: Path
) -> None:
    with pytest.raises(AuditReceiverUnreachable, match="self-signed certificate"):
        SyslogReceiver(dataclasses.replace(server, authority=other_certificate)).send(rows())
    assert running.messages == []


def test_a_certificate_of_another_name_gets_nothing_unless_that_name_is_set(
    other_certificate: Path,
) -> None:
    with syslog_server.SyslogServer(other_certificate) as running:
        server = SyslogServer("localhost", running.port, authority=other_certificate)
        with pytest.raises(AuditReceiverUnreachable, match="Hostname mismatch"):
            SyslogReceiver(server).send(rows())
        receiver = SyslogReceiver(dataclasses.replace(server, server_name="other.example"))
        receiver.send(rows())
        running.wait_for(3)
        receiver.close()


def test_a_server_that_asks_who_we_are_is_shown_our_certificate(certificate: Path, other_certificate: Path) -> None:
    with syslog_server.SyslogServer(certificate, accepts=other_certificate) as running:
        server = SyslogServer("localhost", running.port, authority=certificate)
        shown = dataclasses.replace(server, certificate=other_certificate, key=other_certificate.with_suffix(".key"))
        receiver = SyslogReceiver(shown)
        receiver.send(rows())
        running.wait_for(3)
        receiver.close()
        with pytest.raises(AuditReceiverUnreachable):
            SyslogReceiver(server).send(rows())


def test_over_udp_a_row_is_a_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as running:
        running.bind(("127.0.0.1", 0))
        running.settimeout(20)
        SyslogReceiver(SyslogServer("127.0.0.1", running.getsockname()[1], is_encrypted=False)).send(rows(2))
        assert all(HEAD.fullmatch(running.recv(65536)) for _ in range(2))
