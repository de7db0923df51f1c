"""The listener's process: there as long as the server is."""

import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from scarmass.domain.errors import PeerRefused, PeerUnreachable
from scarmass.domain.pacs import LocalEntity
from scarmass.listener import Keep, Listening, beside
from scarmass.storage.spool import Spool
from scarmass.storage.spool_notes import REFUSED
from tests.imaging.dimse.keeper import SCANNER, client_of
from tests.processes import has_ended
from tests.waiting import wait_until

KEEPS_IN_MEMORY = """
import scarmass.listener
from tests.imaging.dimse.keeper import Kept
scarmass.listener.Keep = lambda listening: Kept()
scarmass.listener.main()
"""

SERVES_UNTIL_KILLED = """
import signal, sys
from pathlib import Path
from scarmass.domain.pacs import LocalEntity
from scarmass.listener import Listening, beside
from tests.imaging.dimse.keeper import SCANNER
listening = Listening(LocalEntity(port=int(sys.argv[1])), (SCANNER,), Path(sys.argv[2]), 2**30, 2**20, 4, True)
with beside(listening):
    signal.pause()
"""


def answers(port: int) -> bool:
    try:
        client_of(port).echo()
    except (PeerRefused, PeerUnreachable):
        return False
    return True


def child(of: int | None = None) -> int:
    running = [one for one in psutil.Process(of).children() if not has_ended(one.pid)]
    [process] = [one for one in running if "scarmass.listener" in " ".join(one.cmdline())]
    return process.pid


def test_it_is_started_again_where_it_dies_and_ends_with_the_block(tmp_path: Path, unused_tcp_port: int) -> None:
    local = LocalEntity(port=unused_tcp_port)
    listening = Listening(local, (SCANNER,), tmp_path, 2**30, 2**20, 4, True)
    with beside(listening, (sys.executable, "-c", KEEPS_IN_MEMORY)):
        wait_until(lambda: answers(unused_tcp_port), 60)
        first = child()
        psutil.Process(first).kill()
        wait_until(lambda: has_ended(first) and answers(unused_tcp_port), 60)
        second = child()
        assert second != first
    assert has_ended(second)


def test_it_ends_by_itself_where_its_server_is_killed_and_leaves_the_port(tmp_path: Path, unused_tcp_port: int) -> None:
    serves = (sys.executable, "-c", SERVES_UNTIL_KILLED, str(unused_tcp_port), str(tmp_path))
    with subprocess.Popen(serves, stderr=subprocess.PIPE) as server:
        wait_until(lambda: answers(unused_tcp_port), 60)
        listener = child(server.pid)
        with socket.create_connection(("127.0.0.1", unused_tcp_port)):  # who says nothing does not keep it
            server.kill()
            wait_until(lambda: has_ended(listener), 10)
        assert server.stderr is not None
        assert server.stderr.read() == b""
    socket.create_server(("127.0.0.1", unused_tcp_port)).close()


def test_of_refusals_one_of_a_kind_is_noted_and_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scarmass.listener.MOST_REFUSED", 3)
    keep = Keep(Listening(LocalEntity(), (SCANNER,), tmp_path, 2**30, 2**20, 4, True))
    for calling in ("A", "A", "B", "B", "C", "D"):
        keep.refused(calling, "192.0.2.1", "PeerUnknown")
    noted = list(Spool(tmp_path).waiting())
    assert [one.source for one in noted] == ["A", "B", "C"]
    assert noted[0].note() == (REFUSED, {"address": "192.0.2.1", "reason": "PeerUnknown"})


def test_a_refusal_that_cannot_be_noted_is_logged_and_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is broken")

    keep = Keep(Listening(LocalEntity(), (SCANNER,), tmp_path, 2**30, 2**20, 4, True))
    monkeypatch.setattr(Spool, "note", broken)
    keep.refused("A", "192.0.2.1", "PeerUnknown")
    assert "a refusal could not be noted" in caplog.text


def test_a_full_spool_keeps_no_refusal_and_stops_nobody(tmp_path: Path) -> None:
    keep = Keep(Listening(LocalEntity(), (SCANNER,), tmp_path, 1, 2**20, 4, True))
    keep.refused("A", "192.0.2.1", "PeerUnknown")
    assert list(Spool(tmp_path).waiting()) == []
