"""A study on its way here (PS3.4 annex C.4): how far it is, and its objects where they come on the same association."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from pydicom import Dataset
from pynetdicom import build_role, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import build_context

from scarmass.domain.errors import PeerFailed, PeerRefused
from scarmass.domain.pacs import DimsePeer, Progress, Report
from scarmass.imaging.dimse.association import answered
from scarmass.imaging.dimse.contexts import GET, fetched
from scarmass.imaging.dimse.part10 import as_file, is_too_large
from scarmass.imaging.statuses import OUT_OF_RESOURCES, PENDING, RETRIEVING, SUCCESS, refusal, spoken

UNKNOWN_DESTINATION = 0xA801
SOME_FAILED = 0xB000


class Associated(Protocol):
    """An association with the peer, for these contexts."""

    def __call__(self, contexts: list, *, roles: list, handlers: list) -> AbstractContextManager[Association]: ...


def progress_of(peer: DimsePeer, association: Association, status: Dataset, last: Progress) -> Progress:
    """What an answer to C-MOVE or C-GET tells; what it leaves out is as it was before, but success is of everything.

    Raises PeerRefused where our AE title is no destination there, PeerFailed.
    """
    code = answered(peer, association, status).Status
    if code == UNKNOWN_DESTINATION:
        raise PeerRefused(f"{peer.name}: {spoken(status, RETRIEVING)}")
    counts = [status.get(f"NumberOf{kind}Suboperations") for kind in ("Completed", "Warning", "Failed", "Remaining")]
    if any(isinstance(count, int) for count in counts):
        completed, warned, failed, remaining = (count if isinstance(count, int) else 0 for count in counts)
        done = completed + warned
        last = Progress(done, done + failed + remaining, failed)
    elif code == SUCCESS and last.of is not None:
        last = Progress(last.of, last.of)
    if code not in (SUCCESS, SOME_FAILED, *PENDING):
        raise PeerFailed(f"{peer.name} cannot send the study: {spoken(status, RETRIEVING)}")
    return last


def get(
    associated: Associated, peer: DimsePeer, study: Dataset, receive: Callable[[bytes], None], report: Report
) -> None:
    """C-GET: every object is given to receive before the peer is told that it is stored.

    Raises PeerUnreachable, PeerRefused, PeerFailed, and what receive and report raise.
    """
    broken_off: list[BaseException] = []
    last = Progress(0, None)

    def store(event: Event) -> int | Dataset:
        nonlocal last
        if is_too_large(event):
            return refusal(OUT_OF_RESOURCES, "the object is too large")
        try:
            receive(as_file(event))
            last = replace(last, done=last.done + 1)
            report(last)
        except BaseException as error:
            broken_off.append(error)
            event.assoc.abort()
            event.assoc.dimse.msg_queue.put((None, None))  # as pynetdicom tells that nothing more comes
            return OUT_OF_RESOURCES
        return SUCCESS

    contexts = fetched()
    classes = sorted({str(context.abstract_syntax) for context in contexts})
    roles = [build_role(uid, scp_role=True) for uid in classes]
    with associated([build_context(GET), *contexts], roles=roles, handlers=[(evt.EVT_C_STORE, store)]) as association:
        for status, _ in association.send_c_get(study, GET):
            if broken_off:
                raise broken_off[0]
            counted, last = last.done, progress_of(peer, association, status, last)
            if "NumberOfCompletedSuboperations" not in status:
                last = replace(last, done=counted)  # we know it ourselves
            report(last)
