"""Grams from masks on slices, of a stack or of a reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scarmass.domain.errors import MaskShapeMismatch, SliceNotInStack
from scarmass.domain.masks import Mask, from_rle
from scarmass.domain.mass import Mass, MassExtent, SliceArea, slice_mass, total_mass
from scarmass.domain.stack import Slice, SliceKey


@dataclass(frozen=True)
class SliceMeasure:
    slice: Slice
    area_mm2: float
    mass: Mass


@dataclass(frozen=True)
class StackMeasure:
    """slices: those that have a mask, in stack order. mass: the sum over the stack by both extents."""

    slices: list[SliceMeasure]
    mass: Mass

    def mass_g(self, extent: MassExtent) -> float | None:
        """The headline figure in grams, None where the geometry does not know that extent."""
        quantity = self.mass.by(extent)
        return None if quantity is None else quantity.mass_g


def masks_on(slices: Sequence[Slice], run_lengths: Mapping[SliceKey, Mapping[str, Any]]) -> dict[SliceKey, Mask]:
    """Masks of slices from their run lengths, none unpacked before its size is known to be the slice's.

    Raises SliceNotInStack, MaskShapeMismatch, MaskMalformed.
    """
    by_key = {one.key: one for one in slices}
    for key, rle in run_lengths.items():
        if key not in by_key:
            raise SliceNotInStack(f"slice {key[0]} is not among these slices")
        _require_shape(by_key[key], tuple(rle["size"]))
    return {key: from_rle(rle) for key, rle in run_lengths.items()}


def measure_slice(one: Slice, mask: Mask, density_g_per_ml: float) -> SliceMeasure:
    """Area in mm2 and mass of one mask. Raises MaskShapeMismatch."""
    _require_shape(one, mask.shape)
    area = _area(one, int(np.count_nonzero(mask)))
    return SliceMeasure(one, area.area_mm2, slice_mass(area, density_g_per_ml))


def measure_stack(slices: Sequence[Slice], masks: Mapping[SliceKey, Mask], density_g_per_ml: float) -> StackMeasure:
    """Mass of the masks, summed over the slices. Raises SliceNotInStack, MaskShapeMismatch.

    Slices without a mask count as empty, so an extent that the geometry lacks is absent however few masks there are.
    """
    if unknown := masks.keys() - {one.key for one in slices}:
        raise SliceNotInStack(f"slice {sorted(unknown)[0][0]} is not among these slices")
    measured = [measure_slice(one, masks[one.key], density_g_per_ml) for one in slices if one.key in masks]
    empty = [slice_mass(_area(one, 0), density_g_per_ml) for one in slices if one.key not in masks]
    return StackMeasure(measured, total_mass([*empty, *(m.mass for m in measured)]))


def _area(one: Slice, pixels: int) -> SliceArea:
    return SliceArea(pixels * one.header.plane.pixel_area_mm2, one.slice_thickness_mm, one.slice_spacing_mm)


def _require_shape(one: Slice, shape: tuple[int, ...]) -> None:
    if shape != one.shape:
        raise MaskShapeMismatch(
            f"the mask has {shape[0]} x {shape[1]} pixels, the slice {one.shape[0]} x {one.shape[1]}"
        )
