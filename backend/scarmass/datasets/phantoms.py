"""Phantoms as annotated slices."""

from collections.abc import Sequence

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.stack import Contrast
from scarmass.phantom.stack import phantom


def phantom_slices(seeds: Sequence[int]) -> list[AnnotatedSlice]:
    """The slices of a phantom for each seed, magnitude and phase-sensitive in turn."""
    slices: list[AnnotatedSlice] = []
    for seed in seeds:
        stack = phantom(seed, contrast=Contrast.PSIR if seed % 2 else Contrast.MAGNITUDE)
        for index, (pixels, plane) in enumerate(zip(stack.pixels, stack.planes, strict=True)):
            slices.append(
                AnnotatedSlice(
                    patient=f"phantom-{seed}",
                    index=index,
                    pixels=pixels.astype(np.float32),
                    pixel_spacing_mm=plane.pixel_spacing_mm,
                    masks={structure: mask[index] for structure, mask in stack.masks.items()},
                    centre="phantom",
                    contrast=stack.contrast,
                    slice_thickness_mm=stack.slice_thickness_mm,
                    slice_spacing_mm=stack.slice_spacing_mm,
                )
            )
    return slices
