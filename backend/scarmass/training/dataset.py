"""Annotated slices: the EMIDEC dataset in its 256 x 256 PNG form, split by patient, and phantoms.

Lalande et al., Data 2020, doi 10.3390/data5040089; CC BY-NC-SA 4.0: what is trained on it is non-commercial.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scarmass.domain.masks import Mask
from scarmass.domain.models import SliceImage
from scarmass.domain.prompts import Structure
from scarmass.imaging.lge import Contrast
from scarmass.training.phantom import phantom
from scarmass.training.split import Split, split_by_patient

Labels = NDArray[np.uint8]

LABELS: Mapping[Structure, tuple[int, ...]] = {
    Structure.LEFT_VENTRICLE: (1, 2, 3, 4),
    Structure.BLOOD_POOL: (1,),
    Structure.SCAR: (3, 4),
    Structure.NO_REFLOW: (4,),
}
"""Label values of each structure: 1 blood pool, 2 normal myocardium, 3 infarct, 4 no-reflow; 0 is background."""

NOMINAL_DIAMETER_MM = 80.0
"""Epicardial diameter every patient is given, as the true pixel spacing is lost: the middle of 70 to 90 mm."""

HELD_OUT_PATIENTS = frozenset({"Case_P100"})
"""Never in any split: its native volume measures the whole chain."""


@dataclass(frozen=True)
class AnnotatedSlice:
    """One slice with its reference masks.

    pixels: float32 (rows, columns). masks: bool (rows, columns) by structure.
    pixel_spacing_mm: (between rows, between columns). Its ratio undoes the stretch of the PNG files; its size
    is nominal, so ratios of areas mean something and mm2 do not.
    """

    patient: str
    index: int
    pixels: NDArray[np.float32]
    pixel_spacing_mm: tuple[float, float]
    masks: Mapping[Structure, Mask]

    @property
    def image(self) -> SliceImage:
        return SliceImage(f"{self.patient}/{self.index}", self.pixels, self.pixel_spacing_mm)


def has_infarct(patient: str) -> bool:
    """Whether the dataset counts the patient among the infarcts (Case_P###) and not the normals (Case_N###)."""
    return patient.startswith("Case_P")


def find_patients(folder: Path) -> list[str]:
    """All patients of the dataset in name order, whichever of its own two halves they lie in."""
    names = {_patient_of(path) for half in ("train", "val") for path in (folder / half).glob("Case_*.png")}
    if not names:
        raise FileNotFoundError(f"{folder} holds no train/Case_*.png or val/Case_*.png")
    return sorted(names)


def read_patient(folder: Path, patient: str) -> list[AnnotatedSlice]:
    """The patient's slices in the dataset's order. Raises FileNotFoundError for an unknown patient."""
    paths = sorted(path for half in ("train", "val") for path in (folder / half).glob(f"{patient}_slice*.png"))
    if not paths:
        raise FileNotFoundError(f"{folder} holds no slice of {patient}")
    labels = [_read_png(path.parent.with_name(f"{path.parent.name}annot") / path.name) for path in paths]
    spacing_mm = nominal_pixel_spacing_mm([label > 0 for label in labels])
    return [
        AnnotatedSlice(
            patient=patient,
            index=int(path.stem.rpartition("_slice")[2]),
            pixels=_read_png(path).astype(np.float32),
            pixel_spacing_mm=spacing_mm,
            masks=masks_by_structure(label),
        )
        for path, label in zip(paths, labels, strict=True)
    ]


def read_patients(folder: Path, patients: Sequence[str]) -> list[AnnotatedSlice]:
    """The slices of several patients, one patient after the other."""
    return [annotated for patient in patients for annotated in read_patient(folder, patient)]


def phantom_slices(seeds: Sequence[int]) -> list[AnnotatedSlice]:
    """The slices of a phantom for each seed, magnitude and phase-sensitive in turn."""
    slices: list[AnnotatedSlice] = []
    for seed in seeds:
        stack = phantom(seed, contrast=Contrast.PSIR if seed % 2 else Contrast.MAGNITUDE)
        for index, (pixels, plane) in enumerate(zip(stack.pixels, stack.planes, strict=True)):
            masks = {structure: mask[index] for structure, mask in stack.masks.items()}
            name = f"phantom-{seed}"
            slices.append(AnnotatedSlice(name, index, pixels.astype(np.float32), plane.pixel_spacing_mm, masks))
    return slices


def masks_by_structure(labels: Labels) -> dict[Structure, Mask]:
    """Reference masks, bool (rows, columns), of a label image."""
    return {structure: np.isin(labels, values) for structure, values in LABELS.items()}


def nominal_pixel_spacing_mm(left_ventricles: Sequence[Mask]) -> tuple[float, float]:
    """(Row, column) spacing under which a patient's epicardial outlines are as wide as tall and of nominal size.

    left_ventricles: bool (rows, columns) of each slice, filled to the epicardium. The stretch is one factor per
    patient: the median over slices. The upper quartile over slices gets NOMINAL_DIAMETER_MM, as apical slices
    are smaller than the ventricle.
    """
    extents = np.array([_extent(mask) for mask in left_ventricles if mask.any()], dtype=float)
    if not len(extents):
        raise ValueError("no slice of the patient shows the left ventricle")
    column_over_row = np.median(extents[:, 0] / extents[:, 1])
    diameters = np.sqrt(extents[:, 0] * extents[:, 1] * column_over_row)
    row_mm = NOMINAL_DIAMETER_MM / np.quantile(diameters, 0.75)
    return float(row_mm), float(row_mm * column_over_row)


def scar_shares(slices: Sequence[AnnotatedSlice]) -> dict[str, float]:
    """Share of each patient's myocardium that is scar, slices pooled; 0 without a myocardium."""
    scar: dict[str, int] = defaultdict(int)
    myocardium: dict[str, int] = defaultdict(int)
    for annotated in slices:
        masks = annotated.masks
        scar[annotated.patient] += int(masks[Structure.SCAR].sum())
        wall = masks[Structure.LEFT_VENTRICLE] & ~masks[Structure.BLOOD_POOL]
        myocardium[annotated.patient] += int(wall.sum())
    return {patient: scar[patient] / max(myocardium[patient], 1) for patient in scar}


def emidec_split(folder: Path, seed: int = 0) -> Split:
    """The patients of the PNG form parted, the held-out ones in no part."""
    patients = [patient for patient in find_patients(folder) if patient not in HELD_OUT_PATIENTS]
    return split_by_patient(scar_shares(read_patients(folder, patients)), seed)


def _patient_of(path: Path) -> str:
    return path.stem.rpartition("_slice")[0]


def _read_png(path: Path) -> Labels:
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def _extent(mask: Mask) -> tuple[int, int]:
    """(Rows, columns) that the mask's bounding box spans."""
    rows, columns = np.nonzero(mask)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
