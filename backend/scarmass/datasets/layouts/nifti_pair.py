"""An LGE volume in NIfTI with the label volume that belongs to it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.errors import AnnotationInvalid, AnnotationMissing
from scarmass.domain.geometry import positions_along_normal_mm, slice_spacings_mm
from scarmass.domain.masks import Mask
from scarmass.domain.structures import Structure
from scarmass.imaging.nifti import read_nifti

POSITION_TOLERANCE_MM = 0.5
"""Largest distance between the same voxel of image and labels that counts as rounding."""


def read_pair(
    image: Path,
    labels: Path,
    structures: Callable[[NDArray], Mapping[Structure, Mask]],
    patient: str,
    centre: str,
) -> list[AnnotatedSlice]:
    """The volume's slices along their normal, with masks from `structures`, which is given the labels.

    labels (slices, rows, columns) -> masks of that shape. SliceThickness stays None: NIfTI knows only the spacing.
    Raises AnnotationMissing, AnnotationInvalid, ObjectRefused, GeometryInvalid.
    """
    for file in (image, labels):
        if not file.is_file():
            raise AnnotationMissing(f"{patient}: {file.name} is missing in {file.parent}")
    volume, reference = read_nifti(image), read_nifti(labels)
    if volume.values.shape != reference.values.shape:
        shapes = f"{volume.values.shape} and {reference.values.shape}"
        raise AnnotationInvalid(f"{patient}: image and labels differ in shape: {shapes}")
    corners_mm = [np.array([v.planes[i].position_mm for i in (0, -1)]) for v in (volume, reference)]
    directions = [np.array(v.planes[0].orientation) for v in (volume, reference)]
    if np.abs(corners_mm[0] - corners_mm[1]).max() > POSITION_TOLERANCE_MM or not np.allclose(*directions, atol=0.01):
        raise AnnotationInvalid(f"{patient}: {labels.name} lies elsewhere in the patient than {image.name}")
    try:
        masks = structures(reference.values)
    except AnnotationInvalid as error:
        raise AnnotationInvalid(f"{patient}: {labels.name}: {error}") from error
    spacings_mm = slice_spacings_mm(positions_along_normal_mm(volume.planes))
    return [
        AnnotatedSlice(
            patient=patient,
            index=index,
            pixels=volume.values[index].astype(np.float32),
            pixel_spacing_mm=plane.pixel_spacing_mm,
            masks={structure: mask[index] for structure, mask in masks.items()},
            centre=centre,
            slice_spacing_mm=spacings_mm[index],
        )
        for index, plane in enumerate(volume.planes)
    ]
