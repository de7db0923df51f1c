"""A reading's model answers computed again from the stored prompts, beside the masks that are the record."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from scarmass.domain.confinement import confined
from scarmass.domain.correction import redrawn
from scarmass.domain.overlap import dice
from scarmass.domain.prompts import Prompt
from scarmass.domain.reading import PENDING, EditKind, Origin, Reading, Segment
from scarmass.domain.stack import headline_extent
from scarmass.domain.structures import Structure
from scarmass.services.context import Context
from scarmass.services.measure import measure_slice
from scarmass.services.readings.propose import answer
from scarmass.storage import history, readings


@dataclass(frozen=True)
class Replayed:
    """One answer of the segmenter, stored and computed again.

    revision: of the edit, None for a proposal made while the reading was prepared. mass_g: by the site's extent, of the
    stored mask and of the new one; None where the geometry does not know it.
    """

    revision: int | None
    index: int
    stored_by: str
    dice: float
    stored_mass_g: float | None
    mass_g: float | None


def replay(context: Context, reading_id: uuid.UUID) -> Iterator[Replayed]:
    """Every mask that the segmenter made: the proposals, then edit by edit. Painted masks and decisions are no model's.

    Raises ReadingNotFound.
    """
    with context.database.transaction() as session:
        edits = history.past_edits(session, reading_id)
        proposed = readings.get_reading(session, reading_id, 0)
    for index in range(len(proposed.slices)):
        yield from _again(context, None, proposed, index, None)
    for edit in edits:
        if edit.kind not in (EditKind.PROMPT, EditKind.PROPOSE):
            continue
        with context.database.transaction() as session:
            before, after = (readings.get_reading(session, reading_id, edit.revision - back) for back in (1, 0))
        for index, one in enumerate(after.slices):
            if one.key in edit.slices:
                yield from _again(
                    context, before if edit.kind is EditKind.PROMPT else None, after, index, edit.revision
                )


def _again(
    context: Context, before: Reading | None, after: Reading, index: int, revision: int | None
) -> Iterator[Replayed]:
    """The answers on one slice that this step made, asked for once more."""
    one = after.slices[index]
    extent = headline_extent(after.slices, context.mass_extent)
    content = PENDING if before is None else before.content(one.key)
    segments = after.content(one.key).segments
    for structure, stored in segments.items():
        was = content.segments.get(structure)
        is_of_this_step = stored.origin is Origin.PROPOSED if before is None else not _are_equal(stored, was)
        if stored.model is None or not (stored.boxes or stored.points) or not is_of_this_step:
            continue
        prompt = Prompt(
            structure,
            stored.boxes,
            stored.points,
            sensitivity=stored.sensitivity or 0.0,
            is_drawn=stored.origin is not Origin.PROPOSED,
        )
        again = redrawn(was, prompt, partial(answer, context, after.slices, one))
        if structure is Structure.SCAR and after.wall.confines_scar:
            again = confined(again, content, segments)
        mask = again.mask
        stored_g, again_g = (
            measure_slice(one, each, context.density_g_per_ml).mass.by(extent) for each in (stored.mask, mask)
        )
        yield Replayed(
            revision=revision,
            index=index,
            stored_by=f"{stored.model.name} {stored.model.sha256}",
            dice=dice(mask, stored.mask),
            stored_mass_g=None if stored_g is None else stored_g.mass_g,
            mass_g=None if again_g is None else again_g.mass_g,
        )


def _are_equal(one: Segment, other: Segment | None) -> bool:
    return (
        other is not None
        and (one.boxes, one.points, one.model) == (other.boxes, other.points, other.model)
        and np.array_equal(one.mask, other.mask)
    )
