"""A centre's own data: one folder a patient, in it an LGE series in DICOM and its masks, in DICOM SEG or NIfTI.

The folder's name is the patient's: what the header calls the patient is not used. Masks in NIfTI are one volume of
EMIDEC's labels, or a volume for each tissue, named after it.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.datasets.layouts.dicom_segments import drawn_on, is_segmentation, referenced_images
from scarmass.datasets.layouts.emidec import masks_by_structure
from scarmass.datasets.layouts.tissues import structures_of, tissue_named
from scarmass.domain.errors import AnnotationInvalid, AnnotationMissing, Fact, ObjectRefused
from scarmass.domain.masks import Mask
from scarmass.domain.stack import SliceHeader, Stack, StudyHeader
from scarmass.domain.structures import Structure
from scarmass.imaging.mr.header import read_object
from scarmass.imaging.mr.pixels import slice_values
from scarmass.imaging.mr.stacks import build_stacks
from scarmass.imaging.nifti import NiftiVolume, read_nifti

LICENCE = "not stated"

MR_IMAGES = ("1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1")
"""MR Image Storage and its enhanced form; other objects of a patient are reports and the like."""

GRID_TOLERANCE = 0.1
"""Farthest that a pixel's centre may lie from a voxel's, in voxels, where both have one grid."""


@dataclass(frozen=True)
class PatientFiles:
    """headers and their files by SOP Instance UID, by study; masks as found."""

    studies: dict[str, list[SliceHeader]]
    files: dict[str, Path]
    segmentations: list[pydicom.Dataset]
    volumes: list[Path]


def find_patients(folder: Path) -> list[str]:
    """The subfolders that hold DICOM files, in name order; none where the folder is not laid out so."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and any(map(_is_dicom, path.rglob("*"))))


def read_patient(folder: Path, patient: str, centre: str) -> list[AnnotatedSlice]:
    """The slices of the patient's annotated stack, ordered along their normal.

    Raises AnnotationMissing, AnnotationInvalid; ObjectRefused and other facts where a file cannot be used.
    """
    try:
        found = _files_of(folder / patient)
        if bool(found.segmentations) == bool(found.volumes):
            which = "both DICOM SEG and NIfTI masks" if found.volumes else "no mask, neither DICOM SEG nor NIfTI"
            raise AnnotationMissing(f"there is {which}")
        stack = _annotated_stack(found)
        masks = _masks(found, stack)
    except Fact as fact:
        raise type(fact)(f"{centre}, {patient}: {fact}") from fact
    return [
        AnnotatedSlice(
            patient=patient,
            index=index,
            pixels=_values(found.files[one.header.sop_instance_uid], one.header),
            pixel_spacing_mm=one.header.pixel_spacing_mm,
            masks={structure: mask[index] for structure, mask in masks.items()},
            centre=centre,
            contrast=stack.contrast,
            slice_thickness_mm=one.header.slice_thickness_mm,
            slice_spacing_mm=one.slice_spacing_mm,
        )
        for index, one in enumerate(stack.slices)
    ]


def _files_of(folder: Path) -> PatientFiles:
    found = PatientFiles(defaultdict(list), {}, [], [])
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.name.endswith((".nii", ".nii.gz")):
            found.volumes.append(path)
        elif _is_dicom(path):
            _sort_in(path, found)
    return found


def _sort_in(path: Path, found: PatientFiles) -> None:
    dataset = pydicom.dcmread(path, defer_size="1 KB")
    if is_segmentation(dataset):
        found.segmentations.append(pydicom.dcmread(path))
    elif dataset.get("SOPClassUID") in MR_IMAGES:
        try:
            mr = read_object(path.read_bytes())
        except ObjectRefused as error:
            raise ObjectRefused(f"{path.name}: {error}") from error
        if len(mr.slices) > 1:
            raise ObjectRefused(f"{path.name}: masks on an object of several frames are not supported")
        found.studies[mr.study.study_instance_uid] += mr.slices
        found.files.update({header.sop_instance_uid: path for header in mr.slices})


def _annotated_stack(found: PatientFiles) -> Stack:
    """The one stack the masks were drawn on: the one a SEG refers to, or for NIfTI the only LGE stack."""
    stacks = [stack for study, headers in found.studies.items() for stack in build_stacks(StudyHeader(study), headers)]
    if found.segmentations:
        drawn = {uid for segmentation in found.segmentations for uid in referenced_images(segmentation)}
        meant = [s for s in stacks if drawn & {one.header.sop_instance_uid for one in s.slices}]
    else:
        meant = [stack for stack in stacks if stack.is_lge] if len(stacks) > 1 else stacks
    if len(meant) != 1:
        raise AnnotationInvalid(f"{len(meant)} of {len(stacks)} stacks could be the annotated one: leave one")
    return meant[0]


def _masks(found: PatientFiles, stack: Stack) -> dict[Structure, Mask]:
    headers = [one.header for one in stack.slices]
    if found.segmentations:
        return structures_of(drawn_on(headers, found.segmentations))
    volumes = {path: _on_grid(read_nifti(path), headers, path.name) for path in found.volumes}
    if len(volumes) == 1:
        return masks_by_structure(next(iter(volumes.values())))
    drawn = [(tissue_named(path.name), values > 0) for path, values in volumes.items()]
    if len({tissue for tissue, _ in drawn}) < len(drawn):
        raise AnnotationInvalid(f"two files show the same tissue: {', '.join(path.name for path in volumes)}")
    return structures_of(dict(drawn))


def _on_grid(volume: NiftiVolume, headers: list[SliceHeader], name: str) -> NDArray:
    """The volume's values (slices, rows, columns) at the pixels of the slices, whichever way its axes run.

    Raises AnnotationMissing where a slice lies outside of it, AnnotationInvalid where it has another grid.
    """
    first = volume.planes[0]
    along_row, along_column = np.array(first.orientation[:3]), np.array(first.orientation[3:])
    step = np.subtract(volume.planes[-1].position_mm, first.position_mm) / max(len(volume.planes) - 1, 1)
    step = step if step.any() else first.normal
    row_mm, column_mm = first.pixel_spacing_mm
    to_voxel = np.linalg.inv(np.column_stack([step, along_column * row_mm, along_row * column_mm]))
    sampled = []
    for index, header in enumerate(headers):
        y, x = np.mgrid[: header.rows, : header.columns] + 0.5
        voxels = (header.plane.patient_mm(x, y) - first.position_mm) @ to_voxel.T
        nearest = np.rint(voxels).astype(int)
        if np.abs(voxels - nearest).max() > GRID_TOLERANCE:
            raise AnnotationInvalid(f"{name} has another grid than slice {index}")
        if nearest.min() < 0 or (nearest >= volume.values.shape).any():
            raise AnnotationMissing(f"{name} does not cover slice {index} ({header.sop_instance_uid})")
        sampled.append(volume.values[tuple(np.moveaxis(nearest, -1, 0))])
    return np.array(sampled)


def _values(path: Path, header: SliceHeader) -> NDArray[np.float32]:
    return slice_values(path.read_bytes(), header)


def _is_dicom(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"
