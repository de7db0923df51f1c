"""Storage commitment (PS3.4 annex J): asked for after a send, and answered truthfully where others ask us."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from scarmass.domain.audit import Action, Event, Outcome, plain
from scarmass.domain.errors import PeerFailed, PeerRefused, PeerUnreachable
from scarmass.domain.pacs import Commitment, DimsePeer, PacsClient, Reference
from scarmass.services.audit import record
from scarmass.services.context import Context
from scarmass.services.dicomweb.results import kept_results
from scarmass.storage import segmentations, studies, transfers
from scarmass.storage.spool_notes import (
    ANSWERED,
    REFUSED,
    REQUESTED,
    answer_from_json,
    refusal_from_json,
    request_from_json,
)

log = logging.getLogger(__name__)

NOT_STORED = "no such object is stored here"


class CommittingClient(PacsClient, Protocol):
    """A client of a peer that speaks storage commitment, which is of DIMSE alone."""

    def request_commitment(self, references: Sequence[Reference], transaction_uid: str | None = None) -> str:
        """Ask the peer to keep these; its answer is known by the transaction's UID, which comes back."""
        ...

    def send_commitment(self, commitment: Commitment) -> None:
        """Tell the peer what we keep of what it asked for."""
        ...


def ask(context: Context, client: PacsClient, transfer_id: uuid.UUID, references: Sequence[Reference]) -> None:
    """Ask the peer to keep what was sent; its answer comes by itself. Raises PeerUnreachable and its like."""
    transaction_uid = f"2.25.{uuid.uuid4().int}"
    with context.database.transaction() as session:
        transfers.ask_commitment(session, transfer_id, transaction_uid)  # before the answer may come
    cast(CommittingClient, client).request_commitment(references, transaction_uid)


def take_note(context: Context, source: str, kind: str, payload: Mapping[str, Any]) -> bool:
    """What was said beside objects; answers whether it is dealt with, or is to be tried again."""
    if kind == ANSWERED:
        return _close(context, source, payload)
    if kind == REQUESTED:
        return _answer(context, source, payload)
    if kind == REFUSED:
        return _record_refusal(context, source, payload)
    log.warning("a note of an unknown kind from the network is left out: %s", kind)
    return True


def _record_refusal(context: Context, source: str, payload: Mapping[str, Any]) -> bool:
    address, reason = refusal_from_json(payload)
    record(
        context,
        Event(
            Action.IMPORT,
            plain(source),
            address=plain(address),
            outcome=Outcome.REFUSED,
            reason=plain(reason),
            about={"over": "network"},
        ),
    )
    return True


def _close(context: Context, source: str, payload: Mapping[str, Any]) -> bool:
    peer = context.network.peer_calling(source)
    if peer is None:
        return True
    answer = answer_from_json(payload)
    failure = None
    if answer.failed:
        reasons = "; ".join(dict.fromkeys(reason for _, reason in answer.failed))
        failure = f"{peer.name} does not keep {len(answer.failed)} of the objects: {reasons}"
    with context.database.transaction() as session:
        if not transfers.close_commitment(session, peer.name, answer.transaction_uid, failure):
            log.warning("%s answers a storage commitment that it was not asked for, or not any more", peer.name)
    return True


def _answer(context: Context, source: str, payload: Mapping[str, Any]) -> bool:
    peer = context.network.peer_calling(source)
    if not isinstance(peer, DimsePeer):
        return True
    commitment = commitment_of(context, *request_from_json(payload))
    try:
        cast(CommittingClient, context.client_of(peer)).send_commitment(commitment)
    except (PeerUnreachable, PeerRefused, PeerFailed) as error:
        log.warning("%s could not be told what is kept, trying again: %s", peer.name, error)
        return False
    return True


def commitment_of(context: Context, transaction_uid: str, references: Sequence[Reference]) -> Commitment:
    """What is kept of these objects: those whose rows and files are both here, and what signed readings leave as."""
    uids = {one.sop_instance_uid for one in references}
    with context.database.transaction() as session:
        stored = studies.stored_objects(session, list(uids)) | segmentations.stored_objects(session, uids)
    present = context.files.present(set(stored.values()))
    kept = {uid for uid, sha256 in stored.items() if sha256 in present}
    if others := uids - stored.keys():
        kept |= kept_results(context, others)
    return Commitment(
        transaction_uid,
        tuple(one for one in references if one.sop_instance_uid in kept),
        tuple((one, NOT_STORED) for one in references if one.sop_instance_uid not in kept),
    )
