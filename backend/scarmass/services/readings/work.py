"""The time that a reader worked on a reading, as the page measures it piece by piece."""

import uuid

from scarmass.domain.errors import ClientIdReused
from scarmass.services.context import Context
from scarmass.storage import reader_studies, readings, work


def add_work(context: Context, reading_id: uuid.UUID, client_id: uuid.UUID, seconds: float, reader: str) -> float:
    """Seconds of work on the reading with this piece, which counts once however often it is sent.

    Raises ReadingNotFound, ReadingAlreadySigned, ClientIdReused, NotReaderOfStudy.
    """
    with context.database.transaction() as session:
        state = readings.lock_reading(session, reading_id)
        for assignment in reader_studies.assignments_of(session, [reading_id]).values():
            assignment.require_reader(reader)
        before = work.work_by_client_id(session, reading_id, client_id)
        if before is None:
            state.require_unsigned()
            work.add_work(session, reading_id, client_id, reader, seconds)
        elif before != seconds:
            raise ClientIdReused("this client_id was used for another piece of work")
        return work.seconds_of_work(session, reading_id)
