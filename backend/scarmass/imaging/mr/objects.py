"""Objects beside each other: two of one UID, and those of one study."""

import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from scarmass.domain.errors import ObjectRefused, PixelsUndecodable
from scarmass.domain.patient import distinct_names
from scarmass.domain.stack import SliceHeader
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.mr.encoding import open_dataset
from scarmass.imaging.mr.header import object_of
from scarmass.imaging.mr.pixels import decoded

MEASURED = (
    "frame_number",
    "rows",
    "columns",
    "position_mm",
    "orientation",
    "pixel_spacing_mm",
    "slice_thickness_mm",
    "photometric_interpretation",
    "rescale_slope",
    "rescale_intercept",
)
"""What an image measures the same by, whatever else its header says."""

UNBOUNDED = Bounds(attribute_bytes=sys.maxsize, image_pixels=sys.maxsize)
"""For objects that were read within bounds when they came in."""


def is_same_image(one: Path, other: Path) -> bool:
    """Whether two objects hold the same pixels at the same place, in whichever encoding and with whichever texts.

    one: stored; other: read a moment ago. One after the other, as both may be large. Raises ObjectRefused,
    PixelsUndecodable.
    """
    try:
        stored = _frames(one)
    except (ObjectRefused, PixelsUndecodable) as error:  # what an older version took in may be refused now
        if isinstance(error.__cause__, MemoryError):
            raise
        return False
    return stored == _frames(other)


def _frames(path: Path) -> list[tuple]:
    """What each frame of an object is measured by, and a digest of its stored values."""
    dataset = open_dataset(path.read_bytes())
    return [
        (measured_by(header), sha256(decoded(dataset, header.frame_number).astype(np.int64).tobytes()).digest())
        for header in object_of(dataset, UNBOUNDED).slices
    ]


def measured_by(header: SliceHeader) -> tuple:
    return tuple(getattr(header, name) for name in MEASURED)


def object_warnings(stack: Sequence[SliceHeader], study: Sequence[SliceHeader]) -> list[str]:
    """What a reader must know of the objects of a stack, and of those of its study beside them."""
    warnings = []
    if lossy := sum(header.is_lossy for header in stack):
        warnings.append(f"{lossy} of {len(stack)} images were compressed with loss: their signal is not the scanner's")
    if written := sum(header.may_show_writing for header in stack):
        warnings.append(
            f"{written} of {len(stack)} images are derived and do not say that nothing is written in their pixels: "
            "look whether a name is"
        )
    names = sorted(distinct_names([header.patient_name for header in study]))
    if len(names) > 1:
        warnings.append(f"the images of this study name {len(names)} patients: {'; '.join(names[:5])}")
    return warnings
