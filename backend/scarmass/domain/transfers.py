"""What is on its way between us and a peer: a reading's results sent, or a study fetched."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scarmass.domain.pacs import ResultKind
from scarmass.domain.stack import StudyHeader

WAITS_S = (10, 60, 300, 900, 3600)
"""After the first attempt, the second ..., and after each later one as after the last of these."""
MOST_ATTEMPTS = 30
"""A little more than a day; then it is failed, and somebody has to send it again."""


class Direction(StrEnum):
    SEND = "send"
    FETCH = "fetch"


class TransferState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Is there something left to be done?"""
        return self in (TransferState.WAITING, TransferState.RUNNING)


@dataclass(frozen=True)
class Transfer:
    """number: grows in the order in which transfers were asked for. peer: its name in the settings.

    reading_id: of what is sent. study: None where a study that is fetched has not come yet. of: how many objects, None
    while that is not known. reason: what became of the last attempt, None where all is well. next_attempt_at: of one
    that waits. committed_at: when the peer promised to keep all of it. changes: how often this has changed.
    """

    id: uuid.UUID
    number: int
    direction: Direction
    peer: str
    reading_id: uuid.UUID | None
    study_instance_uid: str
    kinds: tuple[ResultKind, ...]
    state: TransferState
    done: int
    of: int | None
    attempts: int
    next_attempt_at: datetime | None
    reason: str | None
    asked_by: str
    committed_at: datetime | None
    created_at: datetime
    changed_at: datetime
    changes: int
    study: StudyHeader | None = None
    stack_id: str | None = None


@dataclass(frozen=True)
class RefusedObject:
    """An object that was not taken in. name: its SOP Instance UID, where it has one."""

    name: str
    reason: str


@dataclass(frozen=True)
class Arrival:
    """What came of a study from one source.

    study_instance_uid: empty where objects did not say. objects: how many of the study's images are here, 0 where
    nothing of this source was taken in; a segmentation may be here before its images are. refused: the first of them,
    refused_count all. prepared_at: when it was quiet and its readings were opened, None before; readings: how many were
    opened. because: why so.
    """

    id: uuid.UUID
    number: int
    study_instance_uid: str
    source: str
    objects: int
    refused_count: int
    refused: tuple[RefusedObject, ...]
    first_object_at: datetime
    last_object_at: datetime
    prepared_at: datetime | None
    readings: int
    because: str | None
    study: StudyHeader | None = None


def wait_after(attempts: int) -> int | None:
    """Seconds until the next attempt after so many; None where there is none."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return WAITS_S[min(attempts, len(WAITS_S)) - 1]
