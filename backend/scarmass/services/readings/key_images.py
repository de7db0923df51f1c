"""The slices of a reading with most scar as drawings: the image as it was acquired, with its outlines on it."""

import base64
from dataclasses import dataclass

from scarmass.domain.errors import PixelsUndecodable
from scarmass.domain.masks import Mask
from scarmass.domain.outline import outline_of
from scarmass.domain.reading import Reading, Segment
from scarmass.domain.stack import Slice
from scarmass.domain.structures import Structure
from scarmass.imaging.mr.pixels import grey_png
from scarmass.services.measure import SliceMeasure
from scarmass.services.stacks import slice_image
from scarmass.storage.files import FileStore

KEY_IMAGES = 3
FIELD_MM = 140.0
"""Shown of an image, around its scar: a heart is some 100 mm wide."""

COLOURS = {
    Structure.LEFT_VENTRICLE: "#4fc9a3",
    Structure.BLOOD_POOL: "#56c8f5",
    Structure.SCAR: "#ffc233",
    Structure.NO_REFLOW: "#ff5d5d",
}
"""Of the outlines, in the order in which they are drawn."""


@dataclass(frozen=True)
class KeyImage:
    """number: of the slice, from 1. svg: a drawing of FIELD_MM x FIELD_MM; empty where the pixels are not at hand."""

    number: int
    measure: SliceMeasure
    svg: str


def key_images(files: FileStore, reading: Reading, scar: list[SliceMeasure]) -> tuple[KeyImage, ...]:
    """The slices with most scar, in order of position; scar: that of each slice that counts."""
    most = sorted((one for one in scar if one.area_mm2 > 0), key=lambda one: one.area_mm2, reverse=True)[:KEY_IMAGES]
    numbers = {key: number for number, key in enumerate(reading.keys, start=1)}
    numbered = sorted((numbers[one.slice.key], one) for one in most) if most else []
    return tuple(
        KeyImage(number, one, _drawing(files, one.slice, dict(reading.content(one.slice.key).segments)))
        for number, one in numbered
    )


def _drawing(files: FileStore, one: Slice, segments: dict[Structure, Segment]) -> str:
    try:
        values = slice_image(files, one).pixels
    except (OSError, PixelsUndecodable):  # the grams were measured, and stand without the picture
        return ""
    png = base64.b64encode(grey_png(values, _window(one))).decode()
    row_mm, column_mm = one.header.plane.pixel_spacing_mm
    rows, columns = one.shape
    left, top = _corner(segments[Structure.SCAR].mask, row_mm, column_mm)
    outlines = "".join(
        f'<path d="{_path(segments[structure].mask)}" stroke="{colour}"/>'
        for structure, colour in COLOURS.items()
        if structure in segments
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:.3f} {top:.3f} {FIELD_MM:g} {FIELD_MM:g}" '
        f'width="{FIELD_MM:g}" height="{FIELD_MM:g}"><g transform="scale({column_mm:.9g} {row_mm:.9g})">'
        f'<image width="{columns}" height="{rows}" preserveAspectRatio="none" href="data:image/png;base64,{png}"/>'
        f'<g fill="none" stroke-width="{0.7 / min(row_mm, column_mm):.3f}" stroke-linecap="square">{outlines}</g>'
        "</g></svg>"
    )


def _window(one: Slice) -> tuple[float, float] | None:
    """The header's own; MONOCHROME1 is shown by percentiles, as its values are turned round."""
    header = one.header
    if header.window_center is None or header.window_width is None or header.photometric_interpretation[-1] == "1":
        return None
    return header.window_center - header.window_width / 2, header.window_center + header.window_width / 2


def _corner(scar: Mask, row_mm: float, column_mm: float) -> tuple[float, float]:
    """The upper left corner in mm of the field that has the scar in its middle and lies, where it can, on the image."""
    rows, columns = scar.nonzero()
    middle = float(columns.mean() + 0.5) * column_mm, float(rows.mean() + 0.5) * row_mm
    size = scar.shape[1] * column_mm, scar.shape[0] * row_mm
    left, top = (
        min(max(at - FIELD_MM / 2, 0.0), whole - FIELD_MM) if whole > FIELD_MM else (whole - FIELD_MM) / 2
        for at, whole in zip(middle, size, strict=True)
    )
    return left, top


def _path(mask: Mask) -> str:
    return "".join(f"M{x0} {y0}L{x1} {y1}" for x0, y0, x1, y1 in outline_of(mask))
