"""A reading's sensitivity: fitted to what its reader decided, and the outlines that are drawn anew at another one."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.errors import Away
from scarmass.domain.outcome import Outcome
from scarmass.domain.prompts import Box, Prompt, box_around
from scarmass.domain.reading import HAND_MADE, Origin, Reading, Segment, SliceChange, SliceContent, SliceState
from scarmass.domain.sensitivity import fitted_sensitivity
from scarmass.domain.stack import Slice, SliceKey
from scarmass.domain.structures import Structure, scar_parts
from scarmass.services.context import Context
from scarmass.services.readings.propose import answer, heart_of, segment

log = logging.getLogger(__name__)

DRAWN_ROUND = 0.05
"""A painted scar is asked for in a box that lies outwards by this fraction of its length."""


def following(context: Context, reading: Reading, outcome: Outcome) -> Outcome:
    """The outcome of an edit together with what follows from it: another sensitivity, and outlines drawn at it.

    Slices that a reader decided on stay as they are. Where models fail or are away, the edit counts and nothing follows
    until the next one.
    """
    changed = {key: change.applied_to(reading.content(key)) for key, change in outcome.changes.items()}
    if not reading.sensitivity.follows or not any(map(_is_example, changed.values())):
        return outcome
    try:
        return _followed(context, reading, outcome, changed)
    except Away as away:
        log.warning("outlines do not follow an edit: %s", away)
        return outcome
    except Exception:  # whatever the models met: what the reader did must not be lost for it
        log.exception("outlines do not follow an edit")
        return outcome


def _followed(
    context: Context, reading: Reading, outcome: Outcome, changed: Mapping[SliceKey, SliceContent]
) -> Outcome:
    after = replace(reading, contents={**reading.contents, **changed})
    value = fitted(context, after)
    if value == reading.sensitivity.value:
        return outcome
    redrawn = redrawn_at(context, after, value)
    changes = {key: SliceChange(segments={Structure.SCAR: one}) for key, one in redrawn.items()}
    sensitivity = replace(reading.sensitivity, value=value)
    return replace(outcome, changes={**changes, **outcome.changes}, sensitivity=sensitivity)


def fitted(context: Context, reading: Reading) -> float:
    """The sensitivity that fits the slices with scar that the reading's reader decided on."""
    decided = []
    for one in reading.slices:
        content = reading.content(one.key)
        if content.scar is not None and _is_example(content):
            boxes = _boxes(one, content.scar)
            if boxes:
                decided.append((_logits(context, reading.slices, one, boxes), content.scar.mask))
    return fitted_sensitivity(decided, reading.prior)


def redrawn_at(
    context: Context, reading: Reading, sensitivity: float, in_hand: SliceKey | None = None
) -> Mapping[SliceKey, Segment]:
    """The scar at a sensitivity of every slice that no reader decided on, and of the slice in hand unless painted."""
    segments = {}
    for one in reading.slices:
        content = reading.content(one.key)
        if content.scar is None or not _is_redrawn(content, one.key == in_hand):
            continue
        is_drawn = content.scar.origin is not Origin.PROPOSED
        prompt = Prompt(
            Structure.SCAR, content.scar.boxes, content.scar.points, sensitivity=sensitivity, is_drawn=is_drawn
        )
        segments[one.key] = answer(context, reading.slices, one, prompt)
    return segments


def _logits(context: Context, slices: Sequence[Slice], one: Slice, boxes: tuple[Box, ...]) -> NDArray[np.float32]:
    """The logits (rows, columns) of the answer to boxes: each edit fits them anew, so they are remembered."""
    key = context.segmenter.model, one.pixels_key, heart_of(context, slices), boxes
    if (known := context.logits.get(key)) is not None:
        return known
    logits = segment(context, slices, one, Prompt(Structure.SCAR, boxes)).logits
    context.logits.put(key, logits)
    return logits


def _is_example(content: SliceContent) -> bool:
    """Whether the slice shows where its reader draws the border: scar that was accepted, or corrected by hand."""
    scar = content.scar
    if scar is None or not scar.mask.any():
        return False
    is_corrected = content.state is SliceState.EDITED and (bool(scar.points) or scar.origin is Origin.PAINT)
    return is_corrected or content.state is SliceState.ACCEPTED


def _is_redrawn(content: SliceContent, is_in_hand: bool) -> bool:
    scar = content.scar
    if scar is None or scar.origin in HAND_MADE or not (scar.boxes or scar.points):
        return False
    return content.state is SliceState.PROPOSED or (is_in_hand and content.state is SliceState.EDITED)


def _boxes(one: Slice, scar: Segment) -> tuple[Box, ...]:
    """What the slice's scar is asked for in: the boxes that were drawn, or boxes round what was painted."""
    if scar.boxes:
        return scar.boxes
    parts = scar_parts(scar.mask, one.header.pixel_spacing_mm)
    return tuple(box_around(part, DRAWN_ROUND) for part in parts)
