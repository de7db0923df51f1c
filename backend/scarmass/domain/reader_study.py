"""A reader study: several readers measure the same stacks, perhaps with and without proposals, perhaps repeatedly.

What each reader reads, and in which order, follows from the study alone, so that it is the same whoever asks and when.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from scarmass.domain.errors import NotReaderOfStudy, ReaderStudyInvalid, ReadWithoutProposals

MOST_STACKS, MOST_READERS, MOST_REPEATS = 500, 20, 5
LONGEST_NAME = 120


class Arm(StrEnum):
    """One of the ways of reading that a reader study compares: from what models propose, or from empty slices."""

    WITH_PROPOSALS = "with_proposals"
    WITHOUT_PROPOSALS = "without_proposals"


@dataclass(frozen=True)
class Assignment:
    """One measurement that a reader makes in a reader study. repeat: from 1; number: its place in the reader's order,
    from 1, of all of theirs."""

    study_id: uuid.UUID
    reader: str
    stack_id: str
    arm: Arm
    repeat: int
    number: int
    of: int

    def require_reader(self, reader: str) -> None:
        """Raises NotReaderOfStudy."""
        if reader != self.reader:
            raise NotReaderOfStudy(f"this reading is {self.reader}'s part of a reader study")

    def require_proposals(self) -> None:
        """Raises ReadWithoutProposals."""
        if self.arm is Arm.WITHOUT_PROPOSALS:
            raise ReadWithoutProposals("this part of the reader study is read without proposals of the models")


@dataclass(frozen=True)
class ReaderStudy:
    """stack_ids: in the study's order. readers, arms: in theirs. repeats: how often each reader reads each stack in
    each arm. seed: of the order, None where stacks are read in the study's. alternates: of two arms a patient's first
    one alternates, over patients and over readers. hides_readings: until every measurement is signed, no list shows
    the study's readings. ordinals: the places that the stacks had when the study was made, which they keep where others
    were deleted for good; empty where all are there.

    Raises ReaderStudyInvalid.
    """

    id: uuid.UUID
    name: str
    stack_ids: tuple[str, ...]
    readers: tuple[str, ...]
    arms: tuple[Arm, ...] = (Arm.WITH_PROPOSALS,)
    repeats: int = 1
    seed: int | None = None
    alternates: bool = False
    hides_readings: bool = True
    ordinals: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ReaderStudyInvalid("a reader study needs a name")
        for what, values, most in (
            ("stack", self.stack_ids, MOST_STACKS),
            ("reader", self.readers, MOST_READERS),
            ("arm", self.arms, len(Arm)),
        ):
            if not 1 <= len(values) <= most:
                raise ReaderStudyInvalid(f"a reader study has 1 to {most} {what}s, not {len(values)}")
            if len(set(values)) < len(values):
                raise ReaderStudyInvalid(f"a {what} is named twice")
        if not 1 <= self.repeats <= MOST_REPEATS:
            raise ReaderStudyInvalid(f"each stack is read 1 to {MOST_REPEATS} times")

    def assignments(self, reader: str) -> tuple[Assignment, ...]:
        """What a reader reads, in order. Raises NotReaderOfStudy.

        Round by round: in each one the reader reads every stack once, and as many rounds as there are arms make a
        repeat. Where arms alternate a round mixes them, so that neither arm is always the first.
        """
        if reader not in self.readers:
            raise NotReaderOfStudy("you are no reader of this reader study: its readers were named when it was made")
        rounds = [(repeat, turn) for repeat in range(1, self.repeats + 1) for turn in range(len(self.arms))]
        read = [
            (stack_id, self._arm(reader, stack_id, turn), repeat)
            for repeat, turn in rounds
            for stack_id in self._order(reader, repeat, turn)
        ]
        return tuple(
            Assignment(self.id, reader, stack_id, arm, repeat, number, len(read))
            for number, (stack_id, arm, repeat) in enumerate(read, start=1)
        )

    @property
    def all_assignments(self) -> tuple[Assignment, ...]:
        return tuple(one for reader in self.readers for one in self.assignments(reader))

    def _arm(self, reader: str, stack_id: str, turn: int) -> Arm:
        place = self.stack_ids.index(stack_id)
        ordinal = self.ordinals[place] if self.ordinals else place
        shift = self.readers.index(reader) + ordinal if self.alternates else 0
        return self.arms[(turn + shift) % len(self.arms)]

    def _order(self, reader: str, repeat: int, turn: int) -> list[str]:
        """Shuffled by digests and not by a random generator: an order must outlive every version of a library."""
        if self.seed is None:
            return list(self.stack_ids)
        key = f"{self.seed} {repeat} {turn} {reader}"
        return sorted(self.stack_ids, key=lambda stack_id: sha256(f"{key} {stack_id}".encode()).digest())


@dataclass(frozen=True)
class Opened:
    """The reading that an assignment became, and whether it is signed."""

    reading_id: uuid.UUID
    is_signed: bool


Key = tuple[str, str, Arm, int]
"""(reader, stack_id, arm, repeat): what tells the assignments of one study apart."""


def key_of(assignment: Assignment) -> Key:
    return assignment.reader, assignment.stack_id, assignment.arm, assignment.repeat


@dataclass(frozen=True)
class Progress:
    """How far one reader is. next: what they read next, None where all is signed."""

    reader: str
    done: int
    of: int
    next: Assignment | None


def progress(study: ReaderStudy, reader: str, opened: Mapping[Key, Opened]) -> Progress:
    """Raises NotReaderOfStudy."""
    assignments = study.assignments(reader)
    left = [one for one in assignments if key_of(one) not in opened or not opened[key_of(one)].is_signed]
    return Progress(reader, len(assignments) - len(left), len(assignments), left[0] if left else None)
