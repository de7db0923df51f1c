"""MyoPS and MyoPS++: NAME_LGE.nii.gz or NAME_DE.nii.gz with NAME_gd.nii.gz, anywhere below the folder.

Zhuang, IEEE TPAMI 2019, doi 10.1109/TPAMI.2018.2869576; Li et al., Medical Image Analysis 2023.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.datasets.layouts.nifti_pair import read_pair
from scarmass.datasets.layouts.tissues import Tissue, structures_of
from scarmass.domain.errors import AnnotationInvalid
from scarmass.domain.masks import Mask
from scarmass.domain.structures import Structure

LICENCE = "MyoPS challenge: the terms that were agreed to at registration"

LABELS: Mapping[int, Tissue | None] = {
    0: None,
    200: Tissue.MYOCARDIUM,
    500: Tissue.BLOOD_POOL,
    600: Tissue.OTHER,  # blood of the right ventricle
    1220: Tissue.MYOCARDIUM,  # oedema
    2221: Tissue.SCAR,
}

IMAGE_NAME = re.compile(r"(?P<patient>.+)_(LGE|DE)\.nii(\.gz)?")


def find_patients(folder: Path) -> list[str]:
    """Patients in name order; none where the folder is not laid out so."""
    return sorted(_images(folder))


def read_patient(folder: Path, patient: str, centre: str) -> list[AnnotatedSlice]:
    """The patient's slices, ordered along their normal. Raises AnnotationMissing, AnnotationInvalid, and of NIfTI
    ObjectRefused, GeometryInvalid."""
    image = _images(folder)[patient]
    suffix = ".nii.gz" if image.name.endswith(".gz") else ".nii"
    return read_pair(image, image.with_name(f"{patient}_gd{suffix}"), masks_by_structure, patient, centre)


def masks_by_structure(labels: NDArray) -> dict[Structure, Mask]:
    """Reference masks (slices, rows, columns) of a label volume. Raises AnnotationInvalid for another label."""
    unknown = np.setdiff1d(labels, list(LABELS))
    if unknown.size:
        raise AnnotationInvalid(f"label {unknown[0]} is none of MyoPS's {', '.join(map(str, LABELS))}")
    tissues = [tissue for tissue in Tissue if tissue in LABELS.values()]
    values = {tissue: [value for value, own in LABELS.items() if own is tissue] for tissue in tissues}
    return structures_of({tissue: np.isin(labels, values[tissue]) for tissue in tissues})


def _images(folder: Path) -> dict[str, Path]:
    """LGE volume by patient. Raises AnnotationInvalid where a patient has two."""
    images: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.nii*")):
        match = IMAGE_NAME.fullmatch(path.name)
        if match is None:
            continue
        other = images.setdefault(match["patient"], path)
        if other != path:
            raise AnnotationInvalid(f"{match['patient']} has two volumes: {other.name} and {path.name}")
    return images
