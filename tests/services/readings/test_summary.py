"""How far readings are, as the worklist tells it."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

from scarmass.domain.reading import Reading
from scarmass.domain.signature import Recipe
from scarmass.services.readings.summary import ReadingSummary, Summaries
from tests.services.readings.reported import Reported


def test_however_many_ask_at_once_a_reading_is_folded_once(reported: Reported) -> None:
    context, reading_id = reported.context, uuid.UUID(reported.id)
    summaries, folded = Summaries(), []
    everybody, others_had_time = threading.Barrier(4), threading.Event()

    def recipe_of(reading: Reading) -> Recipe:
        folded.append(reading.id)
        others_had_time.wait(0.2)
        return context.recipe_of(reading)

    def ask(_: int) -> list[ReadingSummary]:
        everybody.wait()
        with context.database.moment() as session:
            return summaries.of(session, [reading_id], recipe_of)

    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(ask, range(4)))
    assert folded == [reading_id]
    assert all(one == told[0] for one in told)
    assert told[0][0].id == reading_id
