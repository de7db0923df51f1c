"""How a server is called: nobody else is, and what goes wrong is said in words that name no patient."""

import logging
import shutil
import subprocess
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from scarmass.domain.errors import PeerFailed, PeerRefused, PeerUnreachable
from scarmass.domain.pacs import DicomwebPeer, StudyQuery
from scarmass.imaging.dicomweb.client import DicomwebClient
from tests.imaging.dicomweb.odd_server import OddServer, Reply, odd_server, told


@pytest.mark.parametrize(
    ("reply", "fact", "reason"),
    [
        (Reply(500), PeerFailed, "HTTP 500"),
        (Reply(401), PeerRefused, "is the token right.*HTTP 401"),
        (Reply(404), PeerRefused, "nothing is at this address.*HTTP 404"),
        (Reply(418), PeerRefused, "HTTP 418"),
        (Reply(200, b"<html>Please log in</html>", "text/html"), PeerFailed, "not one of DICOMweb"),
        (told("studies"), PeerFailed, "no list"),
        (Reply(200, b"\xff\xfe[", declared=-1), PeerFailed, "not one of DICOMweb"),
        (Reply(200, b"[{}", declared=1000), PeerFailed, "broke off"),
        (Reply(is_endless=True), PeerFailed, "without end"),
        (Reply(200, b"not compressed", headers={"Content-Encoding": "gzip"}), PeerFailed, "broke off"),
    ],
)
def test_an_odd_answer_is_said_in_words(
    server: OddServer, web: DicomwebClient, reply: Reply, fact: type[Exception], reason: str
) -> None:
    server.answer = lambda request: reply
    with pytest.raises(fact, match=f"Archive.*{reason}"):
        web.echo()


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_who_is_busy_is_asked_again(server: OddServer, web: DicomwebClient, status: int) -> None:
    server.answer = lambda request: Reply(status) if len(server.requests) < 3 else told([])
    web.echo()
    assert len(server.requests) == 3


def test_who_stays_busy_is_not_asked_forever(server: OddServer, web: DicomwebClient) -> None:
    server.answer = lambda request: Reply(503)
    with pytest.raises(PeerFailed, match="busy"):
        web.echo()
    assert len(server.requests) == 3


def test_an_object_is_sent_only_once(server: OddServer, web: DicomwebClient, content: bytes) -> None:
    server.answer = lambda request: Reply(503)
    with pytest.raises(PeerFailed, match="busy"):
        web.send([content], lambda progress: None)
    assert len(server.requests) == 1


def test_no_redirect_takes_the_token_elsewhere(server: OddServer, web: DicomwebClient) -> None:
    with odd_server() as elsewhere:
        server.answer = lambda request: Reply(302, headers={"Location": f"{elsewhere.url}/studies?PatientName=Doe"})
        with pytest.raises(PeerRefused, match=f"another address, {elsewhere.url.removesuffix('/rs')}:") as refused:
            web.echo()
        assert elsewhere.requests == []
    assert server.requests[0].headers["Authorization"] == "Bearer secret"
    assert "Doe" not in str(refused.value)


def test_the_environment_changes_nothing(
    server: OddServer, web: DicomwebClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer = lambda request: told([])
    with odd_server() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        web.echo()
        assert proxy.requests == []


def test_the_proxy_of_the_settings_is_used(server: OddServer, web: DicomwebClient) -> None:
    with odd_server() as proxy:
        proxy.answer = lambda request: told([])
        DicomwebClient(replace(web.peer, proxy=proxy.url)).echo()
        assert proxy.requests[0].path.startswith(f"{server.url}/studies")
    assert server.requests == []


def test_the_host_is_named_with_its_port(server: OddServer, web: DicomwebClient) -> None:
    server.answer = lambda request: told([])
    web.echo()
    assert server.requests[0].headers["Host"] == server.url.split("/")[2]


@pytest.mark.parametrize("url", ["nowhere", "ftp://127.0.0.1/rs", "http://127.0.0.1:1/rs", "http://[::1/rs"])
def test_an_address_of_nothing_is_a_fact(web: DicomwebClient, url: str) -> None:
    with pytest.raises((PeerUnreachable, PeerFailed), match=r"Archive: .*(address|host and port)"):
        DicomwebClient(replace(web.peer, url=url), waits_s=()).echo()


@pytest.mark.parametrize("reply", [Reply(503), Reply(200, b"[", declared=9), None])
def test_no_patient_is_named_in_logs_or_reasons(
    server: OddServer, web: DicomwebClient, caplog: pytest.LogCaptureFixture, reply: Reply | None
) -> None:
    somebody = StudyQuery(patient_name="Doe")
    if reply:
        server.answer = lambda request: reply
    peer = web.peer if reply else replace(web.peer, url="http://127.0.0.1:1/rs")
    with caplog.at_level(logging.DEBUG), pytest.raises((PeerFailed, PeerUnreachable)) as failed:
        DicomwebClient(peer, waits_s=(0,)).find(somebody)
    assert somebody.patient_name not in caplog.text + "".join(traceback.format_exception(failed.value))


@pytest.fixture
def secret(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that nobody vouches for, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=pacs.example"]
    named = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*new, *named], check=True, capture_output=True)
    return certificate, key


def test_only_a_certificate_of_the_authority_is_trusted(secret: tuple[Path, Path]) -> None:
    with odd_server(secret) as server:
        server.answer = lambda request: told([])
        peer = DicomwebPeer("Archive", server.url, token="secret")
        with pytest.raises(PeerUnreachable, match="its certificate is not trusted"):
            DicomwebClient(peer, waits_s=()).echo()
        assert server.requests == []
        DicomwebClient(replace(peer, authority=str(secret[0])), waits_s=()).echo()


def test_an_authority_file_that_is_not_there_is_a_fact(server: OddServer, web: DicomwebClient) -> None:
    peer = replace(web.peer, url=server.url.replace("http:", "https:"), authority="/nowhere.pem")
    with pytest.raises(PeerUnreachable, match="the authority's file"):
        DicomwebClient(peer, waits_s=()).echo()
