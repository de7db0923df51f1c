"""A patient's annotated stack as named arrays and back, with the windows that inference would cut."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from scarmass.datasets.annotated import AnnotatedSlice, reference_region
from scarmass.domain.errors import AnnotationInvalid
from scarmass.domain.stack import Contrast
from scarmass.domain.structures import Structure
from scarmass.inference.segmenter.window import LOGITS_SIDE, grey_window, stack_window, window_mask

StackArrays = Mapping[str, NDArray]
"""pixels float32 (n, rows, columns); masks bool (n, 4, rows, columns), in the order of structures (4,); index (n,);
pixel_spacing_mm (2,); slice_thickness_mm and slice_spacing_mm (n,), NaN where unknown; region (3,): x, y and
diameter_mm, NaN where no slice shows a ventricle; window_pixels float32 (n, 256, 256); window_masks bool
(n, 4, 256, 256)."""

STRUCTURES = (Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL, Structure.SCAR, Structure.NO_REFLOW)


def arrays_of(slices: Sequence[AnnotatedSlice]) -> StackArrays:
    """The arrays of one patient's slices, in their order. Raises AnnotationInvalid where they don't form a stack."""
    first = slices[0]
    for annotated in slices:
        if annotated.pixels.shape != first.pixels.shape or annotated.pixel_spacing_mm != first.pixel_spacing_mm:
            raise AnnotationInvalid(f"{annotated.image.key} has another size or spacing than the slices before it")
        if not np.isfinite(annotated.pixels).all():
            raise AnnotationInvalid(f"{annotated.image.key} holds pixels that are not finite numbers")
    region = reference_region(slices)
    window = stack_window((first.pixels.shape[0], first.pixels.shape[1]), first.pixel_spacing_mm, region)
    masks = [[annotated.masks[structure] for structure in STRUCTURES] for annotated in slices]
    return {
        "pixels": np.stack([annotated.pixels for annotated in slices]),
        "masks": np.array(masks),
        "structures": np.array([structure.value for structure in STRUCTURES]),
        "index": np.array([annotated.index for annotated in slices]),
        "pixel_spacing_mm": np.array(first.pixel_spacing_mm),
        "slice_thickness_mm": np.array([annotated.slice_thickness_mm for annotated in slices], dtype=float),
        "slice_spacing_mm": np.array([annotated.slice_spacing_mm for annotated in slices], dtype=float),
        "region": np.array((region.x, region.y, region.diameter_mm) if region else (np.nan,) * 3),
        "window_pixels": np.stack([grey_window(annotated.pixels, window, LOGITS_SIDE) for annotated in slices]),
        "window_masks": np.array([[window_mask(mask, window) for mask in own] for own in masks]),
    }


def slices_of(
    arrays: StackArrays, patient: str, centre: str, contrast: Contrast, spacing_is_nominal: bool
) -> list[AnnotatedSlice]:
    """The annotated slices that arrays_of was given."""
    row_mm, column_mm = arrays["pixel_spacing_mm"].tolist()
    structures = [Structure(name) for name in arrays["structures"].tolist()]
    return [
        AnnotatedSlice(
            patient=patient,
            index=int(index),
            pixels=arrays["pixels"][n],
            pixel_spacing_mm=(row_mm, column_mm),
            masks=dict(zip(structures, arrays["masks"][n], strict=True)),
            centre=centre,
            contrast=contrast,
            slice_thickness_mm=_known(arrays["slice_thickness_mm"][n]),
            slice_spacing_mm=_known(arrays["slice_spacing_mm"][n]),
            spacing_is_nominal=spacing_is_nominal,
        )
        for n, index in enumerate(arrays["index"])
    ]


def arrays_sha256(arrays: StackArrays) -> str:
    """Of names, types, shapes and values, whatever the file's compression."""
    content = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        content.update(f"{name} {array.dtype.str} {array.shape}".encode())
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()


def _known(number: float) -> float | None:
    return None if np.isnan(number) else float(number)
