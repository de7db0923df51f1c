"""Connections that bring no request, or too large a one, over a real socket."""

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import uvicorn

from scarmass.api import connections
from scarmass.api.connections import BoundedConnection
from tests.waiting import wait_until

Connect = Callable[[], socket.socket]


async def answers(scope: dict, receive: Callable, send: Callable) -> None:
    """An application that answers at once, whatever the body."""
    if scope["path"] == "/large":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": bytes(2**26)})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Opens connections to a server that waits a fifth of a second for a head, and for an answer to be taken."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(connections, "STALLED_SECONDS", 0.2)
    monkeypatch.setattr(connections, "CONNECTIONS_PER_ADDRESS", 3)
    monkeypatch.setattr(BoundedConnection, "_open", Counter())
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(answers, http=BoundedConnection, ws="none", log_level="critical", lifespan="off")  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    opened: list[socket.socket] = []

    def new() -> socket.socket:
        opened.append(socket.create_connection(listening.getsockname(), timeout=30))
        return opened[-1]

    yield new
    for one in opened:
        one.close()
    server.should_exit = True
    thread.join()


def until_closed(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(2**16):
            received += piece
    except ConnectionError:
        pass
    return received


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
def test_a_head_that_does_not_come_in_time_is_not_waited_for(connect: Connect, sent: bytes) -> None:
    connection = connect()
    connection.sendall(sent)
    assert until_closed(connection) == b""


def test_a_whole_request_is_answered_and_the_next_one_on_the_same_connection_too(connect: Connect) -> None:
    connection = connect()
    for _ in range(3):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(2**16).startswith(b"HTTP/1.1 200")


def test_the_rest_of_a_body_that_was_answered_is_not_waited_for(connect: Connect) -> None:
    connection = connect()
    connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf")
    assert until_closed(connection).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "head",
    [b"X: " + b"a" * 2**22, b"X: a\r\n" * 2**17, b"X" * 2**22, b"X: a\r\n" * 101 + b"\r\n"],
    ids=["a value", "many", "a name", "more than a hundred headers"],
)
def test_a_head_that_is_too_large_is_refused(connect: Connect, head: bytes) -> None:
    connection = connect()
    try:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n" + head)
    except ConnectionError:
        return
    assert until_closed(connection).startswith((b"HTTP/1.1 400", b""))
    assert b"200" not in until_closed(connection)


def test_an_answer_that_is_not_taken_is_given_up(connect: Connect) -> None:
    connection = connect()
    connection.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
    received = connection.recv(1)
    wait_until(lambda: not BoundedConnection._open, 20)
    assert len(received + until_closed(connection)) < 2**26


def test_one_address_has_so_many_connections_and_a_new_one_when_one_is_closed(connect: Connect) -> None:
    def is_answered(connection: socket.socket) -> bool:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return connection.recv(2**16).startswith(b"HTTP/1.1 200")
        except ConnectionError:
            return False

    first, *others = (connect() for _ in range(3))
    assert all(map(is_answered, [first, *others]))
    assert not is_answered(connect())
    first.close()
    wait_until(lambda: is_answered(connect()), 20)


def test_there_are_no_websockets(connect: Connect) -> None:
    connection = connect()
    head = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n"
    connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n")
    assert connection.recv(2**16).startswith(b"HTTP/1.1 200")
