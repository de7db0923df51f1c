"""Audit messages on their way to a syslog server: RFC 5424 over TLS (RFC 5425), or over UDP (RFC 5426)."""

import fcntl
import os
import socket
import ssl
import struct
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from scarmass.domain.audit import Outcome, Recorded
from scarmass.domain.errors import AuditReceiverUnreachable
from scarmass.imaging.audit_message import AuditSource, audit_message

FACILITY = 10
"""Security and authorization, as PS3.15 A.6 asks for."""
SEVERITIES = {Outcome.SUCCESS: 5, Outcome.REFUSED: 4, Outcome.FAILED: 3}
MESSAGE_ID = "DICOM+RFC3881"
BOM = b"\xef\xbb\xbf"
TIMEOUT_S = 10.0
POLL_S = 0.002


@dataclass(frozen=True)
class SyslogServer:
    """authority: whose certificates are trusted, the machine's own authorities where it is None. certificate, key: what
    we show. server_name: that its certificate is to be of, where that is not its host."""

    host: str
    port: int = 6514
    is_encrypted: bool = True
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    server_name: str = ""

    @property
    def name(self) -> str:
        return f"{'tls' if self.is_encrypted else 'udp'}://{self.host}:{self.port}"


class SyslogReceiver:
    """Implements domain.audit.AuditReceiver, for one thread: a connection that lasts while it can."""

    def __init__(self, server: SyslogServer, source: AuditSource = AuditSource()) -> None:
        self._server, self._source = server, source
        self._connection: ssl.SSLSocket | None = None

    @property
    def name(self) -> str:
        return self._server.name

    def send(self, rows: Sequence[Recorded]) -> None:
        """Syslog has no answer: over TLS this returns when the server's machine has taken every byte, and has not ended
        the connection; over UDP at once.

        Raises AuditReceiverUnreachable, and some of the rows may have arrived.
        """
        messages = [syslog_message(row, self._source) for row in rows]
        try:
            if not self._server.is_encrypted:
                return self._send_datagrams(messages)
            connection = self._connected()
            connection.sendall(b"".join(b"%d %s" % (len(one), one) for one in messages))
            _require_taken(connection)
        except OSError as error:
            self.close()
            raise AuditReceiverUnreachable(f"{self.name} cannot be reached: {_why(error)}") from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> ssl.SSLSocket:
        if self._connection is not None and not _has_ended(self._connection):
            return self._connection
        self.close()
        server = self._server
        context = ssl.create_default_context(cafile=server.authority)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if server.certificate is not None:
            context.load_cert_chain(server.certificate, server.key)
        plain = socket.create_connection((server.host, server.port), TIMEOUT_S)
        try:
            self._connection = context.wrap_socket(plain, server_hostname=server.server_name or server.host)
        except BaseException:
            plain.close()
            raise
        return self._connection

    def _send_datagrams(self, messages: Sequence[bytes]) -> None:
        kind, *_, address = socket.getaddrinfo(self._server.host, self._server.port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(kind, socket.SOCK_DGRAM) as sender:
            for message in messages:
                sender.sendto(message, address)


def syslog_message(row: Recorded, source: AuditSource = AuditSource()) -> bytes:
    """A message of RFC 5424 whose MSG is the row's audit message."""
    event = row.event
    at = event.occurred_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    priority = 8 * FACILITY + SEVERITIES[event.outcome]
    host, name = _word(socket.gethostname(), 255), _word(source.source_id, 48)
    head = f"<{priority}>1 {at} {host} {name} {os.getpid()} {MESSAGE_ID} - "
    return head.encode("ascii") + BOM + audit_message(row, source)


def _word(text: str, longest: int) -> str:
    """PRINTUSASCII, or the value that stands for none."""
    return "".join(each for each in text if "!" <= each <= "~")[:longest] or "-"


def _has_ended(connection: ssl.SSLSocket) -> bool:
    """A syslog server says nothing; where there is something to be read, it is that the connection is over."""
    connection.setblocking(False)
    try:
        return not connection.recv(1)
    except ssl.SSLWantReadError:
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(TIMEOUT_S)


def _require_taken(connection: ssl.SSLSocket) -> None:
    """Wait until the other machine has acknowledged every byte. Raises OSError."""
    end = time.monotonic() + TIMEOUT_S
    while struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))[0]:
        if time.monotonic() > end:
            raise TimeoutError("it takes nothing more")
        time.sleep(POLL_S)
    if _has_ended(connection):
        raise ConnectionError("it ended the connection")


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return str(getattr(error, "reason", None) or error.strerror or error)
