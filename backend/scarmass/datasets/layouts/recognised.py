"""The layouts that can be read, and which of them a folder has."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.datasets.layouts import dicom_folder, emidec, emidec_png, myops
from scarmass.domain.errors import LayoutNotRecognised


@dataclass(frozen=True)
class Layout:
    """find_patients(folder): names in order, none where the folder is laid out otherwise.

    read_patient(folder, patient, centre): the patient's slices in stack order.
    """

    name: str
    description: str
    licence: str
    find_patients: Callable[[Path], list[str]]
    read_patient: Callable[[Path, str, str], list[AnnotatedSlice]]


LAYOUTS = (
    Layout(
        "emidec",
        "Case_X/Images/Case_X.nii.gz with Case_X/Contours/Case_X.nii.gz",
        emidec.LICENCE,
        emidec.find_patients,
        emidec.read_patient,
    ),
    Layout(
        "emidec_png",
        "train/Case_X_sliceNNN.png with trainannot/Case_X_sliceNNN.png, and the same of val",
        emidec.LICENCE,
        emidec_png.find_patients,
        emidec_png.read_patient,
    ),
    Layout(
        "myops",
        "X_LGE.nii.gz or X_DE.nii.gz with X_gd.nii.gz",
        myops.LICENCE,
        myops.find_patients,
        myops.read_patient,
    ),
    Layout(
        "dicom",
        "one folder a patient of DICOM files, with masks in DICOM SEG or NIfTI",
        dicom_folder.LICENCE,
        dicom_folder.find_patients,
        dicom_folder.read_patient,
    ),
)


def recognised_layout(folder: Path) -> Layout:
    """The one layout the folder has. Raises LayoutNotRecognised where it has none of them, or several."""
    if not folder.is_dir():
        raise LayoutNotRecognised(f"{folder} is no folder")
    fitting = [layout for layout in LAYOUTS if layout.find_patients(folder)]
    if not fitting:
        known = "; ".join(layout.description for layout in LAYOUTS)
        raise LayoutNotRecognised(f"{folder} is laid out as none of: {known}")
    if len(fitting) > 1:
        names = " and as ".join(layout.name for layout in fitting)
        raise LayoutNotRecognised(f"{folder} is laid out as {names}: part it into one folder for each")
    return fitting[0]
