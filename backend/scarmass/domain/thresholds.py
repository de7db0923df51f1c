"""Scar by a signal threshold inside drawn myocardium, as readers find it today.

Pixels float and masks bool, (rows, columns) or (slices, rows, columns). Every slice has its own threshold, since
coils shade slices differently. No-reflow is dark, so a threshold leaves it out; readers add it by hand. Small
islands are kept, as thresholds give them. ThresholdUndefined is raised where a threshold has nothing to rest on,
MaskShapeMismatch where a mask is not of the pixels' shape.

n-SD: Kim et al., Circulation 1999;100:1992 (2 SD); Bondarenko et al., JCMR 2005;7:481 (2 to 6 SD).
Full width at half maximum: Amado et al., JACC 2004;44:2383. Both compared: Flett et al., JACC Cardiovasc Imaging
2011;4:150. No method is preferred over others by Schulz-Menger et al. (SCMR), JCMR 2020;22:19.
Otsu's threshold: Otsu, IEEE Trans Syst Man Cybern 1979;9:62. Core and grey zone: Schmidt et al., Circulation
2007;115:2006.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.errors import MaskShapeMismatch, ThresholdUndefined
from scarmass.domain.masks import Mask

Pixels = NDArray[np.floating]

SECTOR_DEGREES = 60
SECTOR_STEP_DEGREES = 10
SECTOR_LEAST_SHARE = 1 / 12
"""A sixth of the wall is a segment of the 17-segment model; one with less than half its even share of pixels is
not taken for remote myocardium, however dark its few are."""


def remote_myocardium(pixels: Pixels, myocardium: Mask) -> Mask:
    """The 60 degree sector of each slice's myocardium with the lowest mean, in place of a reader's drawn region.

    Sectors are seen from the myocardium's centroid, in pixels, every 10 degrees. Taking the darkest of many makes
    the mean a little low, so thresholds above it mark a little more than above a region drawn anywhere remote.
    """
    return _sectors(pixels, myocardium, min)


def hyperenhanced_myocardium(pixels: Pixels, myocardium: Mask) -> Mask:
    """The 60 degree sector with the highest mean: where the maximum is looked for until a reader says where.

    Every slice has one, scarred or not.
    """
    return _sectors(pixels, myocardium, max)


def n_sd(pixels: Pixels, myocardium: Mask, remote: Mask, n: float) -> Mask:
    """Myocardium brighter than the remote's mean + n sample standard deviations (n - 1 in the denominator)."""
    scar = np.zeros_like(myocardium)
    for signal, wall, normal, found in zip(*_slices(pixels, myocardium, remote, scar), strict=True):
        if wall.any():
            values = _remote_signal(signal, normal, least=2)
            found[...] = wall & (signal > values.mean() + n * values.std(ddof=1))
    return scar


def full_width_half_maximum(
    pixels: Pixels,
    myocardium: Mask,
    *,
    phase_sensitive: bool,
    base: float | Mask | None = None,
    hyperenhanced: Mask | None = None,
) -> Mask:
    """Myocardium brighter than half way from the base to the maximum of the slice's hyperenhanced region.

    base: the value that stands for no signal (Amado's variant, half of the maximum: 0 in a magnitude image), or a
    remote region whose mean is the base. None is 0, which no phase-sensitive image has by nature: without a base
    it is refused. hyperenhanced: where the maximum is looked for, as a reader draws it; slices without it hold no
    scar. None is all of the myocardium, and then each slice has something above its half maximum, scarred or not.
    """
    if base is None and phase_sensitive:
        raise ThresholdUndefined("half of a maximum on PSIR needs the level of zero signal or remote myocardium")
    if base is None and pixels[myocardium].size and pixels[myocardium].min() < 0:
        raise ThresholdUndefined("half of a maximum is not measured from zero where myocardium has a signal below it")
    scar, region = np.zeros_like(myocardium), myocardium if hyperenhanced is None else hyperenhanced & myocardium
    bases = base if isinstance(base, np.ndarray) else np.zeros_like(myocardium)
    for signal, wall, bright, normal, found in zip(*_slices(pixels, myocardium, region, bases, scar), strict=True):
        if bright.any():
            level = _remote_signal(signal, normal, least=1).mean() if bases is base else float(base or 0)
            found[...] = wall & (signal > (level + signal[bright].max()) / 2)
    return scar


