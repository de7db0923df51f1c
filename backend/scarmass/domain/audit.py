"""The record of who did what with whose data: events, and the chain that tells whether one was changed or is gone."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

LONGEST = 128
"""Characters that are kept of what a client named."""
BEGINNING = "0" * 64
"""What the first row of the chain holds for the hash of the one before."""
PROCESS = "ScarMass"
"""Who did what nobody asked for: the server itself."""


class Action(StrEnum):
    """start, stop: of the server. administer: people and tokens. audit: this record was looked at.

    list: patients were listed or looked for here. query: a peer was asked for some. open: a patient was looked at.
    ask: models were asked, without a reading. stack: something was said against a stack's headers. fetch: a study was
    asked of a peer. remove: a study was taken off the worklist, or brought back. reader_study: one was made.
    consent: somebody said whether models may learn from a study. promote: other weights serve, or those before again.
    """

    START = "start"
    STOP = "stop"
    SETTINGS = "settings"
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    ADMINISTER = "administer"
    AUDIT = "audit"
    LIST = "list"
    QUERY = "query"
    OPEN = "open"
    ASK = "ask"
    EDIT = "edit"
    SIGN = "sign"
    AMEND = "amend"
    STACK = "stack"
    READER_STUDY = "reader_study"
    IMPORT = "import"
    EXPORT = "export"
    SEND = "send"
    FETCH = "fetch"
    REMOVE = "remove"
    CONSENT = "consent"
    PROMOTE = "promote"
    DELETE = "delete"


class Outcome(StrEnum):
    """refused: for what was asked. failed: for what happened here, or at a peer."""

    SUCCESS = "success"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True)
class Subject:
    """Whose data: PatientID and StudyInstanceUID, empty where an event is of none."""

    patient_id: str = ""
    study_instance_uid: str = ""


class Named(StrEnum):
    """What is named. patient: by PatientID, which need not be here."""

    PATIENT = "patient"
    STUDY = "study"
    STACK = "stack"
    READING = "reading"
    INSTANCE = "instance"
    TRANSFER = "transfer"


@dataclass(frozen=True)
class Event:
    """person: a name, or what a process calls itself; person_id: of who signed in. address: where it was asked from.

    reason: the name of the fact that refused it or let it fail. about: what else is known of it, by name.
    """

    action: Action
    person: str = PROCESS
    person_id: uuid.UUID | None = None
    address: str = ""
    subject: Subject = Subject()
    outcome: Outcome = Outcome.SUCCESS
    reason: str = ""
    about: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    occurred_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Recorded:
    """An event in its place. number: 1, 2, 3 ... without a gap. previous: the sha256 of the row before."""

    number: int
    event: Event
    previous: str
    sha256: str


@dataclass(frozen=True)
class Head:
    """The last row, as it is kept elsewhere to hold the chain against."""

    number: int = 0
    sha256: str = BEGINNING


@dataclass(frozen=True)
class Broken:
    """The first row at which the chain does not hold, and why."""

    number: int
    why: str


@dataclass(frozen=True)
class Sought:
    """person, patient_id, study_instance_uid: empty for all. person: a part of the name, in letters of either case."""

    person: str = ""
    actions: tuple[Action, ...] = ()
    outcome: Outcome | None = None
    patient_id: str = ""
    study_instance_uid: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Delivered:
    """How far a receiver has the record. number: of the last row that is there. newest: of the last one here."""

    number: int
    newest: int


class AuditReceiver(Protocol):
    """Where the record is kept elsewhere. name: of the receiver; how far it has the record is known by it."""

    @property
    def name(self) -> str: ...

    def send(self, rows: Sequence[Recorded]) -> None:
        """Returns when it has them. Raises AuditReceiverUnreachable; sent again, rows may be there twice."""
        ...

    def close(self) -> None: ...


def plain(text: str, longest: int = LONGEST) -> str:
    """What is kept of text from outside: its printable characters, so many."""
    return "".join(each for each in text if each.isprintable())[:longest]


def digest(number: int, event: Event, previous: str) -> str:
    """The sha256 of a row: of its number, of all that it says, and of the row before."""
    content = {
        "number": number,
        "occurred_at": event.occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "action": event.action.value,
        "outcome": event.outcome.value,
        "reason": event.reason,
        "person_id": None if event.person_id is None else str(event.person_id),
        "person": event.person,
        "address": event.address,
        "patient_id": event.subject.patient_id,
        "study_instance_uid": event.subject.study_instance_uid,
        "about": dict(event.about),
        "previous": previous,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def chained(last: Head, events: Iterable[Event]) -> list[Recorded]:
    """Events as rows that follow a last one."""
    rows: list[Recorded] = []
    for event in events:
        number = last.number + 1
        row = Recorded(number, event, last.sha256, digest(number, event, last.sha256))
        rows.append(row)
        last = Head(number, row.sha256)
    return rows


def first_broken(rows: Iterable[Recorded], kept: Head | None = None) -> Broken | Head:
    """Walk the chain from its first row; answers the last row where all of it holds.

    kept: a row as it was once: that it is still there, and the same, is what shows that the end was not cut off, nor
    all of it written anew.
    """
    last = Head()
    for row in rows:
        if row.number != last.number + 1:
            return Broken(last.number + 1, "it is not there")
        if row.previous != last.sha256:
            return Broken(row.number, "it does not follow the row before")
        if digest(row.number, row.event, row.previous) != row.sha256:
            return Broken(row.number, "it does not say what was recorded")
        if kept is not None and row.number == kept.number and row.sha256 != kept.sha256:
            return Broken(row.number, "it is not the row that was kept elsewhere")
        last = Head(row.number, row.sha256)
    if kept is not None and kept.number > last.number:
        return Broken(last.number + 1, f"the record ends, and row {kept.number} was kept elsewhere")
    return last
