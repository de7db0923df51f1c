"""EMIDEC as its authors lay it out: Case_X/Images/Case_X.nii.gz and Case_X/Contours/Case_X.nii.gz.

Lalande et al., Data 2020, doi 10.3390/data5040089; CC BY-NC-SA 4.0: what is trained on it is non-commercial.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.datasets.layouts.nifti_pair import read_pair
from scarmass.domain.errors import AnnotationInvalid
from scarmass.domain.masks import Mask
from scarmass.domain.structures import Structure

CENTRE = "emidec"
LICENCE = "CC BY-NC-SA 4.0, EMIDEC challenge (Lalande et al., Data 2020, doi 10.3390/data5040089)"

LABELS: Mapping[Structure, tuple[int, ...]] = {
    Structure.LEFT_VENTRICLE: (1, 2, 3, 4),
    Structure.BLOOD_POOL: (1,),
    Structure.SCAR: (3, 4),
    Structure.NO_REFLOW: (4,),
}
"""Label values of each structure: 1 blood pool, 2 normal myocardium, 3 infarct, 4 no-reflow; 0 is background."""

HELD_OUT_PATIENTS = frozenset({"Case_P100"})
"""Never in any split: its native volume measures the whole chain."""


def has_infarct(patient: str) -> bool:
    """Whether the dataset counts the patient among the infarcts (Case_P###) and not the normals (Case_N###)."""
    return patient.startswith("Case_P")


def find_patients(folder: Path) -> list[str]:
    """Patients in name order; none where the folder is not laid out so."""
    return sorted(path.name for path in folder.glob("Case_*") if (path / "Images").is_dir())


def read_patient(folder: Path, patient: str, centre: str = CENTRE) -> list[AnnotatedSlice]:
    """The patient's slices, ordered along their normal; SliceThickness is not in the files.

    Raises AnnotationMissing, AnnotationInvalid, ObjectRefused, GeometryInvalid.
    """
    file = f"{patient}.nii.gz"
    image, contours = folder / patient / "Images" / file, folder / patient / "Contours" / file
    return read_pair(image, contours, masks_by_structure, patient, centre)


def masks_by_structure(labels: NDArray) -> dict[Structure, Mask]:
    """Reference masks, bool, of a label image (rows, columns) or volume. Raises AnnotationInvalid."""
    unknown = np.setdiff1d(labels, (0, *LABELS[Structure.LEFT_VENTRICLE]))
    if unknown.size:
        raise AnnotationInvalid(f"label {unknown[0]} is none of EMIDEC's 0 to 4")
    return {structure: np.isin(labels, values) for structure, values in LABELS.items()}
