"""Pixels out of a stored object: raw stored values for the page, rescaled values for models, a thumbnail."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels.utils import pixel_array
from pydicom.uid import AllTransferSyntaxes, RLELossless

from scarmass.domain.errors import ObjectRefused, PixelsUndecodable
from scarmass.domain.stack import SliceHeader
from scarmass.imaging.mr.attributes import printable
from scarmass.imaging.mr.codestream import lengthened, require_whole
from scarmass.imaging.mr.encoding import open_dataset

THUMBNAIL_PIXELS = 256
OVERLAY_GROUPS = range(0x6000, 0x6020, 2)


def stored_values(content: bytes, frame_number: int = 1) -> NDArray:
    """Stored values (rows, columns) before rescale, little-endian, dtype as allocated. Raises PixelsUndecodable."""
    try:
        dataset = open_dataset(content)
    except ObjectRefused as error:
        raise PixelsUndecodable(str(error)) from error
    return decoded(dataset, frame_number)


def require_pixels(dataset: FileDataset, slices: Sequence[SliceHeader]) -> None:
    """Raises PixelsUndecodable unless every frame decodes to what its header says: size, type and bits."""
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax not in AllTransferSyntaxes:
        raise PixelsUndecodable(f"TransferSyntaxUID {printable(syntax)} is not known")
    has_codestreams = syntax.is_encapsulated and syntax != RLELossless
    for header in slices:
        if has_codestreams:
            stream = _codestream(dataset, header.frame_number)
            require_whole(stream, header.rows, header.columns)
        values = decoded(dataset, header.frame_number)
        if (values.shape, values.dtype.name) != ((header.rows, header.columns), header.dtype):
            raise PixelsUndecodable("the pixel data has another size or type than the header says")
        if has_codestreams:
            _require_every_pixel(dataset, stream, values)
        else:
            _require_bits(dataset, header, values)


def _codestream(dataset: Dataset, frame_number: int) -> bytes:
    try:
        frames = int(dataset.get("NumberOfFrames") or 1)
        return get_frame(dataset.PixelData, frame_number - 1, number_of_frames=frames)
    except Exception as error:  # pydicom raises many kinds on damaged fragments
        raise PixelsUndecodable("the compressed image cannot be found in the pixel data") from error


def _require_every_pixel(dataset: Dataset, stream: bytes, values: NDArray) -> None:
    longer = lengthened(stream)
    if longer is None:
        return
    frame = dataset.group_dataset(0x0028)
    frame.file_meta = dataset.file_meta
    frame.NumberOfFrames = 1
    frame.PixelData = encapsulate([longer])
    try:
        is_same = np.array_equal(decoded(frame, 1), values)
    except PixelsUndecodable:
        is_same = False
    if not is_same:
        raise PixelsUndecodable("the compressed image ends before its last pixel: the file is incomplete")


def _require_bits(dataset: Dataset, header: SliceHeader, values: NDArray) -> None:
    """Values are read without the bits above BitsStored: those must be a sign, an overlay or padding."""
    stored, allocated = int(dataset.BitsStored), int(dataset.BitsAllocated)
    if stored == allocated or any(_overlay_bit(dataset, group) >= stored for group in OVERLAY_GROUPS):
        return
    whole = decoded(dataset, header.frame_number, correct_unused_bits=False)
    is_cut = (whole != values) & ((whole >> stored) != 0) & ~_is_padding(values, header)
    if is_cut.any():
        raise PixelsUndecodable(f"the pixel data holds values beyond BitsStored ({stored})")


def _overlay_bit(dataset: Dataset, group: int) -> int:
    """In which bit of the pixels an overlay lies, 0 for none (PS3.3 C.9.2, retired)."""
    element = dataset.get((group, 0x0102))
    return int(element.value or 0) if element is not None else 0


def decoded(dataset: Dataset, frame_number: int, correct_unused_bits: bool = True) -> NDArray:
    """Stored values (rows, columns) of one frame, as stored_values. Raises PixelsUndecodable."""
    try:
        array = np.asarray(pixel_array(dataset, index=frame_number - 1, correct_unused_bits=correct_unused_bits))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # native decoders throw what is no Exception, and all of it means the same here
        raise PixelsUndecodable("the pixel data cannot be decoded") from error
    if array.ndim != 2:
        raise PixelsUndecodable(f"pixels of shape {array.shape} are no slice")
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))


def rescaled_values(stored: NDArray, header: SliceHeader) -> NDArray[np.float32]:
    """Modality values (PS3.3 C.11.1) as float32, negated for MONOCHROME1 so that bright is always high.

    Padding counts as the darkest of the other pixels, so that it moves no normalisation.
    """
    values = stored.astype(np.float32) * np.float32(header.rescale_slope) + np.float32(header.rescale_intercept)
    values = -values if header.photometric_interpretation == "MONOCHROME1" else values
    is_padding = _is_padding(stored, header)
    if is_padding.any() and not is_padding.all():
        values[is_padding] = values[~is_padding].min()
    return values


def _is_padding(stored: NDArray, header: SliceHeader) -> NDArray[np.bool_]:
    if header.pixel_padding is None:
        return np.zeros(stored.shape, bool)
    low, high = header.pixel_padding
    return (stored >= low) & (stored <= high)


def slice_values(content: bytes, header: SliceHeader) -> NDArray[np.float32]:
    """Rescaled values (rows, columns) of one frame of an object. Raises PixelsUndecodable."""
    return rescaled_values(stored_values(content, header.frame_number), header)


def grey_png(values: NDArray[np.float32], window: tuple[float, float] | None = None) -> bytes:
    """A PNG of the values, pixel for pixel (rows, columns); window: the values that are black and white.

    Without one it is the 1st to the 99.5th percentile.
    """
    out = BytesIO()
    Image.fromarray(grey(values, window)).save(out, "PNG", optimize=True)
    return out.getvalue()


def grey(values: NDArray[np.float32], window: tuple[float, float] | None = None) -> NDArray[np.uint8]:
    """The values (rows, columns) in 256 greys, as grey_png."""
    low, high = np.percentile(values, (1, 99.5)) if window is None else window
    return _grey(values, float(low), float(high))


def _grey(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    return (np.clip((values - low) / max(high - low, 1e-6), 0, 1) * 255).astype(np.uint8)


def thumbnail_png(values: NDArray[np.float32], pixel_spacing_mm: tuple[float, float]) -> bytes:
    """A PNG of at most 256 x 256 pixels, true to the slice's proportions, windowed to its 1st to 99th percentile."""
    low, high = np.percentile(values, (1, 99))
    greys = _grey(values, float(low), float(high))
    height_mm, width_mm = np.array(values.shape) * pixel_spacing_mm
    scale = THUMBNAIL_PIXELS / max(height_mm, width_mm)
    size = max(1, round(width_mm * scale)), max(1, round(height_mm * scale))
    out = BytesIO()
    Image.fromarray(greys).resize(size, Image.Resampling.BILINEAR).save(out, "PNG")
    return out.getvalue()
