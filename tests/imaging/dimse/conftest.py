"""Certificates of an authority of the tests' own."""

import shutil
import subprocess
from pathlib import Path

import pytest

from scarmass.domain.pacs import Tls
from tests.imaging.dimse.keeper import Kept


@pytest.fixture
def kept() -> Kept:
    return Kept()


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def _authority(folder: Path) -> Path:
    key, certificate = folder / "authority.key", folder / "authority.pem"
    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj", "/CN=An authority")
    _openssl(*new, "-keyout", key, "-out", certificate)
    return certificate


def _certificates(folder: Path) -> Tls:
    """A key and a certificate, signed by a new authority."""
    folder.mkdir()
    authority = _authority(folder)
    key, request, certificate = folder / "own.key", folder / "own.csr", folder / "own.pem"
    _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=pacs.example", "-keyout", key, "-out", request)
    signed_by = ("-CA", authority, "-CAkey", authority.with_suffix(".key"), "-CAcreateserial", "-days", 2)
    _openssl("x509", "-req", "-in", request, "-out", certificate, *signed_by)
    return Tls(str(certificate), str(key), str(authority))


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return _certificates(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="session")
def tls_of_others(tls: Tls, tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """Of an authority that we do not trust."""
    return _certificates(tmp_path_factory.mktemp("tls") / "theirs")
