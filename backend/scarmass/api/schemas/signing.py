"""The words of the REST contract about signing: what is kept of a reading beside its contents, and comparisons."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from scarmass.api.schemas.common import Strict
from scarmass.domain import reader_study
from scarmass.domain import signature as domain
from scarmass.domain.reader_study import Arm

LONGEST_PIECE_S = 60


class SignRequest(Strict):
    client_id: uuid.UUID
    expected_revision: Annotated[int, Field(ge=0, le=2**31 - 1)]


class WorkRequest(Strict):
    """seconds: that the reader worked since the piece before."""

    client_id: uuid.UUID
    seconds: Annotated[float, Field(gt=0, le=LONGEST_PIECE_S, allow_inf_nan=False)]


class Work(BaseModel):
    seconds_of_work: float


class Signature(BaseModel):
    reader: str
    signed_at: datetime

    @staticmethod
    def of(signature: domain.Signature | None) -> "Signature | None":
        return None if signature is None else Signature(reader=signature.reader, signed_at=signature.signed_at)


class Delivery(BaseModel):
    """A signed reading's way into the results folder. reason: why it waits."""

    is_written: bool
    reason: str | None
    changed_at: datetime

    @staticmethod
    def of(delivery: domain.Delivery | None) -> "Delivery | None":
        if delivery is None:
            return None
        return Delivery(is_written=delivery.is_written, reason=delivery.reason, changed_at=delivery.changed_at)


class Assignment(BaseModel):
    """A measurement in a reader study. number: its place among all that its reader makes, of so many."""

    reader_study_id: uuid.UUID
    reader: str
    stack_id: str
    arm: Arm
    repeat: int
    number: int
    of: int

    @staticmethod
    def of_domain(assignment: reader_study.Assignment) -> "Assignment":
        return Assignment(
            reader_study_id=assignment.study_id,
            reader=assignment.reader,
            stack_id=assignment.stack_id,
            arm=assignment.arm,
            repeat=assignment.repeat,
            number=assignment.number,
            of=assignment.of,
        )


class Record(BaseModel):
    """version: one more with each amendment. replaces, replaced_by: the versions before and after it.

    reader: whose own reading it is, null where it is the stack's. delivery: null where results are not written.
    seconds_of_work: that readers worked on this version. assignment: null where it is in no reader study.
    """

    version: int
    replaces: uuid.UUID | None
    replaced_by: uuid.UUID | None
    reader: str | None
    signature: Signature | None
    delivery: Delivery | None
    seconds_of_work: float
    assignment: Assignment | None

    @staticmethod
    def fields_of(record: domain.Record) -> dict[str, Any]:
        return {
            "version": record.version,
            "replaces": record.replaces,
            "replaced_by": record.replaced_by,
            "reader": record.reader,
            "signature": Signature.of(record.signature),
            "delivery": Delivery.of(record.delivery),
            "seconds_of_work": record.seconds_of_work,
            "assignment": record.assignment and Assignment.of_domain(record.assignment),
        }
