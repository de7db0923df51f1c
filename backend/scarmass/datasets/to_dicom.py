"""Wraps a NIfTI LGE volume as a derived MR series, and its label volume as masks in the same slice order."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from scarmass.datasets.layouts.emidec import LABELS
from scarmass.domain.masks import Mask
from scarmass.domain.stack import Contrast
from scarmass.domain.structures import Structure
from scarmass.imaging.mr.write import Series, write_mr_series
from scarmass.imaging.nifti import read_nifti


def nifti_to_dicom(
    nifti: Path,
    folder: Path,
    *,
    slice_thickness_mm: float | None,
    patient_name: str,
    patient_id: str,
    contrast: Contrast = Contrast.MAGNITUDE,
    study_date: str = "",
    series_description: str = "SAX LGE",
) -> tuple[list[Path], tuple[str, ...]]:
    """Write the volume into folder; answers (files in slice order, warnings).

    slice_thickness_mm: NIfTI knows only the spacing, so None leaves SliceThickness empty.
    Raises ObjectRefused, GeometryInvalid, PixelsUndecodable.
    """
    volume = read_nifti(nifti)
    planes = [replace(plane, slice_thickness_mm=slice_thickness_mm) for plane in volume.planes]
    series = Series(
        study_seed=f"nifti {nifti.name}",
        patient_name=patient_name,
        patient_id=patient_id,
        study_date=study_date,
        series_description=series_description,
        contrast=contrast,
        derivation="; ".join(("Converted from NIfTI", *volume.warnings)),
    )
    return write_mr_series(folder, volume.values, planes, series), volume.warnings


def nifti_masks(labels: Path, label_values: Mapping[Structure, tuple[int, ...]] = LABELS) -> dict[Structure, Mask]:
    """Masks (slices, rows, columns) of a label volume, in the slice order of nifti_to_dicom.

    label_values: the values that make up each structure. Raises ObjectRefused, GeometryInvalid.
    """
    values = read_nifti(labels).values
    return {structure: np.isin(values, members) for structure, members in label_values.items()}
