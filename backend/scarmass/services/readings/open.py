"""Opening a stack's reading, and looking at its slices."""

import logging
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

from scarmass.domain.errors import Away, SliceNotInStack
from scarmass.domain.reading import ReadingState
from scarmass.domain.stack import SliceKey, outwards
from scarmass.services.context import Context
from scarmass.services.readings.placement import ask_ahead
from scarmass.services.readings.propose import embed
from scarmass.storage import jobs, opening, reading_slices, readings, stacks, studies

log = logging.getLogger(__name__)


def open_reading(
    context: Context, stack_id: str, client_id: uuid.UUID, reader: str, own: bool = False
) -> tuple[uuid.UUID, bool]:
    """The stack's reading, or the reader's own of it, and whether it is new; a new one on an LGE stack begins to be
    prepared.

    Raises StackNotFound, ClientIdReused.
    """
    with context.database.transaction() as session:
        studies.lock_study(session, stacks.get_stack(session, stack_id).study.study_instance_uid)
        stack = stacks.get_stack(session, stack_id)  # an import may have changed it meanwhile
        state = ReadingState.PREPARING if stack.is_lge else ReadingState.DRAFT
        opened_with = client_id, state, context.sensitivity, context.wall, reader, own
        reading_id, is_new = opening.open_reading(session, stack, *opened_with)
        if is_new and stack.is_lge:
            jobs.add_job(session, reading_id)
    return reading_id, is_new


def look(context: Context, reading_id: uuid.UUID, key: SliceKey) -> None:
    """The reader looks at this slice: it is prepared next, then those around it.

    Raises ReadingNotFound, SliceNotInStack.
    """
    with context.database.transaction() as session:
        _, state = readings.stack_and_state(session, reading_id)
        if key not in [one.key for one in reading_slices.slices_of(session, reading_id)]:
            raise SliceNotInStack("the slice is no part of the reading")
        if state is ReadingState.PREPARING:
            readings.set_slice_looked_at(session, reading_id, key)


class EmbeddingAhead:
    """A reading that is opened again has its proposals, but after a restart no embeddings: a thread makes them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embed")
        self._stopping = threading.Event()

    def start(self, reading_id: uuid.UUID) -> None:
        self._thread.submit(self._embed, reading_id)

    def stop(self) -> None:
        """Finish the slices at work."""
        self._stopping.set()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _embed(self, reading_id: uuid.UUID) -> None:
        context = self._context.snapshot()
        try:
            with context.database.transaction() as session:
                slices = reading_slices.slices_of(session, reading_id)
            for place, one in enumerate(order := list(outwards(slices, len(slices) // 2))):
                if self._stopping.is_set():
                    return
                if place % (at_once := context.segmenter.encodes_at_once) == 0:
                    embed(context, slices, order[place : place + at_once])
                ask_ahead(context, slices, one)
        except Away as away:
            log.warning("embeddings could not be made ahead: %s", away)
        except Exception:
            log.exception("embeddings could not be made ahead")
