"""Our application entity in the network: known peers store objects, ask for their keeping, and tell of theirs."""

import logging
import socket
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from socketserver import BaseServer
from typing import Protocol, cast
from weakref import WeakKeyDictionary

from pydicom import Dataset
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.presentation import build_context

from scarmass.domain.errors import StorageFull
from scarmass.domain.pacs import Commitment, DimsePeer, LocalEntity, Reference
from scarmass.imaging.dimse import commitment as committing
from scarmass.imaging.dimse.bounds import ANNOUNCED_PDU_BYTES, PDU_S, bound
from scarmass.imaging.dimse.connections import Connections, Server
from scarmass.imaging.dimse.contexts import COMMITMENT, VERIFICATION, listened_to
from scarmass.imaging.dimse.part10 import IdentifiersInvalid, is_too_large, pieces
from scarmass.imaging.dimse.peers import KnownPeers
from scarmass.imaging.dimse.tls import server_context
from scarmass.imaging.statuses import (
    CANNOT_UNDERSTAND,
    INVALID_ARGUMENT,
    NO_SUCH_ACTION,
    NOT_AUTHORISED,
    OUT_OF_RESOURCES,
    PROCESSING_FAILURE,
    RESOURCE_LIMITATION,
    SUCCESS,
    refusal,
)

log = logging.getLogger(__name__)

PERMANENT, TRANSIENT = 1, 2
"""Results of a rejection (PS3.8 table 9-21)."""
REQUEST_S = 15.0
"""That a peer may take to begin its association request."""
IDLE_S = 120.0
"""That an association may say nothing."""
NOT_CALLED, PEER_UNKNOWN, TOO_MANY_ASSOCIATIONS = "NotCalled", "PeerUnknown", "TooManyAssociations"
NOT_STORED = {
    NOT_AUTHORISED: "NotAllowed",
    OUT_OF_RESOURCES: "OutOfResources",
    CANNOT_UNDERSTAND: "ObjectRefused",
    PROCESSING_FAILURE: "Unexpected",
}
"""Names of why somebody was not let in, and of why an object was not stored, by its status."""


class Keeper(Protocol):
    """What is done with what comes; each returns once it is durable, and raises StorageFull."""

    def receive(self, peer: DimsePeer, pieces: Iterable[bytes]) -> None:
        """An object, as the pieces of a file of DICOM part 10."""
        ...

    def requested(self, peer: DimsePeer, transaction_uid: str, references: Sequence[Reference]) -> None:
        """A peer asks us to keep these."""
        ...

    def committed(self, peer: DimsePeer, commitment: Commitment) -> None:
        """A peer answers what we asked."""
        ...

    def refused(self, calling: str, address: str, reason: str) -> None:
        """Who called under this AE title was not let in, or an object of theirs was not taken. Raises nothing."""
        ...


@dataclass(frozen=True)
class ListenerBounds:
    """object_bytes: of one object. associations: at once; a peer that asks for more is told to come again.

    At most their product is in memory.
    """

    object_bytes: int = 128 * 2**20
    associations: int = 16


