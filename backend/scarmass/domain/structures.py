"""The structures of the left ventricle that are segmented, its myocardium, and the parts of its scar."""

from collections.abc import Mapping
from enum import StrEnum

from scarmass.domain.masks import Mask, components

SMALLEST_SCAR_MM2 = 30.0
"""Parts of scar below this area are specks: they are not proposed, and no reference box is drawn around them."""


class Structure(StrEnum):
    """LEFT_VENTRICLE is the epicardial disc: it holds all the others."""

    SCAR = "scar"
    NO_REFLOW = "no_reflow"
    BLOOD_POOL = "blood_pool"
    LEFT_VENTRICLE = "left_ventricle"


CONTOURED = (Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL)
"""What the wall lies between."""


def myocardium(masks: Mapping[Structure, Mask]) -> Mask:
    """The left ventricle less its blood pool, from masks of both of one shape."""
    return masks[Structure.LEFT_VENTRICLE] & ~masks[Structure.BLOOD_POOL]


def scar_parts(scar: Mask, pixel_spacing_mm: tuple[float, float]) -> list[Mask]:
    """The 8-connected parts of a scar mask (rows, columns) without specks, largest first."""
    return [part for part in components(scar) if not is_speck(part, pixel_spacing_mm)]


def is_speck(part: Mask, pixel_spacing_mm: tuple[float, float]) -> bool:
    """Whether a part of scar, a mask (rows, columns), is smaller than SMALLEST_SCAR_MM2."""
    row_mm, column_mm = pixel_spacing_mm
    return bool(part.sum() * row_mm * column_mm < SMALLEST_SCAR_MM2)
