"""The results of a signed reading, sent to a peer as DICOM objects."""

import uuid
from collections.abc import Sequence

from scarmass.domain.errors import PeerFailed
from scarmass.domain.pacs import DimsePeer, Progress, Report, ResultKind, ResultObject, Sent
from scarmass.domain.transfers import Direction, Transfer
from scarmass.services.context import Context
from scarmass.services.pacs import commit
from scarmass.services.pacs.attempt import attempt
from scarmass.services.pacs.attempt import take_up as take_up_transfers
from scarmass.services.readings.dicom_objects import dicom_objects


def send_next(context: Context, transfer_id: uuid.UUID) -> None:
    """Send a reading that waits for it. The same version has the same objects each time: sent twice they are once."""

    def work(transfer: Transfer, report: Report) -> tuple[Progress, str | None]:
        assert transfer.reading_id is not None
        peer = context.network.peer(transfer.peer)
        objects = result_objects(context, transfer.reading_id, transfer.kinds)
        client = context.client_of(peer)
        warning = require_stored(peer.name, client.send([one.content for one in objects], report))
        if isinstance(peer, DimsePeer) and peer.commits:
            commit.ask(context, client, transfer.id, [one.reference for one in objects])
        return Progress(len(objects), len(objects)), warning

    attempt(context, transfer_id, work)


def result_objects(context: Context, reading_id: uuid.UUID, kinds: Sequence[ResultKind]) -> list[ResultObject]:
    """What a reading leaves as, read back and compared before it is handed out. Raises ReadingNotFound and others."""
    return dicom_objects(context, reading_id, kinds)


def take_up(context: Context) -> bool:
    """Queue what is to be tried again, and what ended processes left; answers whether a job is due."""
    return take_up_transfers(context, Direction.SEND)


def require_stored(peer: str, answers: Sequence[Sent]) -> str | None:
    """A warning of the peer's, None where all is well. Raises PeerFailed where it did not store all."""
    lost = [one for one in answers if not one.is_stored]
    if lost:
        raise PeerFailed(f"{peer} stored {len(answers) - len(lost)} of {len(answers)} objects: {_reasons(lost)}")
    warned = [one for one in answers if one.reason]
    return f"{peer} stored it with a warning: {_reasons(warned)}" if warned else None


def _reasons(answers: Sequence[Sent]) -> str:
    return "; ".join(dict.fromkeys(one.reason or "no reason was given" for one in answers))
