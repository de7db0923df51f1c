"""The slices of a reading with most scar as drawings: the image as it was acquired, with its outlines on it."""

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmass.domain.errors import FileDamaged, PixelsUndecodable
from scarmass.domain.masks import Mask
from scarmass.domain.outline import outline_of
from scarmass.domain.reading import Reading, Segment
from scarmass.domain.stack import Slice
from scarmass.domain.structures import Structure
from scarmass.imaging.codes import STRUCTURES
from scarmass.imaging.mr.pixels import grey, grey_png
from scarmass.services.measure import SliceMeasure
from scarmass.services.stacks import slice_image
from scarmass.storage.files import FileStore

KEY_IMAGES = 3
FIELD_MM = 140.0
"""Shown of an image, around its scar: a heart is some 100 mm wide."""

PICTURE_MM, OUTLINE_PIXELS = 0.25, 3

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
    return tuple(
        KeyImage(number, one, _drawing(files, one.slice, dict(reading.content(one.slice.key).segments)))
        for number, one in with_most(reading, scar)
    )


def with_most(reading: Reading, scar: list[SliceMeasure]) -> list[tuple[int, SliceMeasure]]:
    """The slices with most scar, each with its number from 1, in order of position."""
    most = sorted((one for one in scar if one.area_mm2 > 0), key=lambda one: one.area_mm2, reverse=True)[:KEY_IMAGES]
    numbers = {key: number for number, key in enumerate(reading.keys, start=1)}
    return sorted(((numbers[one.slice.key], one) for one in most), key=lambda pair: pair[0])


def key_picture(files: FileStore, reading: Reading, one: Slice) -> NDArray[np.uint8]:
    """A slice as in the report, uint8 (pixels, pixels, red green blue) of PICTURE_MM each. Raises PixelsUndecodable."""
    segments, spacing_mm = reading.content(one.key).segments, one.header.plane.pixel_spacing_mm
    greys = grey(slice_image(files, one).pixels, _window(one))
    left_mm, top_mm = _corner(segments[Structure.SCAR].mask, *spacing_mm)
    steps_mm = (np.arange(round(FIELD_MM / PICTURE_MM)) + 0.5) * PICTURE_MM
    rows, columns = ((corner + steps_mm) // size for corner, size in zip((top_mm, left_mm), spacing_mm, strict=True))
    at = np.ix_(rows.astype(int).clip(0, one.shape[0] - 1), columns.astype(int).clip(0, one.shape[1] - 1))
    is_image = np.logical_and.outer((rows >= 0) & (rows < one.shape[0]), (columns >= 0) & (columns < one.shape[1]))
    picture = np.repeat((greys[at] * is_image)[..., None], 3, axis=-1)
    for structure in COLOURS:
        if structure in segments:
            inside = segments[structure].mask[at] & is_image
            edge = np.logical_xor(inside, ndimage.binary_erosion(inside, iterations=OUTLINE_PIXELS))
            picture[edge] = STRUCTURES[structure].colour
    return picture


def _drawing(files: FileStore, one: Slice, segments: dict[Structure, Segment]) -> str:
    try:
        values = slice_image(files, one).pixels
    except (OSError, FileDamaged, PixelsUndecodable):  # the grams were measured, and stand without the picture
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
