"""DICOM over TLS (PS3.15 annex B): both sides show a certificate of an authority that the other one trusts."""

import ssl

from scarmass.domain.pacs import Tls


def client_context(tls: Tls) -> ssl.SSLContext:
    """Any certificate of the authority is the peer's: hospitals' name machines in many ways. Raises OSError."""
    return _context(ssl.PROTOCOL_TLS_CLIENT, tls)


def server_context(tls: Tls) -> ssl.SSLContext:
    """Who shows no certificate of the authority is not let in. Raises OSError."""
    return _context(ssl.PROTOCOL_TLS_SERVER, tls)


def _context(protocol: int, tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(tls.authority)
    context.load_cert_chain(tls.certificate, tls.key)
    return context
