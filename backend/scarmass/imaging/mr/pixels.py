"""Pixels out of a stored object: raw stored values for the page, rescaled values for models, a thumbnail."""

from io import BytesIO

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image

from scarmass.domain.errors import PixelsUndecodable

THUMBNAIL_PIXELS = 256


def stored_values(content: bytes) -> NDArray:
    """Stored values (rows, columns) before rescale, little-endian, dtype as allocated. Raises PixelsUndecodable."""
    try:
        dataset = pydicom.dcmread(BytesIO(content))
        array = np.asarray(dataset.pixel_array)
    except Exception as error:  # decoders raise many kinds, all of them mean the same here
        raise PixelsUndecodable("the pixel data cannot be decoded") from error
    if array.ndim != 2:
        raise PixelsUndecodable(f"pixels of shape {array.shape} are no slice")
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))


def rescaled_values(
    stored: NDArray, rescale_slope: float, rescale_intercept: float, photometric_interpretation: str
) -> NDArray[np.float32]:
    """Modality values (PS3.3 C.11.1) as float32, negated for MONOCHROME1 so that bright is always high."""
    values = stored.astype(np.float32) * np.float32(rescale_slope) + np.float32(rescale_intercept)
    return -values if photometric_interpretation == "MONOCHROME1" else values


def thumbnail_png(values: NDArray[np.float32], pixel_spacing_mm: tuple[float, float]) -> bytes:
    """A PNG of at most 256 x 256 pixels, true to the slice's proportions, windowed to its 1st to 99th percentile."""
    low, high = np.percentile(values, (1, 99))
    grey = np.clip((values - low) / max(float(high - low), 1e-6), 0, 1) * 255
    height_mm, width_mm = np.array(values.shape) * pixel_spacing_mm
    scale = THUMBNAIL_PIXELS / max(height_mm, width_mm)
    size = max(1, round(width_mm * scale)), max(1, round(height_mm * scale))
    out = BytesIO()
    Image.fromarray(grey.astype(np.uint8)).resize(size, Image.Resampling.BILINEAR).save(out, "PNG")
    return out.getvalue()
