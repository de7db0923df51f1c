"""A server on loopback that answers as it is told, to hold a client against what real ones get wrong."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

JSON = "application/dicom+json"


@dataclass
class Reply:
    """declared: Content-Length where it is not that of the body; it is left out where this is -1."""

    status: int = 200
    body: bytes = b""
    media_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    declared: int | None = None
    is_endless: bool = False


def told(value: Any, status: int = 200) -> Reply:
    """A reply of this JSON."""
    return Reply(status, json.dumps(value).encode())


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]


@dataclass
class OddServer:
    """answer: what it says to a request. requests: those it had."""

    url: str
    answer: Callable[[Request], Reply] = lambda request: Reply()
    requests: list[Request] = field(default_factory=list)


@contextmanager
def odd_server(tls: tuple[Path, Path] | None = None) -> Iterator[OddServer]:
    """tls: the files of its certificate and key."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._drain()
            request = Request(self.command, self.path, dict(self.headers))
            running.requests.append(request)
            self._send(running.answer(request))

        def do_POST(self) -> None:
            self.do_GET()

        def _drain(self) -> None:
            if self.headers.get("Transfer-Encoding") == "chunked":
                while size := int(self.rfile.readline(), 16):
                    self.rfile.read(size + 2)
                self.rfile.readline()
            self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def _send(self, reply: Reply) -> None:
            self.close_connection = True
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.media_type)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            declared = len(reply.body) if reply.declared is None else reply.declared
            if declared >= 0 and not reply.is_endless:
                self.send_header("Content-Length", str(declared))
            self.end_headers()
            self.wfile.write(reply.body)
            try:
                while reply.is_endless:
                    self.wfile.write(bytes(2**16))
            except OSError:  # the client has left
                pass

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secured.load_cert_chain(*tls)
        server.socket = secured.wrap_socket(server.socket, server_side=True)
    running = OddServer(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/rs")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
