"""The listener's process: there as long as the server is."""

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


def answers(port: int) -> bool:
    try:
        client_of(port).echo()
    except (PeerRefused, PeerUnreachable):
        return False
    return True


def child() -> int:
    [process] = [one for one in psutil.Process().children() if "scarmass.listener" in " ".join(one.cmdline())]
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
