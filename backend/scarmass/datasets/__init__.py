"""Annotated slices: readers of the datasets that can be had, one prepared form of them all, and phantoms."""

from scarmass.datasets.annotated import AnnotatedSlice, scar_shares
from scarmass.datasets.layouts.emidec import HELD_OUT_PATIENTS, LABELS, has_infarct, masks_by_structure
from scarmass.datasets.layouts.emidec_png import (
    NOMINAL_DIAMETER_MM,
    find_patients,
    nominal_pixel_spacing_mm,
    read_patient,
    read_patients,
)
from scarmass.datasets.phantoms import phantom_slices
from scarmass.datasets.prepare import prepare
from scarmass.datasets.prepared import Prepared, read_prepared

__all__ = [
    "HELD_OUT_PATIENTS",
    "LABELS",
    "NOMINAL_DIAMETER_MM",
    "AnnotatedSlice",
    "Prepared",
    "find_patients",
    "has_infarct",
    "masks_by_structure",
    "nominal_pixel_spacing_mm",
    "phantom_slices",
    "prepare",
    "read_patient",
    "read_patients",
    "read_prepared",
    "scar_shares",
]
