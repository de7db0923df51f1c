"""From what a reader drew, whichever tissues those are, to the structures: nested, filled to the epicardium."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

import numpy as np

from scarmass.domain.errors import AnnotationInvalid
from scarmass.domain.masks import Mask, without_holes
from scarmass.domain.structures import Structure


class Tissue(StrEnum):
    """What a mask may show. myocardium may or may not include scar; OTHER is nothing of the left ventricle."""

    LEFT_VENTRICLE = "left_ventricle"
    BLOOD_POOL = "blood_pool"
    MYOCARDIUM = "myocardium"
    SCAR = "scar"
    NO_REFLOW = "no_reflow"
    OTHER = "other"


NAMES: tuple[tuple[Tissue, str], ...] = (
    (Tissue.OTHER, r"right|\brv|\batri|aort"),
    (Tissue.NO_REFLOW, r"no[ -]?reflow|mvo\b|microvascular"),
    (Tissue.SCAR, r"scar|infarct|fibrosis|enhancement"),
    (Tissue.BLOOD_POOL, r"blood|cavity|endocard|\blumen"),
    (Tissue.MYOCARDIUM, r"myocard|\bmyo\b|o?edema|\bwall\b"),
    (Tissue.LEFT_VENTRICLE, r"left ventric|epicard|\blv\b"),
)
"""The first that is found in a name decides: scarred myocardium is scar, and the LV blood pool is blood."""


def tissue_named(name: str) -> Tissue:
    """The tissue that a segment's label or a file's name speaks of. Raises AnnotationInvalid where it names none."""
    words = re.sub(r"[_.\-\s]+", " ", name.lower())
    for tissue, pattern in NAMES:
        if re.search(pattern, words):
            return tissue
    raise AnnotationInvalid(f"“{name}” names no tissue that is known")


def structures_of(drawn: Mapping[Tissue, Mask]) -> dict[Structure, Mask]:
    """Masks of all structures, bool (slices, rows, columns), from those of the tissues that were drawn.

    The myocardium must be given, by itself or as the difference of left ventricle and blood pool; scar that was drawn
    nowhere is no scar. Holes are filled in each slice; the holes of a myocardium drawn alone are the blood pool.
    Raises AnnotationInvalid.
    """
    given = {tissue: np.asarray(mask, dtype=bool) for tissue, mask in drawn.items() if tissue is not Tissue.OTHER}
    if Tissue.MYOCARDIUM not in given and not {Tissue.LEFT_VENTRICLE, Tissue.BLOOD_POOL} <= given.keys():
        named = ", ".join(given) or "nothing"
        raise AnnotationInvalid(f"the masks show {named}: the myocardium, or left ventricle and blood pool, is missing")
    nothing = np.zeros_like(next(iter(given.values())))
    no_reflow = given.get(Tissue.NO_REFLOW, nothing)
    scar = given.get(Tissue.SCAR, nothing) | no_reflow
    ventricle = np.array([without_holes(one) for one in _any_of(given.values())])
    blood = given.get(Tissue.BLOOD_POOL)
    if blood is None:
        blood = ventricle & ~given[Tissue.MYOCARDIUM]
    return {
        Structure.LEFT_VENTRICLE: ventricle,
        Structure.BLOOD_POOL: blood & ~scar,
        Structure.SCAR: scar,
        Structure.NO_REFLOW: no_reflow,
    }


def _any_of(masks: Iterable[Mask]) -> Mask:
    return np.logical_or.reduce(list(masks))
