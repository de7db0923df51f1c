"""Storage commitment's data sets (PS3.4 tables J.3-1 and J.3-2) and the domain's words."""

import logging
from collections.abc import Callable, Sequence
from typing import cast

from pydicom import Dataset
from pydicom.uid import UID
from pynetdicom.events import Event

from scarmass.domain.errors import StorageFull
from scarmass.domain.pacs import Commitment, Reference
from scarmass.imaging.statuses import INVALID_ARGUMENT, NO_SUCH_OBJECT, RESOURCE_LIMITATION, SUCCESS, words

log = logging.getLogger(__name__)

REQUEST = 1
"""The one action type."""
ALL_COMMITTED, SOME_FAILED = 1, 2
"""Event types."""
MOST_REFERENCES = 50_000


class CommitmentInvalid(ValueError):
    """A data set that is to ask for commitment, or to answer, does neither."""


def request(transaction_uid: str, references: Sequence[Reference]) -> Dataset:
    dataset = Dataset()
    dataset.TransactionUID = UID(transaction_uid)
    dataset.ReferencedSOPSequence = [_item(reference) for reference in references]
    return dataset


def report(commitment: Commitment) -> tuple[int, Dataset]:
    """The event's type, and what it says. What is not kept is told as not there, whatever the words of its reason."""
    dataset = Dataset()
    dataset.TransactionUID = UID(commitment.transaction_uid)
    if commitment.committed:
        dataset.ReferencedSOPSequence = [_item(reference) for reference in commitment.committed]
    if commitment.failed:
        dataset.FailedSOPSequence = [_item(reference) for reference, _ in commitment.failed]
        for item in dataset.FailedSOPSequence:
            item.FailureReason = NO_SUCH_OBJECT
    return SOME_FAILED if commitment.failed else ALL_COMMITTED, dataset


def requested(dataset: Dataset) -> tuple[str, tuple[Reference, ...]]:
    """Transaction UID and what is asked for. Raises CommitmentInvalid."""
    transaction_uid = _transaction(dataset)
    references = tuple(_reference(item) for item in _items(dataset, "ReferencedSOPSequence"))
    if not references:
        raise CommitmentInvalid("no object is named")
    return transaction_uid, references


def reported(dataset: Dataset) -> Commitment:
    """What a peer says of its keeping. Raises CommitmentInvalid."""
    failed = tuple((_reference(item), words(_reason(item))) for item in _items(dataset, "FailedSOPSequence"))
    committed = tuple(_reference(item) for item in _items(dataset, "ReferencedSOPSequence"))
    return Commitment(_transaction(dataset), committed, failed)


def take_report(event: Event, take: Callable[[Commitment], None]) -> tuple[int, None]:
    """Handler of EVT_N_EVENT_REPORT: the peer is told that its answer arrived once `take` has it."""
    try:
        take(reported(event.event_information))
    except StorageFull:
        return RESOURCE_LIMITATION, None
    except Exception:  # nor is it a report where pydicom cannot read it
        log.warning("a report of storage commitment cannot be read")
        return INVALID_ARGUMENT, None
    return SUCCESS, None


def _item(reference: Reference) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = UID(reference.sop_class_uid)
    item.ReferencedSOPInstanceUID = UID(reference.sop_instance_uid)
    return item


def _transaction(dataset: Dataset) -> str:
    uid = str(dataset.get("TransactionUID") or "")
    if not 0 < len(uid) <= 64:
        raise CommitmentInvalid("the transaction UID is missing")
    return uid


def _items(dataset: Dataset, keyword: str) -> Sequence[Dataset]:
    try:
        items = cast(Sequence[Dataset], dataset.get(keyword) or ())
        count = len(items)
    except Exception as error:  # pydicom raises many kinds on damaged sequences
        raise CommitmentInvalid(f"{keyword} cannot be read") from error
    if count > MOST_REFERENCES:
        raise CommitmentInvalid(f"{count} objects at once")
    return items


def _reference(item: Dataset) -> Reference:
    uids = [str(item.get(keyword) or "") for keyword in ("ReferencedSOPClassUID", "ReferencedSOPInstanceUID")]
    if not all(0 < len(uid) <= 64 for uid in uids):
        raise CommitmentInvalid("an object's UIDs are missing")
    return Reference(*uids)


def _reason(item: Dataset) -> int:
    reason = item.get("FailureReason")
    return reason if isinstance(reason, int) else NO_SUCH_OBJECT
