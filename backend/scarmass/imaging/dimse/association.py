"""An association that we ask for: begun, ended, and what it says where it cannot be had."""

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from time import monotonic

from pydicom import Dataset
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.events import Event as NetworkEvent
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext

from scarmass.domain.errors import Fact, PeerFailed, PeerRefused, PeerUnreachable
from scarmass.domain.pacs import DimsePeer, LocalEntity
from scarmass.imaging.dimse.bounds import ANNOUNCED_PDU_BYTES, bound
from scarmass.imaging.dimse.tls import client_context

Handler = tuple[evt.EventType, Callable[[NetworkEvent], object]]

CALLING_UNKNOWN, CALLED_UNKNOWN = (1, 3), (1, 7)
"""Source and diagnostic of a rejection (PS3.8 table 9-21)."""
BUSY = ((3, 1), (3, 2))


@dataclass(frozen=True)
class Timeouts:
    """connect: to be connected. agree: to answer an association request. answer: to answer a message, or to go on with
    it. All in seconds.
    """

    connect: float = 10
    agree: float = 20
    answer: float = 60


@contextmanager
def associated(
    local: LocalEntity,
    peer: DimsePeer,
    contexts: Sequence[PresentationContext],
    *,
    timeouts: Timeouts,
    message_bytes: int,
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = (),
    handlers: Sequence[Handler] = (),
) -> Iterator[Association]:
    """Released at the end of the block, and aborted where it ends by an exception.

    message_bytes: that the data set of one message may take. Raises PeerUnreachable, PeerRefused, PeerFailed.
    """
    tls = _tls(local, peer)
    entity = AE(local.ae_title)
    entity.connection_timeout, entity.acse_timeout = timeouts.connect, timeouts.agree
    entity.dimse_timeout = entity.network_timeout = timeouts.answer
    began, connected = monotonic(), Event()
    try:
        association = entity.associate(
            peer.host,
            peer.port,
            list(contexts),
            peer.ae_title,
            max_pdu=ANNOUNCED_PDU_BYTES,
            ext_neg=list(roles),
            tls_args=(tls, peer.host) if tls else None,
            evt_handlers=[
                (evt.EVT_CONN_OPEN, bound, [message_bytes]),
                (evt.EVT_CONN_OPEN, lambda _: connected.set()),
                *handlers,
            ],
        )
    except OSError as error:
        raise PeerUnreachable(f"{peer.name}: the name of the host {peer.host} is not known") from error
    try:
        if not association.is_established:
            if not connected.is_set():
                raise _unreachable(peer, tls)
            raise _refusal(association, local, peer, is_late=monotonic() - began >= timeouts.agree)
        yield association
        association.release()
    finally:
        if association.is_established:
            association.abort()
        _close(association)


def answered(peer: DimsePeer, association: Association, status: Dataset) -> Dataset:
    """The status, where there is one. Raises PeerFailed."""
    if "Status" in status:
        return status
    if association.acse.is_aborted() or association.is_aborted:
        raise PeerFailed(f"{peer.name} broke off, or did not answer in time")
    raise PeerFailed(f"{peer.name} sent an answer that is none")


def _tls(local: LocalEntity, peer: DimsePeer) -> ssl.SSLContext | None:
    try:
        return client_context(peer.tls) if peer.tls else None
    except OSError as error:
        raise PeerUnreachable(f"{peer.name}: our certificate, key or authority cannot be used: {error}") from error


def _where(peer: DimsePeer) -> str:
    return f"{peer.name} ({peer.ae_title} at {peer.host}:{peer.port})"


def _refusal(association: Association, local: LocalEntity, peer: DimsePeer, is_late: bool) -> Fact:
    """Why a peer that is connected has no association with us, for those who can change it."""
    where = _where(peer)
    answer = association.acceptor.primitive
    if association.is_rejected and answer is not None:
        why = (answer.result_source, answer.diagnostic)
        if why == CALLING_UNKNOWN:
            return PeerRefused(f"{where} does not know our AE title {local.ae_title}: it must be entered there")
        if why == CALLED_UNKNOWN:
            return PeerRefused(f"{where} has another AE title than {peer.ae_title}")
        if why in BUSY:
            return PeerRefused(f"{where} has too many associations at the moment")
        return PeerRefused(f"{where} rejected the association: {answer.reason_str}")
    if answer is not None:
        return PeerRefused(f"{where} does not offer this service to us, or not for these objects")
    if is_late:
        return PeerUnreachable(f"{where} is connected, and does not answer the association request")
    hint = "it may not accept our certificate" if peer.tls else "it may expect TLS, or not know our address"
    return PeerRefused(f"{where} ended the connection without an answer: {hint}")


def _unreachable(peer: DimsePeer, tls: ssl.SSLContext | None) -> Fact:
    """Why there is no connection: what pynetdicom met and does not tell is met once more."""
    where = _where(peer)
    try:
        with socket.create_connection((peer.host, peer.port), 3) as plain:
            if tls is not None:
                tls.wrap_socket(plain).close()
        return PeerUnreachable(f"{where} did not answer, and does now")
    except ssl.SSLCertVerificationError as error:
        return PeerRefused(f"{where} shows a certificate that our authority did not sign: {error.verify_message}")
    except ssl.SSLError as error:
        return PeerRefused(f"{where} and we agree on no TLS: {error.reason or 'it speaks none'}")
    except TimeoutError:
        return PeerUnreachable(f"{where} does not answer: is a firewall between us?")
    except ConnectionRefusedError:
        return PeerUnreachable(f"nothing listens at {where}")
    except OSError as error:
        return PeerUnreachable(f"{where} cannot be reached: {error.strerror or error}")


def _close(association: Association) -> None:
    wrapped = association.dul.socket
    if wrapped is not None and wrapped.socket is not None:
        wrapped.socket.close()
