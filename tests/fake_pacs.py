"""A PACS that tests can see through: it keeps what it is sent, has studies, and fails when it is told to."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scarmass.domain.errors import Fact
from scarmass.domain.pacs import (
    Commitment,
    DimsePeer,
    FoundStudy,
    Peer,
    Progress,
    Reference,
    Report,
    ResultKind,
    ResultObject,
    Retrieval,
    Sent,
    StudyQuery,
)
from scarmass.domain.pacs_rules import Network, Rules, SendRule

PACS = DimsePeer("PACS", "ARCHIVE", "127.0.0.1", 4242, retrieval=Retrieval.GET)
KEEPER = DimsePeer("KEEPER", "KEEPER", "127.0.0.1", 4243, commits=True)
SENDS = Network(peers=(PACS, KEEPER), rules=Rules(send=(SendRule(peer="PACS"),)))
"""Two peers, one of which gets what is signed."""


@dataclass
class FakePacs:
    """kept: what it stored. failure: raised by every call, until it is taken away. refuses: why no object is stored.

    before_object: called before each object that is sent or fetched. asked: references whose keeping was asked for.
    withholds: how many objects of a study it counts and does not send. fails: how many it says that it cannot send.
    while_asked: called with the transaction's UID before the call that asks for it returns.
    """

    peer: Peer = PACS
    studies: dict[str, list[bytes]] = field(default_factory=dict)
    kept: list[bytes] = field(default_factory=list)
    failure: Exception | None = None
    refuses: str | None = None
    warns: str | None = None
    calls: int = 0
    asked: dict[str, Sequence[Reference]] = field(default_factory=dict)
    told: list[Commitment] = field(default_factory=list)
    withholds: int = 0
    fails: int = 0
    before_object: Callable[[int], None] = lambda _: None
    while_asked: Callable[[str], object] = lambda _: None

    def echo(self) -> None:
        self._answer()

    def find(self, query: StudyQuery) -> list[FoundStudy]:
        self._answer()
        return [FoundStudy(uid, number_of_instances=len(objects)) for uid, objects in self.studies.items()]

    def fetch(self, study_instance_uid: str, receive: Callable[[bytes], None], report: Report) -> None:
        self._answer()
        objects = self.studies.get(study_instance_uid, [])
        coming = objects[: len(objects) - self.withholds - self.fails]
        report(Progress(0, len(objects)))
        for number, content in enumerate(coming):
            self.before_object(number)
            receive(content)
            report(Progress(number + 1, len(objects)))
        if self.fails:
            report(Progress(len(coming), len(objects), self.fails))

    def send(self, objects: Sequence[bytes], report: Report) -> list[Sent]:
        self._answer()
        for number, content in enumerate(objects):
            self.before_object(number)
            if not self.refuses:
                self.kept.append(content)
            report(Progress(number + 1, len(objects)))
        return [Sent(str(number), not self.refuses, self.refuses or self.warns) for number in range(len(objects))]

    def request_commitment(self, references: Sequence[Reference], transaction_uid: str | None = None) -> str:
        self._answer()
        uid = transaction_uid or f"2.25.{uuid.uuid4().int}"
        self.asked[uid] = references
        self.while_asked(uid)
        return uid

    def send_commitment(self, commitment: Commitment) -> None:
        self._answer()
        self.told.append(commitment)

    def _answer(self) -> None:
        self.calls += 1
        if self.failure is not None:
            raise self.failure


def objects_of(reading_id: uuid.UUID, kinds: Sequence[ResultKind]) -> list[ResultObject]:
    """In the place of the DICOM objects of a reading: the same of each version and kind every time."""
    return [
        ResultObject(
            kind, Reference("1.2", f"2.25.{uuid.uuid5(reading_id, kind).int}"), f"{reading_id} {kind}".encode()
        )
        for kind in kinds
    ]


def fails(fact: type[Fact], reason: str = "the plug is out") -> Exception:
    return fact(reason)
