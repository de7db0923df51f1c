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

PACKED_DIAMETERS = 3.2
"""Side of what is packed of a slice, in left-ventricular diameters."""

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
        **_described(slices),
        "pixels": np.stack([annotated.pixels for annotated in slices]),
        "masks": np.array(masks),
        "region": np.array((region.x, region.y, region.diameter_mm) if region else (np.nan,) * 3),
        "window_pixels": np.stack([grey_window(annotated.pixels, window, LOGITS_SIDE) for annotated in slices]),
        "window_masks": np.array([[window_mask(mask, window) for mask in own] for own in masks]),
    }


def packed_arrays_of(slices: Sequence[AnnotatedSlice]) -> StackArrays:
    """Few bytes from which slices_of makes slices that are cut around the heart, their pixels rounded to 256 levels.

    pixels uint8 (n, rows, columns), of which pixel_scale (n,) and pixel_offset (n,) make what they were; whole numbers
    of 256 values at most stay as they are. masks uint8 (n, rows, columns): bit k is structure k. No windows.
    """
    rows, columns = _around_heart(slices)
    levels = [_levels(annotated.pixels[rows, columns]) for annotated in slices]
    bits = [
        sum((annotated.masks[structure][rows, columns].astype(np.uint8) << k) for k, structure in enumerate(STRUCTURES))
        for annotated in slices
    ]
    return {
        **_described(slices),
        "pixels": np.stack([pixels for pixels, _, _ in levels]),
        "pixel_scale": np.array([scale for _, scale, _ in levels], dtype=np.float32),
        "pixel_offset": np.array([offset for _, _, offset in levels], dtype=np.float32),
        "masks": np.array(bits, dtype=np.uint8),
    }


def slices_of(
    arrays: StackArrays, patient: str, centre: str, contrast: Contrast, spacing_is_nominal: bool
) -> list[AnnotatedSlice]:
    """The annotated slices that arrays_of was given, or nearly those that packed_arrays_of was given."""
    row_mm, column_mm = arrays["pixel_spacing_mm"].tolist()
    structures = [Structure(name) for name in arrays["structures"].tolist()]
    pixels, masks = arrays["pixels"], arrays["masks"]
    if pixels.dtype == np.uint8:
        scale, offset = (arrays[name][:, None, None] for name in ("pixel_scale", "pixel_offset"))
        pixels = scale * pixels.astype(np.float32) + offset
        masks = np.stack([masks >> k & 1 for k in range(len(structures))], axis=1).astype(bool)
    return [
        AnnotatedSlice(
            patient=patient,
            index=int(index),
            pixels=pixels[n],
            pixel_spacing_mm=(row_mm, column_mm),
            masks=dict(zip(structures, masks[n], strict=True)),
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


def _described(slices: Sequence[AnnotatedSlice]) -> StackArrays:
    """What is known of a stack besides its pixels."""
    return {
        "structures": np.array([structure.value for structure in STRUCTURES]),
        "index": np.array([annotated.index for annotated in slices]),
        "pixel_spacing_mm": np.array(slices[0].pixel_spacing_mm),
        "slice_thickness_mm": np.array([annotated.slice_thickness_mm for annotated in slices], dtype=float),
        "slice_spacing_mm": np.array([annotated.slice_spacing_mm for annotated in slices], dtype=float),
    }


def _around_heart(slices: Sequence[AnnotatedSlice]) -> tuple[slice, slice]:
    """Rows and columns within PACKED_DIAMETERS / 2 of the heart's middle; all of them where no heart is seen."""
    region, first = reference_region(slices), slices[0]
    if region is None:
        return slice(None), slice(None)
    reaches = [PACKED_DIAMETERS / 2 * region.diameter_mm / spacing for spacing in first.pixel_spacing_mm]
    starts = [max(round(centre - reach), 0) for centre, reach in zip((region.y, region.x), reaches, strict=True)]
    ends = [round(centre + reach) for centre, reach in zip((region.y, region.x), reaches, strict=True)]
    return slice(starts[0], ends[0]), slice(starts[1], ends[1])


def _levels(pixels: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, float]:
    """Pixels as 256 levels, with scale and offset: level x scale + offset. The brightest 0.1 % are cut off."""
    offset, brightest = float(pixels.min()), float(np.percentile(pixels, 99.9))
    scale = max(brightest - offset, 1e-6) / 255
    if float(pixels.max()) - offset <= 255 and np.array_equal(pixels, np.round(pixels)):
        scale = 1.0
    return np.clip(np.round((pixels - offset) / scale), 0, 255).astype(np.uint8), scale, offset


def _known(number: float) -> float | None:
    return None if np.isnan(number) else float(number)
