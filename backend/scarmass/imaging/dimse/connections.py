"""The connections of the listener: accepted at once, each in a thread of its own, counted, and closed at its end."""

import logging
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pynetdicom import evt
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from scarmass.imaging.dimse.peers import KnownPeers, plain

log = logging.getLogger(__name__)

STRANGERS = 4
"""Connections from addresses of no peer, all together: enough to be told that they are rejected."""
SPARE = 8
"""Connections of an address beyond the associations that it may have: to be told to come again."""
HANDSHAKE_S = 10.0


class Connections:
    """How many there are from where. Safe to use from many threads."""

    def __init__(self, known: KnownPeers, associations: int) -> None:
        self._known, self._associations = known, associations
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()

    @contextmanager
    def one(self, address: str) -> Iterator[bool]:
        """Whether one more may be open from there, and it is for as long as the block."""
        is_known = self._known.is_address_known(address)
        origin, most = (plain(address), self._associations + SPARE) if is_known else ("strangers", STRANGERS)
        with self._lock:
            may_open = self._open[origin] < most
            self._open[origin] += may_open
        try:
            yield may_open
        finally:
            with self._lock:
                self._open[origin] -= may_open


class Connection(RequestHandler):
    """One association, from its request to its end."""

    def handle(self) -> None:
        association = self._create_association()
        evt.trigger(association, evt.EVT_CONN_OPEN, {"address": self.client_address})
        association.start()
        association.join()


class Server(ThreadedAssociationServer):
    """tls: a handshake keeps nobody else waiting."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, *arguments: Any, connections: Connections, tls: ssl.SSLContext | None, **named: Any) -> None:
        self._connections, self._tls = connections, tls
        super().__init__(*arguments, request_handler=Connection, **named)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            with self._connections.one(client_address[0]) as may_open:
                if may_open:
                    request.settimeout(HANDSHAKE_S)
                    if self._tls is not None:
                        request = self._tls.wrap_socket(request, server_side=True)
                    self.finish_request(request, client_address)
        except OSError as error:
            log.warning("a connection from %s fails: %s", client_address[0], error)
        except Exception:
            log.exception("a connection from %s fails", client_address[0])
        finally:
            self.shutdown_request(request)
