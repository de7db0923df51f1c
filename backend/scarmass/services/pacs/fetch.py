"""A peer's study, fetched into the spool: it is taken in from there like any other that comes."""

import uuid

from scarmass.domain.errors import PeerFailed, StudyNotFound
from scarmass.domain.pacs import Progress, Report
from scarmass.domain.pacs_rules import source_of
from scarmass.domain.transfers import Direction, Transfer
from scarmass.services.context import Context
from scarmass.services.pacs.attempt import attempt
from scarmass.services.pacs.attempt import take_up as take_up_transfers


def fetch_next(context: Context, transfer_id: uuid.UUID) -> None:
    """Fetch a study that waits for it. What comes twice is stored once."""

    def work(transfer: Transfer, report: Report) -> tuple[int, str | None]:
        peer = context.network.peer(transfer.peer)
        last = Progress(0, None)

        def receive(content: bytes) -> None:
            assert context.spool is not None, "a server with peers has a spool"
            context.spool.put(source_of(peer), [content])

        def note(progress: Progress) -> None:
            nonlocal last
            last = progress
            report(progress)

        context.client_of(peer).fetch(transfer.study_instance_uid, receive, note)
        if last.failed:
            raise PeerFailed(f"{peer.name} could not send {last.failed} of the study's objects")
        if last.of == 0 or (last.done == 0 and last.of is not None):
            raise StudyNotFound(f"{peer.name} has nothing of this study")
        return last.done, None

    attempt(context, transfer_id, work)


def take_up(context: Context) -> bool:
    """Queue what is to be tried again, and what ended processes left; answers whether a job is due."""
    return take_up_transfers(context, Direction.FETCH)
