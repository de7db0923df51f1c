"""A reading's model answers computed again from the stored prompts, beside the masks that are the record."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from scarmass.domain.overlap import dice
from scarmass.domain.prompts import Prompt
from scarmass.domain.reading import EditKind
from scarmass.services.context import Context
from scarmass.services.measure import measure_slice, slice_key
from scarmass.services.readings import propose
from scarmass.services.readings.edit import previous_mask
from scarmass.services.readings.reading import Reading, SliceContent, reading_at
from scarmass.storage import readings
from scarmass.storage.tables import SliceRow


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
        row = readings.get_reading(session, reading_id)
        edits = readings.edit_heads(session, reading_id)
        proposed = reading_at(context, session, row, 0)
    for each in proposed.stack.slices:
        yield from _again(context, proposed, each, proposed.content(each), None, None)
    for edit in edits:
        if edit.kind not in (EditKind.PROMPT, EditKind.PROPOSE):
            continue
        with context.database.transaction() as session:
            before, after = (reading_at(context, session, row, edit.revision - back) for back in (1, 0))
        for each in after.stack.slices:
            if slice_key(each) in edit.slices:
                earlier = before.content(each) if edit.kind is EditKind.PROMPT else None
                yield from _again(context, after, each, after.content(each), earlier, edit.revision)


def _again(
    context: Context,
    reading: Reading,
    row: SliceRow,
    content: SliceContent,
    earlier: SliceContent | None,
    revision: int | None,
) -> Iterator[Replayed]:
    if content.mask is None or content.model is None or not (content.boxes or content.points):
        return
    previous = None if earlier is None else previous_mask(earlier, content.boxes, content.points)
    prompt = Prompt(boxes=content.boxes, points=content.points, previous=previous)
    mask = propose.segment(context, reading.stack, row, prompt).mask
    stored, again = (
        measure_slice(row, each, context.density_g_per_ml).mass.by(context.mass_extent) for each in (content.mask, mask)
    )
    yield Replayed(
        revision=revision,
        index=row.index,
        stored_by=f"{content.model.name} {content.model.sha256}",
        dice=dice(mask, content.mask),
        stored_mass_g=None if stored is None else stored.mass_g,
        mass_g=None if again is None else again.mass_g,
    )
