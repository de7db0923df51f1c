"""A reading is signed by its reader, and amended by a new draft on top of it."""

import uuid
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from scarmass.domain.errors import (
    ClientIdReused,
    MeasuredInReaderStudy,
    ReadingAlreadyAmended,
    ReadingAlreadySigned,
    ReadingNotSigned,
    RevisionStale,
)
from scarmass.domain.reading import Reading, ReadingState
from scarmass.domain.signature import Signature
from scarmass.services.context import Context
from scarmass.services.pacs.ask import send_signed
from scarmass.services.readings.load import MeasuredReading, measured
from scarmass.storage import jobs, opening, readings, signatures, stacks
from scarmass.storage.jobs import Queue


def sign(
    context: Context, reading_id: uuid.UUID, client_id: uuid.UUID, expected_revision: int, reader: str
) -> MeasuredReading:
    """The reading as it is signed, with its recipe and its grams; the same request again gives the same answer.

    Raises ReadingNotFound, RevisionStale, SlicesUndecided, ReadingAlreadySigned, ClientIdReused,
    NotReaderOfStudy.
    """
    with context.database.transaction() as session:
        reading = _locked(session, reading_id)
        signature = reading.record.signature
        if signature is not None:
            if signature.client_id != client_id:
                raise ReadingAlreadySigned(f"the reading was signed by {signature.reader} already")
            _require_same(expected_revision, signature.revision)
            return measured(context, session, reading)
        _require_current(expected_revision, reading)
        assignment = reading.record.assignment
        if assignment is not None:
            assignment.require_reader(reader)
        reading.require_decided()
        signatures.add_signature(session, reading_id, _signature(context, session, reading, client_id, reader))
        if context.results_folder is not None and assignment is None:  # a measurement is no result of the patient
            signatures.add_delivery(session, reading_id)
            jobs.add_job(session, reading_id, Queue.DELIVERING)
        send_signed(context, session, reading)
        return measured(context, session, readings.get_reading(session, reading_id))


def amend(
    context: Context, reading_id: uuid.UUID, client_id: uuid.UUID, expected_revision: int, reader: str
) -> MeasuredReading:
    """A new draft on top of a signed reading, which stays as it was; the same request again gives the same draft.

    Raises ReadingNotFound, ReadingNotSigned, ReadingAlreadyAmended, RevisionStale, ClientIdReused,
    MeasuredInReaderStudy.
    """
    with context.database.transaction() as session:
        reading = _locked(session, reading_id)
        if reading.record.assignment is not None:
            raise MeasuredInReaderStudy("what was measured in a reader study stays as it was signed")
        newer = reading.record.replaced_by
        if newer is not None:
            if opening.amendment_by(session, client_id) != newer:
                raise ReadingAlreadyAmended("a newer version of this reading is there already")
            _require_same(expected_revision, reading.revision)
            return measured(context, session, readings.get_reading(session, newer))
        if reading.state is not ReadingState.SIGNED:
            raise ReadingNotSigned("the reading is not signed yet: it can be changed as it is")
        _require_current(expected_revision, reading)
        newer = opening.amend(session, reading, client_id, reader)
        return measured(context, session, readings.get_reading(session, newer))


def _signature(context: Context, session: Session, reading: Reading, client_id: uuid.UUID, reader: str) -> Signature:
    stack = stacks.get_stack(session, reading.stack_id)
    return Signature(
        client_id=client_id,
        revision=reading.revision,
        reader=reader,
        signed_at=datetime.now(UTC),
        recipe=context.recipe_of(reading),
        masses=measured(context, session, reading).masses,
        contrast=stack.contrast,
        warnings=stack.warnings,
    )


def _locked(session: Session, reading_id: uuid.UUID) -> Reading:
    """Raises ReadingNotFound."""
    readings.lock_reading(session, reading_id)
    return readings.get_reading(session, reading_id)


def _require_current(expected_revision: int, reading: Reading) -> None:
    if expected_revision != reading.revision:
        raise RevisionStale(f"the reading is at revision {reading.revision}, not {expected_revision}")


def _require_same(expected_revision: int, revision: int) -> None:
    if expected_revision != revision:
        raise ClientIdReused("this client_id was used for another request")
