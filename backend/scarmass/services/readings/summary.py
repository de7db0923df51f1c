"""How far each reading is, for the worklist: folded once a step, and remembered while the server lives."""

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from scarmass.domain.reading import SIGNED_STATES, Reading, ReadingState
from scarmass.domain.signature import Recipe
from scarmass.domain.stack import headline_extent
from scarmass.domain.structures import Structure
from scarmass.services.measure import measure_stack
from scarmass.services.remembered import Remembered
from scarmass.storage import readings
from scarmass.storage.versions import Version, versions_of

REMEMBERED_READINGS = 4096


class Progress(StrEnum):
    """How far the reading of a stack is: not opened, without proposals yet, proposed, begun, decided throughout, or
    signed."""

    NEW = "new"
    PREPARING = "preparing"
    FAILED = "failed"
    READY = "ready"
    READING = "reading"
    DONE = "done"
    SIGNED = "signed"


@dataclass(frozen=True)
class ReadingSummary:
    """mass_g: the site's headline figure, None where the geometry does not know it or nothing is measured yet.

    reader, changed_at: who made the last edit, and when; None where nobody made one.
    """

    id: uuid.UUID
    state: ReadingState
    revision: int
    progress: Progress
    reviewed: int
    of: int
    mass_g: float | None
    reader: str | None
    changed_at: datetime | None


class Summaries:
    """Summaries by what their readings consist of, at most REMEMBERED_READINGS. Safe to use from many threads: what one
    folds, the others wait for."""

    def __init__(self) -> None:
        self._known: Remembered[Version, ReadingSummary] = Remembered(REMEMBERED_READINGS)
        self._folding = threading.Lock()

    def forget(self) -> None:
        self._known.forget()

    def of(
        self, session: Session, reading_ids: Sequence[uuid.UUID], recipe_of: Callable[[Reading], Recipe]
    ) -> list[ReadingSummary]:
        """The summaries of these readings as they are now. recipe_of: how one is measured."""
        return [
            self._known.get(version) or self._folded(session, version, recipe_of)
            for version in versions_of(session, reading_ids)
        ]

    def _folded(self, session: Session, version: Version, recipe_of: Callable[[Reading], Recipe]) -> ReadingSummary:
        with self._folding:
            if (known := self._known.get(version)) is not None:
                return known
            reading = readings.get_reading(session, version.reading_id)
            summary = _summary(reading, version, recipe_of(reading))
            self._known.put(version, summary)
            return summary


def _summary(reading: Reading, version: Version, recipe: Recipe) -> ReadingSummary:
    masks, signature = reading.masks(Structure.SCAR), reading.record.signature
    extent = headline_extent(reading.slices, recipe.mass_extent)
    measured = measure_stack(reading.slices, masks, recipe.density_g_per_ml) if masks else None
    if measured is not None and signature is not None:
        measured = replace(measured, mass=signature.masses[Structure.SCAR])
    return ReadingSummary(
        id=reading.id,
        state=reading.state,
        revision=reading.revision,
        progress=_progress(reading),
        reviewed=reading.reviewed,
        of=len(reading.slices),
        mass_g=None if measured is None else measured.mass_g(extent),
        reader=version.author,
        changed_at=version.edited_at,
    )


def _progress(reading: Reading) -> Progress:
    if reading.state in SIGNED_STATES:
        return Progress.SIGNED
    if reading.slices and reading.reviewed == len(reading.slices):
        return Progress.DONE
    if reading.revision:
        return Progress.READING
    return {ReadingState.PREPARING: Progress.PREPARING, ReadingState.FAILED: Progress.FAILED}.get(
        reading.state, Progress.READY
    )
