"""The annotated slice: what every reader of a dataset yields and everything in training begins with."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.left_ventricle import HeartRegion, heart_region
from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Structure, box_around
from scarmass.domain.protocols import SliceImage
from scarmass.domain.stack import Contrast


@dataclass(frozen=True)
class AnnotatedSlice:
    """One slice with its reference masks.

    patient: the dataset's name of the patient, in one centre only. index: the slice's place in its stack.
    pixels: float32 (rows, columns), bright scar bright. masks: bool (rows, columns) by structure.
    pixel_spacing_mm: (between rows, between columns). slice_spacing_mm: what the slice stands for, gap included.
    spacing_is_nominal: the true size was lost, so ratios of areas mean something and mm2 and grams do not.
    """

    patient: str
    index: int
    pixels: NDArray[np.float32]
    pixel_spacing_mm: tuple[float, float]
    masks: Mapping[Structure, Mask]
    centre: str = ""
    contrast: Contrast = Contrast.MAGNITUDE
    slice_thickness_mm: float | None = None
    slice_spacing_mm: float | None = None
    spacing_is_nominal: bool = False

    @property
    def image(self) -> SliceImage:
        return SliceImage(f"{self.patient}/{self.index}", self.pixels, self.pixel_spacing_mm)


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


def heart_regions(slices: Sequence[AnnotatedSlice]) -> dict[str, HeartRegion | None]:
    """Each patient's heart, from the reference outlines of the ventricle."""
    regions: dict[str, HeartRegion | None] = {}
    for patient in {annotated.patient for annotated in slices}:
        own = [annotated for annotated in slices if annotated.patient == patient]
        ventricles = [annotated.masks[Structure.LEFT_VENTRICLE] for annotated in own]
        boxes = [box_around(ventricle, 0) for ventricle in ventricles if ventricle.any()]
        regions[patient] = heart_region(boxes, own[0].pixel_spacing_mm)
    return regions
