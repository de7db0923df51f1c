"""EMIDEC as 256 x 256 PNG slices in train/ and val/, labels in trainannot/ and valannot/, stretched and unscaled.

The slices were cut and resized without keeping their proportions, and their pixel spacing is lost: the stretch is
undone here by a nominal spacing, under which the epicardium is round.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scarmass.datasets.annotated import NOMINAL_DIAMETER_MM, AnnotatedSlice
from scarmass.datasets.layouts.emidec import CENTRE, masks_by_structure
from scarmass.domain.errors import AnnotationInvalid, AnnotationMissing
from scarmass.domain.masks import Mask

HALVES = ("train", "val")


def find_patients(folder: Path) -> list[str]:
    """Patients in name order, whichever of the two halves they lie in; none where the folder is not laid out so."""
    return sorted({_patient_of(path) for half in HALVES for path in (folder / half).glob("Case_*_slice*.png")})


def read_patient(folder: Path, patient: str, centre: str = CENTRE) -> list[AnnotatedSlice]:
    """The patient's slices in the dataset's order. Raises AnnotationMissing, AnnotationInvalid."""
    paths = sorted(path for half in HALVES for path in (folder / half).glob(f"{patient}_slice*.png"))
    if not paths:
        raise AnnotationMissing(f"{folder} holds no slice of {patient}")
    labels = [_labels_of(path) for path in paths]
    spacing_mm = nominal_pixel_spacing_mm([label > 0 for label in labels])
    return [
        AnnotatedSlice(
            patient=patient,
            index=int(path.stem.rpartition("_slice")[2]),
            pixels=_read_png(path).astype(np.float32),
            pixel_spacing_mm=spacing_mm,
            masks=masks_by_structure(label),
            centre=centre,
            spacing_is_nominal=True,
        )
        for path, label in zip(paths, labels, strict=True)
    ]


def read_patients(folder: Path, patients: Sequence[str]) -> list[AnnotatedSlice]:
    """The slices of several patients, one patient after the other."""
    return [annotated for patient in patients for annotated in read_patient(folder, patient)]


def nominal_pixel_spacing_mm(left_ventricles: Sequence[Mask]) -> tuple[float, float]:
    """(Row, column) spacing under which a patient's epicardial outlines are as wide as tall and of nominal size.

    left_ventricles: bool (rows, columns) of each slice, filled to the epicardium. The stretch is one factor per
    patient: the median over slices. The upper quartile over slices gets NOMINAL_DIAMETER_MM, as apical slices
    are smaller than the ventricle. Raises AnnotationInvalid where no slice shows a ventricle.
    """
    extents = np.array([_extent(mask) for mask in left_ventricles if mask.any()], dtype=float)
    if not len(extents):
        raise AnnotationInvalid("no slice of the patient shows the left ventricle")
    column_over_row = np.median(extents[:, 0] / extents[:, 1])
    diameters = np.sqrt(extents[:, 0] * extents[:, 1] * column_over_row)
    row_mm = NOMINAL_DIAMETER_MM / np.quantile(diameters, 0.75)
    return float(row_mm), float(row_mm * column_over_row)


def _labels_of(image: Path) -> NDArray[np.uint8]:
    path = image.parent.with_name(f"{image.parent.name}annot") / image.name
    if not path.is_file():
        raise AnnotationMissing(f"{image.name} has no mask: {path} is missing")
    return _read_png(path)


def _patient_of(path: Path) -> str:
    return path.stem.rpartition("_slice")[0]


def _read_png(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def _extent(mask: Mask) -> tuple[int, int]:
    """(Rows, columns) that the mask's bounding box spans."""
    rows, columns = np.nonzero(mask)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
