"""How well an answered mask covers a reference: Dice, and how far apart their outlines are."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from scarmass.domain.errors import MaskShapeMismatch
from scarmass.domain.masks import Mask


def dice(answer: Mask, reference: Mask) -> float:
    """2 |A and B| / (|A| + |B|) of two masks of one shape, 1 where both are empty.

    Dice, Ecology 1945;26:297. Raises MaskShapeMismatch.
    """
    return pooled_dice([answer], [reference])


def pooled_dice(answers: Sequence[Mask], references: Sequence[Mask]) -> float:
    """Dice of slices taken together, as of one volume: pixels are counted over all before they are divided.

    Slices may differ in shape, an answer and its reference may not. 1 where all are empty. Raises MaskShapeMismatch.
    """
    if len(answers) != len(references):
        raise MaskShapeMismatch(f"{len(answers)} answers do not pair with {len(references)} references")
    for answer, reference in zip(answers, references, strict=True):
        _of_one_shape(answer, reference)
    total = sum(int(mask.sum()) for mask in (*answers, *references))
    shared = sum(int((answer & reference).sum()) for answer, reference in zip(answers, references, strict=True))
    return 2 * shared / total if total else 1.0


def hausdorff_95_mm(answer: Mask, reference: Mask, pixel_spacing_mm: tuple[float, float]) -> float:
    """The 95th percentile Hausdorff distance of two outlines on one slice, in mm.

    The greater of the two directed distances, each the 95th percentile (linear interpolation) over one outline's
    pixels of the distance to the nearest pixel of the other, between pixel centres (HD95 in Maier-Hein et al., Nat
    Methods 2024;21:195). An outline is the mask's pixels with one of four neighbours, or the image's edge, outside.

    Masks (rows, columns); pixel_spacing_mm is (row, column). 0 where both are empty, inf where one is: nothing of
    it is near, and no average hides that. Raises MaskShapeMismatch.
    """
    _of_one_shape(answer, reference)
    if not answer.any() or not reference.any():
        return 0.0 if answer.any() == reference.any() else float("inf")
    one, other = _outline(answer), _outline(reference)
    return max(_directed(one, other, pixel_spacing_mm), _directed(other, one, pixel_spacing_mm))


def _directed(start: Mask, end: Mask, pixel_spacing_mm: tuple[float, float]) -> float:
    """95th percentile over the start's pixels of their distance to the end."""
    distance_mm = np.asarray(ndimage.distance_transform_edt(~end, sampling=pixel_spacing_mm))
    return float(np.percentile(distance_mm[start], 95))


def _outline(mask: Mask) -> Mask:
    return mask & ~np.asarray(ndimage.binary_erosion(mask), dtype=bool)


def _of_one_shape(answer: Mask, reference: Mask) -> None:
    if answer.shape != reference.shape:
        raise MaskShapeMismatch(f"an answer of shape {answer.shape} has a reference of shape {reference.shape}")
