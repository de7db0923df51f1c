"""Which pixels of a slice lie above a limit that readers know, for the brush that paints no others."""

from collections.abc import Callable
from enum import StrEnum

import numpy as np

from scarmass.domain.errors import StructureNotKnown, ThresholdUndefined
from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Prompt
from scarmass.domain.proposal import VENTRICLE_LOOSENESS
from scarmass.domain.stack import Contrast, Slice, Stack
from scarmass.domain.structures import Structure
from scarmass.domain.thresholds import full_width_half_maximum, n_sd, remote_myocardium
from scarmass.services.context import Context
from scarmass.services.readings.propose import detect, image_of, segment
from scarmass.services.stacks import get_slice

VENTRICLE = frozenset({Structure.LEFT_VENTRICLE})


class Limit(StrEnum):
    """Standard deviations above remote myocardium, half of the maximum above it, or the model's own limit."""

    TWO_SD = "2sd"
    THREE_SD = "3sd"
    FOUR_SD = "4sd"
    FIVE_SD = "5sd"
    SIX_SD = "6sd"
    HALF_MAXIMUM = "fwhm"
    MODEL = "model"


def pixels_above(
    context: Context, sop_instance_uid: str, frame_number: int, limit: Limit, sensitivity: float = 0.0
) -> Mask:
    """All pixels (rows, columns) of the slice above its limit, within the wall and beyond it.

    sensitivity: moves the model's own limit, and no limit of signal.

    The wall that the limit rests on is the model's, in the ventricle's box. Half of the maximum is that of what the
    model takes for scar, or of all the wall where it sees none. Raises SliceNotFound, ThresholdUndefined.
    """
    with context.precedence.click():
        return _above(context, sop_instance_uid, frame_number, limit, sensitivity)


def _above(context: Context, sop_instance_uid: str, frame_number: int, limit: Limit, sensitivity: float) -> Mask:
    stack, one = get_slice(context, sop_instance_uid, frame_number)
    prompted = _around_ventricle(context, stack, one)
    if limit is Limit.MODEL:
        return prompted(Structure.SCAR, sensitivity)
    wall = prompted(Structure.LEFT_VENTRICLE) & ~prompted(Structure.BLOOD_POOL)
    if not wall.any():
        raise ThresholdUndefined("no wall of the left ventricle was found on this slice")
    pixels = image_of(context, one).pixels
    remote, everywhere = remote_myocardium(pixels, wall), np.ones_like(wall)
    if limit is not Limit.HALF_MAXIMUM:
        return n_sd(pixels, everywhere, remote, float(limit.value.removesuffix("sd")))
    scar = prompted(Structure.SCAR) & wall
    return full_width_half_maximum(
        pixels,
        everywhere,
        phase_sensitive=stack.contrast is Contrast.PSIR,
        base=remote,
        hyperenhanced=scar if scar.any() else wall,
    )


def _around_ventricle(context: Context, stack: Stack, one: Slice) -> Callable[..., Mask]:
    """What the segmenter answers for each structure in the ventricle's box: nothing, where nothing reaches its limit.

    Raises ThresholdUndefined.
    """
    found = detect(context, stack.slices, one, VENTRICLE)
    if not found:
        raise ThresholdUndefined("no left ventricle was found on this slice")
    around = found[0].box.loosened(VENTRICLE_LOOSENESS, one.shape)

    def prompted(structure: Structure, sensitivity: float = 0.0) -> Mask:
        prompt = Prompt(structure, (around,), sensitivity=sensitivity, is_drawn=False)
        try:
            return segment(context, stack.slices, one, prompt).mask
        except StructureNotKnown as error:
            raise ThresholdUndefined(f"the model does not outline the wall: {error}") from error

    return prompted
