"""Following a reading: what changed in it since a stand that somebody knows."""

import uuid
from dataclasses import dataclass

from scarmass.domain.errors import StandInvalid
from scarmass.services.context import Context
from scarmass.services.readings.reading import Reading, reading_at
from scarmass.storage import readings


@dataclass(frozen=True)
class Stand:
    """How many proposals and edits a reading has, and its state: rows are only added, so equal stands are equal."""

    proposals: int
    edits: int
    state: str

    def __str__(self) -> str:
        return f"{self.proposals}.{self.edits}.{self.state}"

    @staticmethod
    def parsed(text: str) -> "Stand":
        """The stand of its text. Raises StandInvalid."""
        proposals, _, rest = text.partition(".")
        edits, _, state = rest.partition(".")
        if not (proposals.isdecimal() and edits.isdecimal() and state.isalpha() and len(text) < 64):
            raise StandInvalid("an event's id is two numbers and a state")
        return Stand(int(proposals), int(edits), state)


def stand(context: Context, reading_id: uuid.UUID) -> Stand:
    """Cheap enough to be asked several times a second. Raises ReadingNotFound."""
    with context.database.transaction() as session:
        return Stand(*readings.stand_of(session, reading_id))


def reading_since(context: Context, reading_id: uuid.UUID, seen: Stand) -> Reading:
    """The reading as it is now; `changed` holds the slices that were touched since then. Raises ReadingNotFound."""
    with context.database.transaction() as session:
        row = readings.get_reading(session, reading_id)
        return reading_at(context, session, row, seen=(seen.proposals, seen.edits))
