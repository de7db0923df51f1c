"""A peer's study, fetched into the spool: it is taken in from there like any other that comes."""

import uuid

from scarmass.domain.errors import PeerFailed, StudyIncomplete, StudyNotFound
from scarmass.domain.pacs import Progress, Report
from scarmass.domain.pacs_rules import source_of
from scarmass.domain.transfers import Direction, Transfer
from scarmass.services.context import Context
from scarmass.services.pacs.attempt import attempt
from scarmass.services.pacs.attempt import take_up as take_up_transfers

MOST_ALIKE = 3
"""From this attempt on what lacks twice in a row is waited for no more: each has the whole study sent again."""


def fetch_next(context: Context, transfer_id: uuid.UUID) -> None:
    """Fetch a study that waits for it. What comes twice is stored once."""

    def work(transfer: Transfer, report: Report) -> tuple[Progress, str | None]:
        peer = context.network.peer(transfer.peer)
        last = Progress(0, None)

        def receive(content: bytes) -> None:
            assert context.spool is not None, "a server with peers has a spool"
            context.spool.put(source_of(peer), [content])

        def note(progress: Progress) -> None:
            nonlocal last
            last = progress
            report(progress)

        try:
            context.client_of(peer).fetch(transfer.study_instance_uid, receive, note)
            if last.of == 0:
                raise StudyNotFound(f"{peer.name} has nothing of this study")
            lacking, is_accounted_for = _lacking(peer.name, last), _is_accounted_for(last)
        except StudyIncomplete as error:
            lacking, is_accounted_for = str(error), False
        if lacking is None:
            return last, None
        if transfer.attempts < MOST_ALIKE or transfer.reason != lacking:
            raise PeerFailed(lacking)
        if last.done and is_accounted_for:
            return last, lacking
        raise StudyIncomplete(lacking)

    attempt(context, transfer_id, work)


def _lacking(peer: str, last: Progress) -> str | None:
    """What did not come of the study, None where everything came or the peer did not count: a stack may lack slices."""
    if last.failed and _is_accounted_for(last):
        return f"{peer} could not send {last.failed} of the study's objects; what came is taken in"
    if last.of is not None and last.done < last.of:
        return f"{peer} sent {last.done} of {last.of} objects; what came is taken in"
    return None


def _is_accounted_for(last: Progress) -> bool:
    """Whether the peer itself says of all that did not come that it cannot send it."""
    return last.of in (None, last.done + last.failed)


def take_up(context: Context) -> bool:
    """Queue what is to be tried again, and what ended processes left; answers whether a job is due."""
    return take_up_transfers(context, Direction.FETCH)
