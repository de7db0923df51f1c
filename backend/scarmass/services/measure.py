"""Grams from masks on the slices of a stored stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scarmass.domain.errors import MaskShapeMismatch, SliceNotInStack
from scarmass.domain.masks import Mask, from_rle
from scarmass.domain.mass import Mass, MassExtent, slice_mass, total_mass
from scarmass.domain.stack import SliceKey
from scarmass.services.slices import header_of, slice_area
from scarmass.storage.tables import SliceRow, StackRow


@dataclass(frozen=True)
class SliceMeasure:
    slice: SliceRow
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


def slice_key(row: SliceRow) -> SliceKey:
    return row.sop_instance_uid, row.frame_number


def masks_on(stack: StackRow, run_lengths: Mapping[SliceKey, Mapping[str, Any]]) -> dict[SliceKey, Mask]:
    """Masks of a stack's slices from their run lengths, none unpacked before its size is known to be the slice's.

    Raises SliceNotInStack, MaskShapeMismatch, MaskMalformed.
    """
    rows = {slice_key(row): row for row in stack.slices}
    for key, rle in run_lengths.items():
        if key not in rows:
            raise SliceNotInStack(f"slice {key[0]} is no part of this stack")
        _require_shape(rows[key], tuple(rle["size"]))
    return {key: from_rle(rle) for key, rle in run_lengths.items()}


def _require_shape(row: SliceRow, shape: tuple[int, ...]) -> None:
    header = header_of(row.instance)
    if shape != (header.rows, header.columns):
        raise MaskShapeMismatch(
            f"the mask has {shape[0]} x {shape[1]} pixels, the slice {header.rows} x {header.columns}"
        )


def measure_slice(row: SliceRow, mask: Mask, density_g_per_ml: float) -> SliceMeasure:
    """Area in mm2 and mass of one mask. Raises MaskShapeMismatch."""
    _require_shape(row, mask.shape)
    area = slice_area(row, int(mask.sum()))
    return SliceMeasure(row, area.area_mm2, slice_mass(area, density_g_per_ml))


def measure_stack(stack: StackRow, masks: Mapping[SliceKey, Mask], density_g_per_ml: float) -> StackMeasure:
    """Mass of the masks, summed over the stack. Raises SliceNotInStack, MaskShapeMismatch.

    Slices without a mask count as empty, so an extent that the geometry lacks is absent however few masks there are.
    """
    if strangers := masks.keys() - {slice_key(row) for row in stack.slices}:
        raise SliceNotInStack(f"slice {sorted(strangers)[0][0]} is no part of this stack")
    measured = [
        measure_slice(row, masks[slice_key(row)], density_g_per_ml) for row in stack.slices if slice_key(row) in masks
    ]
    empty = [slice_mass(slice_area(row, 0), density_g_per_ml) for row in stack.slices]
    return StackMeasure(measured, total_mass([*empty, *(m.mass for m in measured)]))