class Listener:
    """Listens from __enter__ to __exit__, which aborts the associations that are left.

    Who calls under an AE title that no peer has, from another address than that peer's (unless checks_address is
    false), or calls another AE title than ours, is rejected (PS3.8 section 9.3.4).
    """

    def __init__(
        self,
        local: LocalEntity,
        peers: Sequence[DimsePeer],
        keeper: Keeper,
        bounds: ListenerBounds | None = None,
        *,
        checks_address: bool = True,
    ) -> None:
        self._local, self._keeper = local, keeper
        self._bounds = bounds or ListenerBounds()
        self._known = KnownPeers(peers, checks_address=checks_address)
        self._peer_of: WeakKeyDictionary[Association, DimsePeer] = WeakKeyDictionary()

    def __enter__(self) -> "Listener":
        """Raises OSError where the port is taken or a certificate cannot be read."""
        entity = AE(self._local.ae_title)
        entity.maximum_pdu_size = ANNOUNCED_PDU_BYTES
        entity.acse_timeout, entity.dimse_timeout, entity.network_timeout = REQUEST_S, PDU_S, IDLE_S
        entity.maximum_associations = 2**31  # counted by _admit, which tells known peers from others
        contexts = [build_context(VERIFICATION), *listened_to(), build_context(COMMITMENT)]
        contexts[-1].scu_role = contexts[-1].scp_role = True
        self._server = cast(
            Server,
            entity.make_server(
                (self._local.host, self._local.port),
                contexts=contexts,
                server_class=Server,
                connections=Connections(self._known, self._bounds.associations),
                tls=server_context(self._local.tls) if self._local.tls else None,
                evt_handlers=[
                    (evt.EVT_CONN_OPEN, bound, [self._bounds.object_bytes]),
                    (evt.EVT_CONN_CLOSE, _give_up),
                    (evt.EVT_REQUESTED, self._admit),
                    (evt.EVT_C_STORE, self._store),
                    (evt.EVT_N_ACTION, self._take_request),
                    (evt.EVT_N_EVENT_REPORT, self._take_report),
                ],
            ),
        )
        self._thread = threading.Thread(target=self._server.serve_forever, name="dimse listener", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        BaseServer.shutdown(self._server)
        self._thread.join()
        for association in self._server.active_associations:
            _end(association)
        self._server.server_close()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def _admit(self, event: Event) -> None:
        """Reject whoever is not to be talked to."""
        association = event.assoc
        request = cast(A_ASSOCIATE, association.requestor.primitive)
        calling, called = request.calling_ae_title or "", request.called_ae_title
        address = association.requestor.address
        peer = self._known.peer(calling, address)
        if called != self._local.ae_title:
            words = f"calls {called!r}, which is not our AE title"
            self._turn_away(association, NOT_CALLED, PERMANENT, (1, 7), words)
        elif peer is None:
            words = "no peer has this AE title and address"
            self._turn_away(association, PEER_UNKNOWN, PERMANENT, (1, 3), words)
        elif len(self._peer_of_active()) >= self._bounds.associations:
            words = "there are too many associations"
            self._turn_away(association, TOO_MANY_ASSOCIATIONS, TRANSIENT, (3, 2), words)
        else:
            self._peer_of[association] = peer

    def _peer_of_active(self) -> list[DimsePeer]:
        return [self._peer_of[one] for one in self._server.active_associations if one in self._peer_of]

    def _turn_away(self, association: Association, reason: str, result: int, why: tuple[int, int], words: str) -> None:
        """Noted, and rejected whether or not that could be noted: pynetdicom accepts where a handler raises."""
        calling = cast(A_ASSOCIATE, association.requestor.primitive).calling_ae_title or ""
        address = association.requestor.address
        log.warning("an association of %r at %s is rejected: %s", calling, address, words)
        try:
            self._keeper.refused(calling, address, reason)
        finally:
            association.acse.send_reject(result, *why)
            association.kill()

    def _store(self, event: Event) -> int | Dataset:
        """C-STORE (PS3.4 annex B): the object is durable before success is answered."""
        peer = self._peer_of[event.assoc]
        status = self._kept(event, peer)
        if isinstance(status, Dataset):
            reason = NOT_STORED.get(status.Status, str(status.Status))
            self._keeper.refused(peer.ae_title, event.assoc.requestor.address or "", reason)
        return status

    def _kept(self, event: Event, peer: DimsePeer) -> int | Dataset:
        if not peer.may_send:
            return refusal(NOT_AUTHORISED, "objects are not taken from this AE title")
        if is_too_large(event):
            log.warning("%s sent an object of more than %d bytes: refused", peer.name, self._bounds.object_bytes)
            return refusal(OUT_OF_RESOURCES, f"the object has more than {self._bounds.object_bytes} bytes")
        try:
            self._keeper.receive(peer, pieces(event))
        except IdentifiersInvalid as error:
            return refusal(CANNOT_UNDERSTAND, str(error))
        except StorageFull as full:
            log.warning("an object of %s is refused: %s", peer.name, full)
            return refusal(OUT_OF_RESOURCES, "there is no room to store it")
        except Exception:
            log.exception("an object of %s could not be stored", peer.name)
            return refusal(PROCESSING_FAILURE, "it could not be stored")
        return SUCCESS

    def _take_request(self, event: Event) -> tuple[int, None]:
        """N-ACTION of storage commitment (PS3.4 section J.3.2): noted, and answered later."""
        peer = self._peer_of[event.assoc]
        if event.action_type != committing.REQUEST:
            return NO_SUCH_ACTION, None
        if not peer.may_send:
            return NOT_AUTHORISED, None
        try:
            self._keeper.requested(peer, *committing.requested(event.action_information))
        except StorageFull:
            return RESOURCE_LIMITATION, None
        except Exception:  # pydicom raises many kinds on damaged data sets
            log.warning("%s asked for storage commitment, and it cannot be read", peer.name)
            return INVALID_ARGUMENT, None
        return SUCCESS, None

    def _take_report(self, event: Event) -> tuple[int, None]:
        """N-EVENT-REPORT of storage commitment (PS3.4 section J.3.3)."""
        peer = self._peer_of[event.assoc]
        return committing.take_report(event, lambda commitment: self._keeper.committed(peer, commitment))


def _end(association: Association) -> None:
    """Where no association was asked for yet there is nothing to abort: the connection ends."""
    if association.is_established:
        return association.abort()
    wrapped = association.dul.socket
    if wrapped is not None and wrapped.socket is not None:
        with suppress(OSError):
            wrapped.socket.shutdown(socket.SHUT_RDWR)


def _give_up(event: Event) -> None:
    """A peer that left before it asked for an association is not waited for, and does not count as one."""
    if event.assoc.requestor.primitive is None:
        event.assoc.dul.to_user_queue.put(None)  # type: ignore[arg-type] # as pynetdicom tells that nothing came
