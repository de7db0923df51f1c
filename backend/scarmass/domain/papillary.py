"""Papillary muscles: what is as dark as the wall inside the contour of the blood pool.

The contour is a smooth curve, so they count as blood unless they are taken out of it.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmass.domain.masks import Mask, components
from scarmass.domain.reading import Segment

SMALLEST_MUSCLE_MM2 = 10.0
"""Dark parts below this area are noise or trabeculae."""


def papillary_muscles(
    pixels: NDArray[np.floating], blood_pool: Mask, remote: Mask, pixel_spacing_mm: tuple[float, float]
) -> Mask:
    """The dark parts of a blood pool (rows, columns), as far as they are more than a line of pixels along its contour.

    pixels: rescaled signal (rows, columns). remote: myocardium without scar. Dark is what is nearer to the median of
    remote myocardium than to that of the blood; nothing is, where blood is not the brighter of the two.
    """
    nothing = np.zeros_like(blood_pool)
    if not blood_pool.any() or not remote.any():
        return nothing
    of_blood, of_wall = np.median(pixels[blood_pool]), np.median(pixels[remote])
    if of_blood <= of_wall:
        return nothing
    dark = np.asarray(ndimage.binary_opening(blood_pool & (pixels < (of_blood + of_wall) / 2)), dtype=bool)
    row_mm, column_mm = pixel_spacing_mm
    large = [part for part in components(dark) if part.sum() * row_mm * column_mm >= SMALLEST_MUSCLE_MM2]
    return np.asarray(np.logical_or.reduce([nothing, *large]), dtype=bool)


def taken_out(blood_pool: Segment, muscles: Mask) -> Segment:
    """The blood pool without papillary muscles (rows, columns); it knows what was taken out of it."""
    if not muscles.any():
        return blood_pool
    return replace(blood_pool, mask=blood_pool.mask & ~muscles, papillary_muscles=muscles)


def put_back(blood_pool: Segment, left_ventricle: Mask) -> Segment:
    """The blood pool as it was drawn, within the left ventricle (rows, columns)."""
    if blood_pool.papillary_muscles is None:
        return blood_pool
    back = blood_pool.papillary_muscles & left_ventricle
    if blood_pool.given_to_scar is not None:
        back &= ~blood_pool.given_to_scar
    return replace(blood_pool, mask=blood_pool.mask | back, papillary_muscles=None)
