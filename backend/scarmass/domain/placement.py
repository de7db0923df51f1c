"""Where an outlined scar lies: in the wall of the left ventricle, or outside the ventricle, or in its blood.

What is said of it is said to a reader, who decides: the tolerances are wide, so that what is marked is worth a look.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Box, within
from scarmass.domain.protocols import Segmentation, VentricleOutline
from scarmass.domain.sensitivity import HIGHEST, mask_at
from scarmass.domain.structures import scar_parts

MARGIN_MM = 10.0
"""What lies this near to the ventricle's box is not outside: neither boxes nor breath-holds are exact."""

OUTSIDE_SHARE = 0.5
"""A part with more than this of its area outside lies there."""

BLOOD_SHARE = 0.8
"""A part with more than this of its area in blood lies there; scar under the endocardium does not."""

BLOOD_EROSION_MM = 2.0
"""Blood counts only this far from where its outline ends, as outlines of it are not exact."""


@dataclass(frozen=True)
class Misplaced:
    """The parts of a scar that lie where no scar is: masks, bool (rows, columns), empty where there are none."""

    outside: Mask
    in_blood: Mask

    @property
    def mask(self) -> Mask | None:
        both = self.outside | self.in_blood
        return both if both.any() else None

    def warnings(self, amount: Callable[[Mask], str]) -> tuple[str, ...]:
        """What a reader is told. amount: how much a mask (rows, columns) is, as "3.1 g"."""
        said = (
            (self.outside, "of the scar lie outside the left ventricle"),
            (self.in_blood, "of the scar lie in the blood pool"),
        )
        return tuple(f"{amount(part)} {words}" for part, words in said if part.any())


def certain_blood(outline: VentricleOutline, scar: Segmentation) -> Mask:
    """What a segmenter outlines as blood and, asked for scar in the ventricle's box, calls scar at no sensitivity.

    Scar as bright as blood is easily taken for it, so its outline of the blood alone says too little.
    """
    return (outline.blood_pool > 0) & ~mask_at(scar.logits, HIGHEST)


def misplaced(scar: Mask, ventricle: Box, blood: Mask | None, pixel_spacing_mm: tuple[float, float]) -> Misplaced:
    """Which parts of a scar mask (rows, columns) lie mostly outside the ventricle, and which mostly in its blood.

    ventricle: its box on the slice. blood: mask (rows, columns), None where it is not known. Specks are left out.
    """
    inside = within(with_margin(ventricle, pixel_spacing_mm), scar.shape)
    deep = np.zeros_like(scar) if blood is None else _eroded(blood, pixel_spacing_mm)
    outside, in_blood = np.zeros_like(scar), np.zeros_like(scar)
    for part in scar_parts(scar, pixel_spacing_mm):
        if (part & ~inside).sum() > OUTSIDE_SHARE * part.sum():
            outside |= part
        elif (part & deep).sum() > BLOOD_SHARE * part.sum():
            in_blood |= part
    return Misplaced(outside, in_blood)


def with_margin(ventricle: Box, pixel_spacing_mm: tuple[float, float]) -> Box:
    """The ventricle's box with its sides moved outwards by MARGIN_MM."""
    row, column = (MARGIN_MM / spacing for spacing in pixel_spacing_mm)
    return Box(ventricle.x0 - column, ventricle.y0 - row, ventricle.x1 + column, ventricle.y1 + row)


def _eroded(mask: Mask, pixel_spacing_mm: tuple[float, float]) -> Mask:
    eroded = np.zeros_like(mask)
    if mask.any():
        (found,) = ndimage.find_objects(mask.astype(np.uint8))
        place = tuple(slice(max(axis.start - 1, 0), axis.stop + 1) for axis in found)
        depth_mm = np.asarray(ndimage.distance_transform_edt(mask[place], sampling=pixel_spacing_mm))
        eroded[place] = depth_mm > BLOOD_EROSION_MM
    return eroded
