"""How a stack is first looked at: where its heart lies, the window for it, and which end is the apex."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scarmass.domain.prompts import Box
from scarmass.domain.protocols import SliceImage
from scarmass.domain.stack import Slice

WALL_RADIUS = 0.7
"""Of the ellipse in a ventricle's box: outside of this part of the radius nearly all is myocardium."""

DARK_PERCENTILE = 20
"""Of the wall's grey values: healthy myocardium, nulled or not, lies at it and just above."""

BRIGHT_PERCENTILE = 97
"""Of the whole ventricle's grey values: scar, or blood where that is brighter, lies at it and just below."""

ROOM = (0.1, 0.05)
"""So much of the range stays below and above: the noise of nulled muscle is seen, and scar is not all white."""

BASE_TO_APEX = np.array([0.6, -0.5, -0.6]) / np.linalg.norm([0.6, -0.5, -0.6])
"""The heart's long axis in a patient, in DICOM's axes (left, posterior, head): to the left, forwards and downwards."""

SURE_COSINE = 0.8
"""A stack whose normal is so close to that axis is a short-axis stack in true patient coordinates."""

SURE_RATIO = 1.3
"""The ventricle is so many times larger at the base than at the apex, or its size says nothing."""


class Apex(StrEnum):
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True)
class GreyWindow:
    """From black to white in the values of SliceImage."""

    low: float
    high: float


def heart_box(ventricles: Sequence[Box | None]) -> Box | None:
    """Where the left ventricle lies on most slices; None where it was found on none."""
    found = np.array([[box.x0, box.y0, box.x1, box.y1] for box in ventricles if box is not None])
    return Box(*map(float, np.median(found, axis=0))) if found.size else None


def window_of(images: Sequence[SliceImage], ventricles: Sequence[Box | None]) -> GreyWindow | None:
    """The window between healthy myocardium and scar, of all slices together.

    None where no ventricle was found, or its grey values are all the same.
    """
    wall, whole = [], []
    for image, box in zip(images, ventricles, strict=True):
        if box is None:
            continue
        y, x = np.mgrid[: image.pixels.shape[0], : image.pixels.shape[1]] + 0.5
        centre, half = box.centre, ((box.x1 - box.x0) / 2, (box.y1 - box.y0) / 2)
        radius = np.hypot((x - centre[0]) / half[0], (y - centre[1]) / half[1])
        whole.append(image.pixels[radius < 1])
        wall.append(image.pixels[(radius < 1) & (radius > WALL_RADIUS)])
    if not sum(part.size for part in wall):
        return None
    low = float(np.percentile(np.concatenate(wall), DARK_PERCENTILE))
    high = float(np.percentile(np.concatenate(whole), BRIGHT_PERCENTILE))
    below, above = (room * (high - low) for room in ROOM)
    return GreyWindow(low - below, high + above) if high > low else None


def apex_of(slices: Sequence[Slice], ventricles: Sequence[Box | None]) -> Apex | None:
    """Which end of a stack is the apex, None where neither the ventricle's size nor the geometry says it."""
    return apex_by_size(ventricles) or apex_by_position(slices)


def apex_by_size(ventricles: Sequence[Box | None]) -> Apex | None:
    """The ventricle grows steadily towards the base: told by a line through the logarithm of its areas."""
    found = [(index, np.log(box.area)) for index, box in enumerate(ventricles) if box is not None]
    if len(found) < 3:
        return None
    index, size = np.array(found).T
    growth = np.polyfit(index, size, 1)[0] * (index[-1] - index[0])
    if abs(growth) < np.log(SURE_RATIO):
        return None
    return Apex.FIRST if growth > 0 else Apex.LAST


def apex_by_position(slices: Sequence[Slice]) -> Apex | None:
    """By how the stack lies in the patient, where that is a short axis."""
    if len(slices) < 2:
        return None
    cosine = float(BASE_TO_APEX @ slices[0].header.plane.normal)
    if abs(cosine) < SURE_COSINE:
        return None
    way = np.subtract(slices[-1].header.position_mm, slices[0].header.position_mm)
    return Apex.LAST if BASE_TO_APEX @ way > 0 else Apex.FIRST
