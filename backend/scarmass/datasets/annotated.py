"""The annotated slice: what every loader of a dataset gives and everything in training begins with."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.left_ventricle import HeartRegion, heart_region
from scarmass.domain.masks import Mask
from scarmass.domain.prompts import box_around
from scarmass.domain.protocols import SliceImage
from scarmass.domain.stack import Contrast
from scarmass.domain.structures import Structure, myocardium

NOMINAL_DIAMETER_MM = 80.0
"""Epicardial diameter that patients are given whose true pixel spacing is lost: the middle of 70 to 90 mm."""


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
    def myocardium(self) -> Mask:
        return myocardium(self.masks)

    @property
    def image(self) -> SliceImage:
        return SliceImage(f"{self.patient}/{self.index}", self.pixels, self.pixel_spacing_mm)


def scar_shares(slices: Sequence[AnnotatedSlice]) -> dict[str, float]:
    """Share of each patient's myocardium that is scar, slices pooled; 0 without a myocardium."""
    scar: dict[str, int] = defaultdict(int)
    whole: dict[str, int] = defaultdict(int)
    for annotated in slices:
        scar[annotated.patient] += int(annotated.masks[Structure.SCAR].sum())
        whole[annotated.patient] += int(annotated.myocardium.sum())
    return {patient: scar[patient] / max(whole[patient], 1) for patient in scar}


def reference_region(stack: Sequence[AnnotatedSlice]) -> HeartRegion | None:
    """A stack's heart as inference places it, from the reference outlines instead of a detector's boxes."""
    ventricles = [annotated.masks[Structure.LEFT_VENTRICLE] for annotated in stack]
    return heart_region([box_around(mask) for mask in ventricles if mask.any()], stack[0].pixel_spacing_mm)


def reference_regions(slices: Sequence[AnnotatedSlice]) -> dict[str, HeartRegion | None]:
    """The same by patient, of slices of several patients."""
    stacks: dict[str, list[AnnotatedSlice]] = defaultdict(list)
    for annotated in slices:
        stacks[annotated.patient].append(annotated)
    return {patient: reference_region(stack) for patient, stack in stacks.items()}
