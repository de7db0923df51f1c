"""Slices of stored stacks: their header, their pixels, and the image that models see."""

from typing import Any

from scarmass.domain.mass import SliceArea
from scarmass.domain.protocols import SliceImage
from scarmass.imaging.mr.header import SliceHeader
from scarmass.imaging.mr.pixels import rescaled_values, stored_values, thumbnail_png
from scarmass.storage.files import FileStore
from scarmass.storage.tables import InstanceRow, SliceRow


def header_of(instance: InstanceRow) -> SliceHeader:
    """The stored header; JSON knows no tuples."""
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in instance.header.items()
    }
    return SliceHeader(**values)


def slice_image(files: FileStore, instance: InstanceRow) -> SliceImage:
    """Rescaled float32 pixels (rows, columns) with their spacing; the key is the object's sha256."""
    header = header_of(instance)
    values = rescaled_values(
        stored_values(files.get(instance.sha256)),
        header.rescale_slope,
        header.rescale_intercept,
        header.photometric_interpretation,
    )
    return SliceImage(instance.sha256, values, header.pixel_spacing_mm)


def thumbnail(files: FileStore, instance: InstanceRow) -> bytes:
    """A small PNG of the slice."""
    image = slice_image(files, instance)
    return thumbnail_png(image.pixels, image.pixel_spacing_mm)


def slice_area(row: SliceRow, pixels: int) -> SliceArea:
    """The area of so many pixels of this slice with the extents that it stands for."""
    header = header_of(row.instance)
    return SliceArea(pixels * header.plane.pixel_area_mm2, header.slice_thickness_mm, row.slice_spacing_mm)
