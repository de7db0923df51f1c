"""Nothing of ours speaks a version of TLS before 1.2, whoever is at the other end."""

import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from scarmass.domain.errors import AuditReceiverUnreachable, Fact, StoreUnavailable
from scarmass.domain.pacs import DicomwebPeer, Tls
from scarmass.imaging.dicomweb.session import new_session, spoken_errors
from scarmass.imaging.dimse.tls import client_context, server_context
from scarmass.imaging.syslog import SyslogReceiver, SyslogServer
from scarmass.storage import bucket
from scarmass.storage.bucket import Bucket
from scarmass.storage.object_store import ObjectStore
from tests.imaging.dicomweb.odd_server import Reply, odd_server
from tests.syslog_server import certificate_of


def as_old_as_it_can_be(context: ssl.SSLContext) -> ssl.SSLContext:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate_of(tmp_path_factory.mktemp("tls"), "localhost")


@contextmanager
def old_server(certificate: Path) -> Iterator[tuple[int, list[str | None]]]:
    """Its port, and the version of each handshake that came to an end."""
    context = as_old_as_it_can_be(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    agreed: list[str | None] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    plain, _ = server.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(plain, server_side=True) as connection:
                        agreed.append(connection.version())
                except OSError:
                    plain.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1], agreed
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def by_syslog(port: int, certificate: Path) -> None:
    SyslogReceiver(SyslogServer("localhost", port, authority=certificate)).send([])


def by_dicomweb(port: int, certificate: Path) -> None:
    peer = DicomwebPeer("Archive", f"https://localhost:{port}", authority=str(certificate))
    with spoken_errors(peer), new_session(peer, (), 1000) as session:
        session.get(peer.url)


def by_dimse(port: int, certificate: Path) -> None:
    with socket.create_connection(("localhost", port)) as plain:
        client_context(ours(certificate)).wrap_socket(plain)


def by_object_store(port: int, certificate: Path) -> None:
    store_at(f"https://localhost:{port}", certificate.parent).require_ready()


def by_a_program_that_takes_any(port: int, certificate: Path) -> None:
    context = as_old_as_it_can_be(ssl.create_default_context(cafile=certificate))
    with socket.create_connection(("localhost", port)) as plain:
        context.wrap_socket(plain, server_hostname="localhost").close()


def ours(certificate: Path) -> Tls:
    return Tls(str(certificate), str(certificate.with_suffix(".key")), str(certificate))


def store_at(endpoint: str, folder: Path) -> ObjectStore:
    return ObjectStore(Bucket("scar", endpoint=endpoint, access_key="key", secret="of nobody"), folder)


@pytest.mark.parametrize("call", [by_syslog, by_dicomweb, by_dimse, by_object_store])
def test_a_server_of_an_old_version_is_not_spoken_to(
    call: Callable[[int, Path], None], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    with old_server(certificate) as (port, agreed):
        with pytest.raises((AuditReceiverUnreachable, Fact, ssl.SSLError)):
            call(port, certificate)
        assert agreed == []
        by_a_program_that_takes_any(port, certificate)
    assert agreed == ["TLSv1.1"]


def test_images_go_to_no_object_store_whose_certificate_is_not_trusted(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "ATTEMPTS", 1)
    with odd_server((certificate, certificate.with_suffix(".key"))) as server:
        server.answer = lambda request: Reply(200, b"x", "binary/octet-stream")
        endpoint = server.url.replace("127.0.0.1", "localhost")
        with pytest.raises(StoreUnavailable, match="SSLError"):
            store_at(endpoint, tmp_path).get(sha256(b"x").hexdigest())
        assert server.requests == []
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        assert store_at(endpoint, tmp_path).get(sha256(b"x").hexdigest()) == b"x"


def test_a_client_of_an_old_version_is_not_listened_to(certificate: Path) -> None:
    assert server_context(ours(certificate)).minimum_version >= ssl.TLSVersion.TLSv1_2
