"""What surrounds the phantom's heart on a short-axis slice, painted in the field's usual display orientation.

Lung at the right and above, chest wall at the left and above, liver below at the left, spleen and stomach
below at the right. Coordinates are mm from the ventricle's axis, x to the right, y down; height runs from 0
at the base to 1 at the apex.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarmass.phantom.contrast import Tissue, texture

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Blob:
    """An ellipse with a wavy outline. Lengths in mm; waves are (order, amplitude, phase)."""

    centre_mm: tuple[float, float]
    radii_mm: tuple[float, float]
    angle: float
    waves: tuple[tuple[int, float, float], ...]

    def distance_mm(self, x_mm: Floats, y_mm: Floats) -> Floats:
        """Approximate signed distance to the outline, negative inside."""
        x, y = x_mm - self.centre_mm[0], y_mm - self.centre_mm[1]
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        u, v = (x * cos + y * sin) / self.radii_mm[0], (y * cos - x * sin) / self.radii_mm[1]
        theta = np.arctan2(v, u)
        outline = 1 + sum(a * np.cos(n * theta + phase) for n, a, phase in self.waves)
        return (np.hypot(u, v) - outline) * min(self.radii_mm)


@dataclass(frozen=True)
class Body:
    """The surroundings of one patient's heart."""

    torso: Blob
    liver: Blob
    spleen: Blob
    stomach: Blob
    kidney: Blob
    aorta: Blob
    fat_mm: float
    muscle_mm: float
    rib_phases: tuple[float, float]
    seed: int


def random_body(rng: np.random.Generator) -> Body:
    def blob(x: float, y: float, a: float, b: float, angle: float, wave: float) -> Blob:
        waves = tuple((n, wave * rng.uniform(0.3, 1) / n, rng.uniform(0, 2 * np.pi)) for n in (2, 3))
        spread = rng.uniform(0.92, 1.08, 4).tolist()
        return Blob((x * spread[0], y * spread[1]), (a * spread[2], b * spread[3]), angle, waves)

    return Body(
        torso=blob(56, 46, 178, 142, 0.25, 0.05),
        liver=blob(-30, 88, 92, 50, -0.3, 0.1),
        spleen=blob(112, 70, 46, 24, -0.9, 0.15),
        stomach=blob(62, 72, 34, 20, -0.5, 0.2),
        kidney=blob(125, 125, 28, 20, 0.6, 0.1),
        aorta=blob(85, 34, 11, 11, 0.0, 0.02),
        fat_mm=float(rng.uniform(8, 22)),
        muscle_mm=float(rng.uniform(10, 16)),
        rib_phases=tuple(rng.uniform(0, 2 * np.pi, 2).tolist()),
        seed=int(rng.integers(2**31)),
    )


def paint_body(body: Body, signals: Floats, x_mm: Floats, y_mm: Floats, height: float) -> Floats:
    """Signed signal (rows, columns) around the heart, edges blended over a pixel.

    x_mm, y_mm: (rows, columns) of pixel centres. height moves the diaphragm: more liver towards the apex.
    """
    pixel_mm = float(max(np.ptp(x_mm) / max(x_mm.shape[1] - 1, 1), np.ptp(y_mm) / max(x_mm.shape[0] - 1, 1)))
    image = np.zeros(x_mm.shape, np.float32)

    def paint(distance_mm: Floats, tissue: Tissue, gain: Floats | float = 1.0) -> None:
        cover = np.clip(0.5 - distance_mm / pixel_mm, 0, 1).astype(np.float32)
        image[...] = image * (1 - cover) + cover * (float(signals[tissue]) * gain)

    rng = np.random.default_rng((body.seed, round(1000 * height)))
    grain = texture(rng, x_mm.shape, 1.5 / pixel_mm)
    fine, patchy = 1 + 0.05 * grain, 1 + 0.12 * texture(rng, x_mm.shape, 7 / pixel_mm)
    torso = body.torso.distance_mm(x_mm, y_mm)
    around = np.arctan2(y_mm - body.torso.centre_mm[1], x_mm - body.torso.centre_mm[0])
    muscle = torso + body.fat_mm * (1 + 0.5 * np.cos(around + 2.0))
    inside = muscle + body.muscle_mm * (1 + 0.25 * np.cos(3 * around))
    ribs = np.cos(9 * around + body.rib_phases[0]) + 0.5 * np.cos(4 * around + body.rib_phases[1] + height)
    diaphragm = y_mm - 30 + 18 * height - 0.1 * x_mm - 18 * np.exp(-((x_mm / 55) ** 2))
    lung = np.maximum(inside, diaphragm)
    stomach = body.stomach.distance_mm(x_mm, y_mm + 14 * height)
    aorta = body.aorta.distance_mm(x_mm, y_mm)
    paint(torso, Tissue.FAT, fine)
    paint(muscle, Tissue.MUSCLE, patchy)
    paint(np.maximum(np.abs(muscle + 6) - 2.5, 10 * (0.9 - ribs)), Tissue.FAT, 0.5 * patchy)
    paint(inside, Tissue.FAT, 0.6 * patchy)
    paint(lung, Tissue.LUNG, 1 + 0.5 * grain)
    paint(np.maximum(lung + 8, 2 * (2.4 - grain)), Tissue.BLOOD, 0.8)
    paint(stomach, Tissue.MUSCLE, patchy)
    paint(stomach + 5, Tissue.LUNG)
    paint(np.maximum(body.spleen.distance_mm(x_mm, y_mm), inside), Tissue.SPLEEN, fine)
    paint(np.maximum(body.kidney.distance_mm(x_mm, y_mm), inside), Tissue.BLOOD, 1.2 * patchy)
    paint(np.maximum(body.liver.distance_mm(x_mm, y_mm + 18 * height), inside), Tissue.LIVER, fine)
    paint(aorta, Tissue.MYOCARDIUM)
    paint(aorta + 1.5, Tissue.BLOOD)
    return image
