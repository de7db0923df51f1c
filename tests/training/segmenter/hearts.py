"""A drawn heart for the tests of the segmenter's training."""

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.structures import Structure


def heart(index: int = 0, with_scar: bool = True) -> AnnotatedSlice:
    """128 x 128 pixels: a ring of 28 and 19 pixels radius around (64, 64), its scar on the right."""
    y, x = np.mgrid[:128, :128] + 0.5
    radius, angle = np.hypot(x - 64, y - 64), np.arctan2(y - 64, x - 64)
    ventricle, blood = radius < 28, radius < 19
    scar = ventricle & ~blood & (np.abs(angle) < 0.7) & with_scar
    masks = {
        Structure.LEFT_VENTRICLE: ventricle,
        Structure.BLOOD_POOL: blood,
        Structure.SCAR: scar,
        Structure.NO_REFLOW: np.zeros_like(scar),
    }
    pixels = 40 + 60 * blood + 160 * scar + np.random.default_rng(index).normal(0, 4, scar.shape)
    return AnnotatedSlice("phantom", index, pixels.astype(np.float32), (1.4, 1.4), masks)
