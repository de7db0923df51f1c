"""Inversion-recovery contrast of the phantom's tissues, coil shading and receiver noise."""

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmass.domain.stack import Contrast

Floats = NDArray[np.floating]


class Tissue(IntEnum):
    AIR = 0
    LUNG = 1
    FAT = 2
    MUSCLE = 3
    LIVER = 4
    SPLEEN = 5
    BLOOD = 6
    MYOCARDIUM = 7
    SCAR = 8
    NO_REFLOW = 9


T1_MS = np.array([1000, 700, 270, 520, 390, 350, 335, 450, 265, 545], dtype=float)
"""Rough T1 at 1.5 T ten minutes after gadolinium, by Tissue: what orders the contrast, not a measurement."""

PROTON_DENSITY = np.array([0.0, 0.12, 1.15, 0.8, 0.85, 0.9, 1.0, 0.85, 1.0, 0.85])

STORED_UNITS = 4000
"""Stored values for a signal of 1."""


BLUR_PIXELS = 0.5
"""Standard deviation of the point spread that limited k-space leaves."""


def signals(rng: np.random.Generator) -> Floats:
    """Signed signal (tissues,) of one patient: proton density x (1 - 2 exp(-TI / T1)).

    T1 varies by patient, and TI runs from the null of myocardium to well past it: nulled to grey myocardium.
    """
    t1_ms = T1_MS * (1 + 0.03 * rng.standard_normal(len(Tissue)))
    inversion_time_ms = np.log(2) * t1_ms[Tissue.MYOCARDIUM] * rng.uniform(1.0, 1.4)
    return PROTON_DENSITY * (1 - 2 * np.exp(-inversion_time_ms / t1_ms))


def texture(rng: np.random.Generator, shape: tuple[int, int], scale_pixels: float) -> Floats:
    """Smooth random variation (rows, columns), mean 0 and standard deviation 1."""
    noise = ndimage.gaussian_filter(rng.standard_normal(shape), scale_pixels, mode="wrap")
    return (noise / noise.std()).astype(np.float32)


@dataclass(frozen=True)
class CoilShading:
    """Sensitivity that falls off from the chest wall, in the direction of angle, at fall_off per 150 mm."""

    angle: float
    fall_off: float

    def at(self, x_mm: Floats, y_mm: Floats) -> Floats:
        """Sensitivity (rows, columns), 1 at the heart."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        along, across = (x_mm * cos + y_mm * sin) / 150, (x_mm * sin - y_mm * cos) / 250
        return np.exp(self.fall_off * along - 0.3 * across**2)


def random_shading(rng: np.random.Generator) -> CoilShading:
    """Coils at the upper left, where the chest wall is."""
    return CoilShading(float(rng.uniform(-2.6, -1.8)), float(rng.uniform(0.1, 0.45)))


def received(rng: np.random.Generator, signal: Floats, noise: float, contrast: Contrast) -> NDArray[np.int16]:
    """Values (slices, rows, columns) as a scanner stores them, from the shaded signed signal of that shape.

    Magnitude: modulus of the signal with complex Gaussian noise, hence Rician. PSIR: the signed real part.
    noise: standard deviation in units of signal.
    """
    blurred = ndimage.gaussian_filter(signal, (0, BLUR_PIXELS, BLUR_PIXELS))
    real = blurred + noise * rng.standard_normal(signal.shape, dtype=np.float32)
    if contrast is Contrast.MAGNITUDE:
        real = np.hypot(real, noise * rng.standard_normal(signal.shape, dtype=np.float32))
    return np.clip(np.rint(real * STORED_UNITS), -32768, 32767).astype(np.int16)
