"""Objects beside each other: two of one UID, and those of one study."""

import sys
from collections.abc import Sequence

import numpy as np

from scarmass.domain.errors import ObjectRefused, PixelsUndecodable
from scarmass.domain.patient import distinct_names
from scarmass.domain.stack import SliceHeader
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.mr.header import read_object
from scarmass.imaging.mr.pixels import stored_values

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


def is_same_image(one: bytes, other: bytes) -> bool:
    """Whether two objects hold the same pixels at the same place, in whichever encoding and with whichever texts."""
    try:
        slices, others = (read_object(content, UNBOUNDED).slices for content in (one, other))
        return list(map(measured_by, slices)) == list(map(measured_by, others)) and all(
            np.array_equal(stored_values(one, each.frame_number), stored_values(other, each.frame_number))
            for each in slices
        )
    except (ObjectRefused, PixelsUndecodable):  # what an older version took in may be refused now
        return False


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
