"""NIfTI volumes as slices in the patient.

NIfTI's affine maps voxel indices to RAS+ mm (nifti1.h, method 3); DICOM's patient space is LPS+, so x and y
change sign.
"""

import zlib
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
from nibabel.filebasedimages import ImageFileError
from numpy.typing import NDArray

from scarmass.domain.errors import GeometryInvalid, ObjectRefused
from scarmass.domain.geometry import SlicePlane

MM_PER_UNIT = {"unknown": 1.0, "mm": 1.0, "meter": 1000.0, "micron": 0.001}
SPACING_TOLERANCE = 0.01
"""Largest relative difference between the header's spacing and the affine's that counts as rounding."""

SHEAR_TOLERANCE = 1e-3
"""Largest cosine between two axes that counts as perpendicular."""


@dataclass(frozen=True)
class NiftiVolume:
    """values (slices, rows, columns) in order along the slice normal, their planes, and what was doubtful."""

    values: NDArray
    planes: tuple[SlicePlane, ...]
    warnings: tuple[str, ...]


def read_nifti(path: Path) -> NiftiVolume:
    """A NIfTI volume as slices across its third axis; its first axis runs along columns, its second along rows.

    Raises ObjectRefused where it is no three-dimensional volume, GeometryInvalid where its affine is sheared,
    singular or not finite, or contradicts the header's spacing.
    """
    image, values = _load(path)
    if values.ndim > 3 and values.shape[3:] == (1,) * (values.ndim - 3):
        values = values.reshape(values.shape[:3])
    if values.ndim != 3 or not np.issubdtype(values.dtype, np.number) or np.iscomplexobj(values):
        raise ObjectRefused(f"{path.name} is no volume of three dimensions")
    scale = MM_PER_UNIT[str(image.header.get_xyzt_units()[0])]
    zooms_mm = np.array(image.header.get_zooms()[:3], dtype=float) * scale
    affine, warnings = _affine_lps(np.asarray(image.affine, dtype=float), zooms_mm, scale)
    slices = np.ascontiguousarray(values.transpose(2, 1, 0))
    planes = _planes(affine, slices.shape)
    if planes[0].normal @ affine[:3, 2] < 0:
        slices, planes = slices[::-1], planes[::-1]
    return NiftiVolume(slices, planes, warnings)


def _load(path: Path) -> tuple[nibabel.Nifti1Pair, NDArray]:
    try:
        image = nibabel.load(path)
        if not isinstance(image, nibabel.Nifti1Pair):
            raise ObjectRefused(f"{path.name} is no NIfTI file")
        image.header.get_xyzt_units()  # an unknown code raises KeyError
        return image, np.asanyarray(image.dataobj)
    except (ImageFileError, OSError, EOFError, ValueError, KeyError, zlib.error) as error:
        raise ObjectRefused(f"{path.name} is no readable NIfTI file") from error


def _affine_lps(
    affine_ras: NDArray[np.float64], zooms_mm: NDArray[np.float64], scale: float
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Voxel indices to LPS mm (4, 4), with a warning where the spacing had to come from the header alone."""
    lengths_mm = np.linalg.norm(affine_ras[:3, :3], axis=0) * scale
    if not np.isfinite(affine_ras).all() or lengths_mm.min() <= 0:
        raise GeometryInvalid("the NIfTI affine is singular or not finite")
    affine = np.diag([-scale, -scale, scale, 1.0]) @ affine_ras
    directions = affine[:3, :3] / lengths_mm
    if np.abs(directions.T @ directions - np.eye(3)).max() > SHEAR_TOLERANCE:
        raise GeometryInvalid("the NIfTI affine is sheared: DICOM slices must be stacked along their normal")
    if np.allclose(lengths_mm, zooms_mm, rtol=SPACING_TOLERANCE):
        return affine, ()
    if not np.allclose(lengths_mm, scale) or not (np.isfinite(zooms_mm) & (zooms_mm > 0)).all():
        raise GeometryInvalid(
            f"the NIfTI affine has a spacing of {_text(lengths_mm)} mm and the header one of {_text(zooms_mm)}"
        )
    affine[:3, :3] = directions * zooms_mm
    return affine, (f"the NIfTI affine has no spacing; the header's was used: {_text(zooms_mm)} mm",)


def _planes(affine: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[SlicePlane, ...]:
    slices, rows, columns = shape
    spacings_mm = np.linalg.norm(affine[:3, :3], axis=0)
    directions = affine[:3, :3] / spacings_mm
    return tuple(
        SlicePlane(
            rows=rows,
            columns=columns,
            position_mm=tuple((affine[:3, 3] + index * affine[:3, 2]).tolist()),
            orientation=(*directions[:, 0].tolist(), *directions[:, 1].tolist()),  # type: ignore[arg-type]
            pixel_spacing_mm=(float(spacings_mm[1]), float(spacings_mm[0])),
            slice_thickness_mm=None,
        )
        for index in range(slices)
    )


def _text(lengths_mm: NDArray[np.float64]) -> str:
    return " x ".join(f"{length:g}" for length in lengths_mm)
