"""Preparing a reading in the background: proposals slice by slice, from where the reader looks outwards.

Closing the page does not stop it, and what a restart cut off is taken up again at the next start.
"""

import logging
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from scarmass.domain.errors import DatabaseUnavailable, SliceNotInStack
from scarmass.domain.reading import SliceState
from scarmass.domain.stack import SliceKey
from scarmass.services.context import Context
from scarmass.services.measure import slice_key
from scarmass.services.readings import propose
from scarmass.services.readings.edit import proposal
from scarmass.services.readings.reading import SliceContent, load_reading
from scarmass.services.slices import slice_image
from scarmass.storage import readings, studies
from scarmass.storage.tables import SliceRow, StackRow

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
            studies.lock_study(session, studies.get_stack(session, stack_id).study_instance_uid)
            stack = studies.get_stack(session, stack_id)  # an import may have dropped it meanwhile
            is_lge = stack.is_lge if stack.is_lge_by_reader is None else stack.is_lge_by_reader
            state = readings.PREPARING if is_lge else readings.DRAFT
            row, is_new = readings.open_reading(session, stack_id, client_id, state)
        if is_new and is_lge:
            self._submit(row.id)
        elif not is_new:
            self._worker.submit(self._embed_again, row.stack_id)
        return row.id, is_new

    def look(self, reading_id: uuid.UUID, key: SliceKey) -> None:
        """The reader looks at this slice: it is prepared next, then those around it.

        Raises ReadingNotFound, SliceNotInStack.
        """
        with self._context.database.transaction() as session:
            row = readings.get_reading(session, reading_id)
            if key not in map(slice_key, studies.get_stack(session, row.stack_id).slices):
                raise SliceNotInStack("the slice is no part of the reading's stack")
            if row.state == readings.PREPARING:
                self._looked_at[reading_id] = key

    def resume(self) -> None:
        """Take up every reading that a restart cut off."""
        with self._context.database.transaction() as session:
            cut_off = [row.id for row in readings.readings_in_state(session, readings.PREPARING)]
        for reading_id in cut_off:
            self._submit(reading_id)

    def stop(self) -> None:
        """Finish the slice at work and leave the rest for the next start."""
        self._stopping.set()
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _submit(self, reading_id: uuid.UUID) -> None:
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
            self._submit(reading_id)

    def _prepare_slice(self, reading_id: uuid.UUID) -> bool:
        """Prepare the next slice; answers whether the reading is ended with."""
        try:
            reading = load_reading(self._context, reading_id)
            # What goes wrong here is wrong with every slice: the reading fails, not one slice after the other.
            self._context.hearts.of(reading.stack, self._context.files, self._context.detector)
        except DatabaseUnavailable:
            raise
        except Exception:
            log.exception("reading %s could not be prepared", reading_id)
            self._finish(reading_id, readings.FAILED)
            return True
        waiting = [row for row in reading.stack.slices if slice_key(row) not in reading.proposed]
        if waiting:
            row = self._next(reading_id, reading.stack.slices, waiting)
            self._store(reading_id, row, self._propose(reading.stack, row))
        if len(waiting) > 1:
            return False
        self._finish(reading_id, readings.DRAFT)
        self._looked_at.pop(reading_id, None)
        return True

    def _next(self, reading_id: uuid.UUID, rows: Sequence[SliceRow], waiting: Sequence[SliceRow]) -> SliceRow:
        looked_at = [row for row in rows if slice_key(row) == self._looked_at.get(reading_id)]
        return outwards(waiting, looked_at[0].index if looked_at else len(rows) // 2)[0]

    def _propose(self, stack: StackRow, row: SliceRow) -> SliceContent:
        try:
            self._embed(stack, row)
            return proposal(self._context, stack, row)
        except Exception:
            log.exception("no proposal for a slice")
            return SliceContent(SliceState.FAILED)

    def _embed(self, stack: StackRow, row: SliceRow) -> None:
        region = self._context.hearts.of(stack, self._context.files, self._context.detector).region
        self._context.segmenter.embed(slice_image(self._context.files, row.instance), region)

    def _embed_again(self, stack_id: str) -> None:
        """A reading that is opened again has its proposals, but after a restart no embeddings."""
        try:
            stack = propose.load_stack(self._context, stack_id)
            for row in outwards(stack.slices, len(stack.slices) // 2):
                if self._stopping.is_set():
                    return
                self._embed(stack, row)
        except Exception:
            log.exception("embeddings could not be made ahead")

    def _store(self, reading_id: uuid.UUID, row: SliceRow, content: SliceContent) -> None:
        with self._context.database.transaction() as session:
            readings.add_proposal(session, reading_id, *slice_key(row), content.to_json())

    def _finish(self, reading_id: uuid.UUID, state: str) -> None:
        with self._context.database.transaction() as session:
            readings.get_reading(session, reading_id, lock=True).state = state


def outwards(rows: Sequence[SliceRow], index: int) -> list[SliceRow]:
    """The slices in the order a reader meets them from this index; the page opens in the middle of the stack."""
    return sorted(rows, key=lambda row: (abs(row.index - index), row.index))
