"""The structures of the left ventricle that are segmented, and the myocardium between two of them."""

from collections.abc import Mapping
from enum import StrEnum

from scarmass.domain.masks import Mask


class Structure(StrEnum):
    """LEFT_VENTRICLE is the epicardial disc: it holds all the others."""

    SCAR = "scar"
    NO_REFLOW = "no_reflow"
    BLOOD_POOL = "blood_pool"
    LEFT_VENTRICLE = "left_ventricle"


def myocardium(masks: Mapping[Structure, Mask]) -> Mask:
    """The left ventricle less its blood pool, from masks of both of one shape."""
    return masks[Structure.LEFT_VENTRICLE] & ~masks[Structure.BLOOD_POOL]
