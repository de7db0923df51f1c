"""A reader who knows the reference and draws as one would: loose boxes first, then clicks in the largest error.

The reference stays in here. What comes out is prompts, and only prompts reach a model.
"""

import zlib

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.masks import Mask, components, deepest_pixel
from scarmass.domain.prompts import Box, Point, box_around, within
from scarmass.domain.structures import Structure, scar_parts

LOOSEST = 0.15
"""Each edge of a drawn box lies outwards by 0 to this fraction of the box's length on its axis."""


class SimulatedReader:
    """Draws on one slice. scar: its reference, bool (rows, columns). The same seed draws the same boxes."""

    def __init__(self, scar: Mask, pixel_spacing_mm: tuple[float, float], seed: int | list[int]) -> None:
        self._scar = scar
        self._pixel_spacing_mm = pixel_spacing_mm
        self._seed = seed

    def boxes(self) -> tuple[Box, ...]:
        """One box for each part of the scar that is no speck, the largest first; none where there is no scar."""
        generator = np.random.default_rng(self._seed)
        parts = scar_parts(self._scar, self._pixel_spacing_mm)
        return tuple(box_around(part, generator.uniform(0, LOOSEST, 4)) for part in parts)

    def click(self, answer: Mask) -> Point | None:
        """The correction of an answer (rows, columns), or None where nothing is wrong with it."""
        return correcting_click(answer, self._scar)


def correcting_click(answer: Mask, reference: Mask, box: Box | None = None) -> Point | None:
    """The deepest point of an answer's largest error, positive where the reference is; None where nothing is wrong.

    answer, reference: (rows, columns). box: where errors count, everywhere without one.
    """
    wrong = answer ^ reference
    if box is not None:
        wrong &= within(box, wrong.shape)
    if not wrong.any():
        return None
    row, column = deepest_pixel(components(wrong)[0])
    return Point(column + 0.5, row + 0.5, bool(reference[row, column]))


def reader_of(annotated: AnnotatedSlice, seed: int) -> SimulatedReader:
    """The slice's reader: what is drawn depends on the seed and the slice, not on the order of slices."""
    slice_seed = zlib.crc32(f"{annotated.patient}/{annotated.index}".encode())
    return SimulatedReader(annotated.masks[Structure.SCAR], annotated.pixel_spacing_mm, [seed, slice_seed])
