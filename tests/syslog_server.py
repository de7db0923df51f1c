"""A syslog server over TLS for tests: it takes frames by octet counting, and ends connections when it is told to."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.waiting import wait_until


def certificate_of(folder: Path, host: str) -> Path:
    """A certificate of this name signed by itself, which is its own authority; its key stands beside it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    certificate = folder / f"{host}.pem"
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={host}"]
    named = ["-addext", f"subjectAltName=DNS:{host}", "-addext", "basicConstraints=critical,CA:TRUE"]
    out = ["-keyout", str(certificate.with_suffix(".key")), "-out", str(certificate)]
    subprocess.run([*new, *named, *out], check=True, capture_output=True)
    return certificate


class SyslogServer:
    """Listens from __enter__ to __exit__ at a port, which it keeps when it is entered again.

    accepts: the authority whose certificates clients must show, None where they show none.
    """

    def __init__(self, certificate: Path, accepts: Path | None = None) -> None:
        self.messages: list[bytes] = []
        self.port = 0
        self.connections = 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        if accepts is not None:
            self._context.verify_mode = ssl.CERT_REQUIRED
            self._context.load_verify_locations(accepts)

    def __enter__(self) -> "SyslogServer":
        self._open: list[ssl.SSLSocket] = []
        self._listening = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self.port = self._listening.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._accepting.join()
        self.hang_up()

    def hang_up(self) -> None:
        """End every connection, as a server that is restarted does."""
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def wait_for(self, count: int) -> list[bytes]:
        wait_until(lambda: len(self.messages) >= count)
        return self.messages

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listening.accept()
                with suppress(OSError):
                    connection = self._context.wrap_socket(plain, server_side=True)
                    self.connections += 1
                    self._open.append(connection)
                    threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection: ssl.SSLSocket) -> None:
        with suppress(OSError, ValueError), connection.makefile("rb") as stream:
            while length := _length(stream.read):
                self.messages.append(stream.read(length))


def _length(read: Callable[[int], bytes]) -> int:
    """MSG-LEN of RFC 5425 4.3; 0 where the connection has ended."""
    digits = b""
    while (one := read(1)) not in (b" ", b""):
        digits += one
    return int(digits) if digits else 0
