"""Annotated slices as tensors on one grid: what batches of views are drawn from."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from scarmass.datasets.annotated import AnnotatedSlice, reference_regions
from scarmass.datasets.stack_arrays import STRUCTURES
from scarmass.domain.masks import Mask, components
from scarmass.domain.prompts import box_around
from scarmass.domain.structures import Structure
from scarmass.inference.segmenter.window import Window, cut, inside_slice

GRID_SIDE = 384
"""Pixels a side, which are finer than those of most acquisitions."""

GRID_DIAMETERS = 3.2
"""Side of the grid in left-ventricular diameters: any view of a heart, whichever way it is turned."""

WITH_PARTS = (Structure.SCAR, Structure.NO_REFLOW)
"""Structures of which one part may be asked for."""

MOST_PARTS = 16


@dataclass(frozen=True)
class SliceTensors:
    """N slices, each on a grid of 384 x 384 pixels around its ventricle.

    grey: uint8 (N, 384, 384), dark to bright. masks: uint8 (N, 384, 384): bit k is STRUCTURES[k], and the bit after
    those is set where the pixel lies on the slice. parts: uint8 (N, 2, 384, 384): of WITH_PARTS, the number of the part
    that is nearest to a pixel, the largest being 0. diameter_mm: float32 (N,), of the patient's left ventricle.
    sensitivity: float32 (N,), at which its centre's references count.
    """

    grey: Tensor
    masks: Tensor
    parts: Tensor
    diameter_mm: Tensor
    sensitivity: Tensor

    def __len__(self) -> int:
        return len(self.grey)

    def to(self, device: torch.device) -> "SliceTensors":
        return SliceTensors(*(getattr(self, field.name).to(device) for field in fields(self)))


def slice_tensors(slices: Sequence[AnnotatedSlice], sensitivities: Mapping[str, float]) -> SliceTensors:
    """The slices that show myocardium, in their order. sensitivities: at which references count, by centre; else 0."""
    regions = reference_regions(slices)
    shown = [annotated for annotated in slices if annotated.myocardium.any()]
    diameters_mm = [region.diameter_mm for a in shown if (region := regions[a.patient]) is not None]
    with ThreadPoolExecutor() as threads:
        grey, masks, parts = zip(*threads.map(_on_grid, shown, diameters_mm), strict=True)
    each = [diameters_mm, [sensitivities.get(annotated.centre, 0.0) for annotated in shown]]
    stacked = (np.array(grey), np.array(masks), np.array(parts), *np.array(each, dtype=np.float32))
    return SliceTensors(*map(torch.from_numpy, stacked))


def _on_grid(annotated: AnnotatedSlice, diameter_mm: float) -> tuple[NDArray[np.uint8], ...]:
    """A slice's grey, masks and parts."""
    window = _grid(annotated, diameter_mm)
    layers = np.stack([annotated.pixels, *(annotated.masks[structure] for structure in STRUCTURES)])
    pixels, *coverages = cut(layers.astype(np.float32), window, GRID_SIDE)
    masks, inside = [coverage > 0.5 for coverage in coverages], inside_slice(window, GRID_SIDE)
    bits = np.packbits([*masks, inside], axis=0, bitorder="little")[0]
    parts = np.stack([_nearest_part(masks[STRUCTURES.index(structure)]) for structure in WITH_PARTS])
    return _levels(pixels, inside), bits, parts


def _grid(annotated: AnnotatedSlice, diameter_mm: float) -> Window:
    x, y = box_around(annotated.masks[Structure.LEFT_VENTRICLE]).centre
    rows, columns = annotated.pixels.shape
    return Window(x, y, GRID_DIAMETERS * diameter_mm, rows, columns, annotated.pixel_spacing_mm)


def _levels(pixels: NDArray[np.float32], inside: Mask) -> NDArray[np.uint8]:
    low, high = np.percentile(pixels[inside], (0.0, 99.95))
    levels = np.clip((pixels - low) / max(high - low, 1e-6), 0, 1)
    return np.round(255 * levels * inside).astype(np.uint8)


def _nearest_part(mask: Mask) -> NDArray[np.uint8]:
    """Number (rows, columns) of the 8-connected part nearest to each pixel; those beyond MOST_PARTS share one."""
    numbers = np.zeros(mask.shape, dtype=np.uint8)
    parts = components(mask)
    if len(parts) < 2:
        return numbers
    for number, part in enumerate(parts):
        numbers[part] = min(number, MOST_PARTS - 1)
    nearest = ndimage.distance_transform_edt(~mask, return_distances=False, return_indices=True)
    return numbers[tuple(np.asarray(nearest))]
