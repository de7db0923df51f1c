"""The listener's process: there as long as the server is."""

import socket
import subprocess
import sys
from pathlib import Path

import psutil

from scarmass.domain.errors import PeerRefused, PeerUnreachable
from scarmass.domain.pacs import LocalEntity
from scarmass.listener import Listening, beside
from tests.imaging.dimse.keeper import SCANNER, client_of, eventually
from tests.processes import has_ended

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
    [process] = [one for one in psutil.Process(of).children() if "scarmass.listener" in " ".join(one.cmdline())]
    return process.pid


def test_it_is_started_again_where_it_dies_and_ends_with_the_block(tmp_path: Path, unused_tcp_port: int) -> None:
    local = LocalEntity(port=unused_tcp_port)
    listening = Listening(local, (SCANNER,), tmp_path, 2**30, 2**20, 4, True)
    with beside(listening, (sys.executable, "-c", KEEPS_IN_MEMORY)):
        eventually(lambda: answers(unused_tcp_port), 60)
        first = child()
        psutil.Process(first).kill()
        eventually(lambda: has_ended(first) and answers(unused_tcp_port), 60)
        second = child()
        assert second != first
    assert has_ended(second)


def test_it_ends_by_itself_where_its_server_is_killed_and_leaves_the_port(tmp_path: Path, unused_tcp_port: int) -> None:
    serves = (sys.executable, "-c", SERVES_UNTIL_KILLED, str(unused_tcp_port), str(tmp_path))
    with subprocess.Popen(serves, stderr=subprocess.PIPE) as server:
        eventually(lambda: answers(unused_tcp_port), 60)
        listener = child(server.pid)
        with socket.create_connection(("127.0.0.1", unused_tcp_port)):  # who says nothing does not keep it
            server.kill()
            eventually(lambda: has_ended(listener), 10)
        assert server.stderr is not None
        assert server.stderr.read() == b""
    socket.create_server(("127.0.0.1", unused_tcp_port)).close()
