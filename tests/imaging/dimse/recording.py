"""What a peer says on the wire, recorded and said again, whole or in part."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.imaging.dimse.keeper import Kept, listening


def recorded(talk: Callable[[int], object]) -> bytes:
    """Every byte that a peer sends to our listener. talk: with the listener, at this port."""
    sent = bytearray()
    with listening(Kept()) as port, socket.create_server(("127.0.0.1", 0)) as between:

        def pass_on() -> None:
            client, _ = between.accept()
            server = socket.create_connection(("127.0.0.1", port))

            def answer() -> None:
                while piece := server.recv(65536):
                    client.sendall(piece)

            threading.Thread(target=answer, daemon=True).start()
            while piece := client.recv(65536):
                sent.extend(piece)
                server.sendall(piece)
            server.close()

        thread = threading.Thread(target=pass_on)
        thread.start()
        talk(between.getsockname()[1])
        thread.join(20)
    return bytes(sent)


def pdus(said: bytes) -> list[bytes]:
    """Protocol data units (PS3.8 section 9.3.1), whose length stands in bytes 2 to 5."""
    units: list[bytes] = []
    while said:
        end = 6 + int.from_bytes(said[2:6], "big")
        units.append(said[:end])
        said = said[end:]
    return units


@contextmanager
def saying(port: int, said: bytes) -> Iterator[socket.socket]:
    """A connection on which this was said; what follows the association request, once it was answered."""
    request, *rest = pdus(said)
    with socket.create_connection(("127.0.0.1", port), 20) as peer:
        peer.sendall(request)
        if rest:
            peer.recv(65536)
            peer.sendall(b"".join(rest))
        yield peer
