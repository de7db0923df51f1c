"""Preparing a reading in the background: proposals slice by slice, from where the reader looks outwards.

Closing the page does not stop it, and what a restart cut off is taken up again at the next start.
"""

import logging
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from scarmass.domain.edits import proposal
from scarmass.domain.errors import DatabaseUnavailable, SliceNotInStack
from scarmass.domain.reading import Reading, ReadingState, SliceChange
from scarmass.domain.stack import Slice, SliceKey
from scarmass.services.context import Context
from scarmass.services.readings.propose import detection_of, embed, propose
from scarmass.storage import readings, studies

log = logging.getLogger(__name__)

DATABASE_RETRY_S = 2.0


class Preparer:
    """One worker that prepares readings in turn; models work one slice at a time anyway."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="prepare")
        self._stopping = threading.Event()
        self._looked_at: dict[uuid.UUID, SliceKey] = {}

    def open(self, stack_id: str, client_id: uuid.UUID) -> tuple[uuid.UUID, bool]:
        """The stack's reading and whether it is new; a new one on an LGE stack begins to be prepared."""
        with self._context.database.transaction() as session:
            studies.lock_study(session, studies.get_stack(session, stack_id).study.study_instance_uid)
            stack = studies.get_stack(session, stack_id)  # an import may have changed it meanwhile
            state = ReadingState.PREPARING if stack.is_lge else ReadingState.DRAFT
            reading_id, is_new = readings.open_reading(session, stack, client_id, state)
        if is_new and stack.is_lge:
            self.take_up(reading_id)
        elif not is_new:
            self._worker.submit(self._embed_again, reading_id)
        return reading_id, is_new

    def look(self, reading_id: uuid.UUID, key: SliceKey) -> None:
        """The reader looks at this slice: it is prepared next, then those around it.

        Raises ReadingNotFound, SliceNotInStack.
        """
        with self._context.database.transaction() as session:
            reading = readings.get_reading(session, reading_id)
        if key not in reading.keys:
            raise SliceNotInStack("the slice is no part of the reading")
        if reading.state is ReadingState.PREPARING:
            self._looked_at[reading_id] = key

    def resume(self) -> None:
        """Take up every reading that a restart cut off."""
        with self._context.database.transaction() as session:
            cut_off = readings.readings_in_state(session, ReadingState.PREPARING)
        for reading_id in cut_off:
            self.take_up(reading_id)

    def stop(self) -> None:
        """Finish the slice at work and leave the rest for the next start."""
        self._stopping.set()
        self._worker.shutdown(wait=True, cancel_futures=True)

    def take_up(self, reading_id: uuid.UUID) -> None:
        """Prepare what is still to be prepared of a reading."""
        self._worker.submit(self._prepare, reading_id)

    def _prepare(self, reading_id: uuid.UUID) -> None:
        """One slice, and then the other readings' turn: nobody waits for the whole stack of somebody else."""
        try:
            is_whole = self._prepare_slice(reading_id)
        except DatabaseUnavailable:
            # Not the reading's fault, and nothing could be stored of it now: it goes on when PostgreSQL is back.
            log.warning("reading %s waits for the database", reading_id)
            is_whole = self._stopping.wait(DATABASE_RETRY_S)
        if not is_whole and not self._stopping.is_set():
            self.take_up(reading_id)

    def _prepare_slice(self, reading_id: uuid.UUID) -> bool:
        """Prepare the next slice; answers whether the reading is ended with."""
        try:
            with self._context.database.transaction() as session:
                reading = readings.get_reading(session, reading_id)
            # What goes wrong here is wrong with every slice: the reading fails, not one slice after the other.
            detection_of(self._context, reading.slices)
        except DatabaseUnavailable:
            raise
        except Exception:
            log.exception("reading %s could not be prepared", reading_id)
            self._finish(reading_id, ReadingState.FAILED)
            return True
        if reading.unproposed:
            one = self._next(reading)
            self._store(reading_id, one.key, self._propose(reading, one))
        if len(reading.unproposed) > 1:
            return False
        self._finish(reading_id, ReadingState.DRAFT)
        self._looked_at.pop(reading_id, None)
        return True

    def _next(self, reading: Reading) -> Slice:
        looked_at = self._looked_at.get(reading.id)
        middle = reading.keys.index(looked_at) if looked_at in reading.keys else len(reading.slices) // 2
        unproposed = {one.key for one in reading.unproposed}
        return next(one for one in outwards(reading.slices, middle) if one.key in unproposed)

    def _propose(self, reading: Reading, one: Slice) -> SliceChange:
        try:
            embed(self._context, reading.slices, one)
            return proposal(propose(self._context, reading.slices, one))
        except Exception:
            log.exception("no proposal for a slice")
            return proposal(None)

    def _embed_again(self, reading_id: uuid.UUID) -> None:
        """A reading that is opened again has its proposals, but after a restart no embeddings."""
        try:
            with self._context.database.transaction() as session:
                slices = readings.slices_of(session, reading_id)
            for one in outwards(slices, len(slices) // 2):
                if self._stopping.is_set():
                    return
                embed(self._context, slices, one)
        except Exception:
            log.exception("embeddings could not be made ahead")

    def _store(self, reading_id: uuid.UUID, key: SliceKey, change: SliceChange) -> None:
        with self._context.database.transaction() as session:
            readings.add_proposal(session, reading_id, key, change)

    def _finish(self, reading_id: uuid.UUID, state: ReadingState) -> None:
        with self._context.database.transaction() as session:
            readings.lock_reading(session, reading_id)
            readings.set_state(session, reading_id, state)


def outwards(slices: Sequence[Slice], index: int) -> list[Slice]:
    """The slices in the order a reader meets them from this index; the page opens in the middle of the stack."""
    order = sorted(range(len(slices)), key=lambda at: (abs(at - index), at))
    return [slices[at] for at in order]