def otsu(pixels: Pixels, myocardium: Mask) -> Mask:
    """Myocardium brighter than the level that leaves the least variance within the two parts it makes.

    As with half of the myocardium's own maximum, something lies above it on each slice, scarred or not.
    """
    scar = np.zeros_like(myocardium)
    for signal, wall, found in zip(*_slices(pixels, myocardium, scar), strict=True):
        if wall.any():
            found[...] = wall & (signal > _otsu_level(signal[wall]))
    return scar


def grey_zone(pixels: Pixels, myocardium: Mask, remote: Mask, core: Mask, hyperenhanced: Mask) -> Mask:
    """Myocardium brighter than the brightest pixel of remote myocardium that is no core.

    core: myocardium above half of the maximum of the hyperenhanced region; slices without that hold no grey zone.
    """
    zone = np.zeros_like(myocardium)
    slices = _slices(pixels, myocardium, remote, core, hyperenhanced & myocardium, zone)
    for signal, wall, normal, dense, bright, found in zip(*slices, strict=True):
        if bright.any():
            found[...] = wall & ~dense & (signal > _remote_signal(signal, normal, least=1).max())
    return zone


def _slices(pixels: Pixels, myocardium: Mask, *masks: Mask) -> Iterator[NDArray]:
    """Views of the arguments as (slices, rows, columns), myocardium's pixels checked to be finite."""
    for mask in (myocardium, *masks):
        if mask.shape != pixels.shape or pixels.ndim not in (2, 3):
            raise MaskShapeMismatch(f"a mask of shape {mask.shape} was given for pixels of shape {pixels.shape}")
    if not np.isfinite(pixels[myocardium]).all():
        raise ThresholdUndefined("the myocardium has pixels that are not finite")
    return (array.reshape(-1, *array.shape[-2:]) for array in (pixels, myocardium, *masks))


def _remote_signal(signal: Pixels, remote: Mask, least: int) -> Pixels:
    values = signal[remote]
    if values.size < least or not np.isfinite(values).all():
        raise ThresholdUndefined(f"a slice has {values.size} finite pixels of remote myocardium, {least} are needed")
    return values


def _otsu_level(values: Pixels) -> float:
    """The brightest value of the darker part. Exact: every split between two values is tried, no histogram."""
    ordered = np.sort(values.astype(np.float64))
    if ordered[0] == ordered[-1]:
        raise ThresholdUndefined("the myocardium has one signal everywhere, which no threshold splits")
    darker = np.arange(1, ordered.size)
    brighter = ordered.size - darker
    sums = np.cumsum(ordered)[:-1]
    between = darker * brighter * (sums / darker - (ordered.sum() - sums) / brighter) ** 2
    between[ordered[1:] == ordered[:-1]] = -1
    return float(ordered[between.argmax()])


def _sectors(pixels: Pixels, myocardium: Mask, choose: Callable) -> Mask:
    sectors = np.zeros_like(myocardium)
    for signal, wall, found in zip(*_slices(pixels, myocardium, sectors), strict=True):
        if wall.any():
            found[...] = _sector(signal, wall, choose)
    return sectors


def _sector(signal: Pixels, wall: Mask, choose: Callable) -> Mask:
    """The sector of the lowest mean where choose is min, of the highest where it is max."""
    rows, columns = np.nonzero(wall)
    angles = np.degrees(np.arctan2(rows - rows.mean(), columns - columns.mean()))
    starts = range(0, 360, SECTOR_STEP_DEGREES)
    sectors = [(angles - start) % 360 < SECTOR_DEGREES for start in starts]
    least = max(2, SECTOR_LEAST_SHARE * rows.size)
    filled = [sector for sector in sectors if sector.sum() >= least]
    if not filled:
        raise ThresholdUndefined(f"{rows.size} pixels of myocardium have no sector that could be remote")
    values = signal[rows, columns]
    chosen = choose(filled, key=lambda sector: values[sector].mean())
    found = np.zeros_like(wall)
    found[rows[chosen], columns[chosen]] = True
    return found
