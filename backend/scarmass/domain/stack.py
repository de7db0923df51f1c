"""Studies, stacks and slices as the headers of their images describe them.

Lengths are in mm, times in ms; UIDs are opaque text, since real ones are not always valid.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

import numpy as np

from scarmass.domain.geometry import (
    DISTINCT_TOLERANCE_MM,
    PARALLEL_TOLERANCE,
    SlicePlane,
    positions_along_normal_mm,
    slice_spacings_mm,
)
from scarmass.domain.mass import OVERLAP_TOLERANCE, MassExtent

Item = TypeVar("Item")

SliceKey = tuple[str, int]
"""What identifies a slice: sop_instance_uid and frame_number (1 for classic objects)."""

THICKNESS_MISSING = "SliceThickness is missing: mass by slice thickness cannot be given"

SPACING_TOLERANCE = 1e-3
"""Largest relative difference of two pixel spacings that still count as equal."""


SAME_TISSUE = 0.4
"""Slices of two series that lie closer than this part of their thickness show the same tissue twice."""


class Contrast(StrEnum):
    MAGNITUDE = "magnitude"
    PSIR = "psir"


@dataclass(frozen=True)
class StudyHeader:
    """Patient and study as the header has them; dates stay text, since real ones are not always dates."""

    study_instance_uid: str
    patient_name: str = ""
    patient_id: str = ""
    patient_birth_date: str = ""
    patient_sex: str = ""
    study_date: str = ""
    study_description: str = ""
    accession_number: str = ""


@dataclass(frozen=True)
class SliceHeader:
    """What stacks, pixels and mass need of one frame. Attributes without a default are in every header.

    patient_name: as this object has it, which may differ from its study's. is_lossy: compressed with loss at some time.
    may_show_writing: de-identified, but for what may be written in its pixels.
    pixel_padding: the lowest and the highest stored value that stand for no image.
    """

    sop_instance_uid: str
    frame_number: int
    series_instance_uid: str
    rows: int
    columns: int
    dtype: str
    position_mm: tuple[float, float, float]
    orientation: tuple[float, float, float, float, float, float]
    pixel_spacing_mm: tuple[float, float]
    slice_thickness_mm: float | None = None
    series_number: int | None = None
    series_description: str = ""
    protocol_name: str = ""
    sequence_name: str = ""
    image_type: tuple[str, ...] = ()
    complex_image_component: str = ""
    frame_of_reference_uid: str = ""
    instance_number: int | None = None
    trigger_time_ms: float | None = None
    inversion_time_ms: float | None = None
    cardiac_number_of_images: int | None = None
    acquisition_number: int | None = None
    acquisition_time: str = ""
    scanning_sequence: tuple[str, ...] = ()
    contrast_agent: str = ""
    spacing_between_slices_mm: float | None = None
    photometric_interpretation: str = "MONOCHROME2"
    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    window_center: float | None = None
    window_width: float | None = None
    patient_name: str = ""
    issuer_of_patient_id: str = ""
    is_lossy: bool = False
    may_show_writing: bool = False
    pixel_padding: tuple[int, int] | None = None

    @cached_property
    def plane(self) -> SlicePlane:
        return SlicePlane(
            self.rows,
            self.columns,
            self.position_mm,
            self.orientation,
            self.pixel_spacing_mm,
            self.slice_thickness_mm,
        )


@dataclass(frozen=True)
class TypedThickness:
    """A slice thickness that headers lack, as a reader typed it."""

    mm: float
    author: str
    at: datetime


@dataclass(frozen=True)
class RepeatedImage:
    """One of several images of one position. acquisition_time: as its header has it, HHMMSS.F or empty."""

    key: SliceKey
    acquisition_time: str = ""


@dataclass(frozen=True)
class Slice:
    """One image of a stack, or of a reading.

    slice_spacing_mm: the extent it stands for, gap included; None where it stands alone.
    sha256: of the stored object that holds its pixels; empty before it is stored.
    typed_thickness: counts where the header has no thickness.
    """

    header: SliceHeader
    slice_spacing_mm: float | None = None
    sha256: str = ""
    typed_thickness: TypedThickness | None = None

    @property
    def slice_thickness_mm(self) -> float | None:
        typed_mm = None if self.typed_thickness is None else self.typed_thickness.mm
        return typed_mm if self.header.slice_thickness_mm is None else self.header.slice_thickness_mm

    @property
    def key(self) -> SliceKey:
        return self.header.sop_instance_uid, self.header.frame_number

    @property
    def pixels_key(self) -> str:
        """What identifies its pixels: the object's sha256 and, within an object of several frames, the frame."""
        frame = self.header.frame_number
        return self.sha256 if frame == 1 else f"{self.sha256}-{frame}"

    @property
    def shape(self) -> tuple[int, int]:
        return self.header.rows, self.header.columns


@dataclass(frozen=True)
class Stack:
    """The slices of one acquisition in order of their position along the slice normal.

    contrast, is_lge: what counts, which a reader may have decided against the header; is_lge_because says so.
    repeats: the images of each position that was imaged several times, in order of time; the stack has the last one.
    revision: how often what is stored of the stack has changed.
    """

    stack_id: str
    study: StudyHeader
    description: str
    contrast: Contrast
    is_lge: bool
    is_lge_because: str
    warnings: tuple[str, ...]
    slices: tuple[Slice, ...]
    revision: int = 0
    typed_thickness: TypedThickness | None = None
    repeats: tuple[tuple[RepeatedImage, ...], ...] = ()


@dataclass(frozen=True)
class Study:
    """A study with every slice of its stacks; domain.worklist has what a list tells of it."""

    header: StudyHeader
    stacks: tuple[Stack, ...] = ()


@dataclass(frozen=True)
class Growth:
    """What a study has beyond a reading's own slices.

    images: images of the reading's stack that it lacks, with repeats of its positions that came since.
    slices: those of them at positions of their own, which the reading can take over.
    """

    images: int
    slices: tuple[Slice, ...]


def growth(own: Sequence[Slice], stacks: Sequence[Stack], imported_since: Set[str]) -> Growth | None:
    """What these stacks of a study have beyond a reading's own slices, None where that is nothing.

    imported_since: SOP Instance UIDs of the images that came into the study after the reading got its own. The stack
    that shares most slices with the reading is its stack now, the larger one where two share as many.
    """
    keys = {one.key for one in own}
    stack = max(stacks, key=lambda s: (sum(one.key in keys for one in s.slices), len(s.slices)), default=None)
    members = () if stack is None else stack.slices
    fresh = [one for one in members if one.key not in keys and is_of_one_grid(one, own[0])]
    addable = tuple(one for one in fresh if not _is_at_a_position_of(one, own))
    later = [one for s in stacks for one in s.slices if one.header.sop_instance_uid in imported_since]
    repeats = [
        one
        for one in later
        if one.key not in keys and is_of_one_grid(one, own[0]) and _is_at_a_position_of(one, [*own, *addable])
    ]
    images = {one.key for one in (*addable, *repeats)}
    return Growth(len(images), addable) if images else None


def with_slices(own: Sequence[Slice], more: Sequence[Slice]) -> tuple[Slice, ...]:
    """These slices and more of them in order of position, with the spacing that they have together.

    The order runs as the first ones' does. Raises SlicesNotParallel, PositionsNotDistinct.
    """
    every = [*own, *more]
    positions_mm = positions_along_normal_mm([one.header.plane for one in every])
    descends = len(own) > 1 and positions_mm[0] > positions_mm[len(own) - 1]
    order = np.argsort(-positions_mm if descends else positions_mm, kind="stable")
    spacings = slice_spacings_mm(positions_mm[order])
    return tuple(
        Slice(every[at].header, spacing, every[at].sha256) for at, spacing in zip(order, spacings, strict=True)
    )


def headline_extent(slices: Sequence[Slice], of_the_site: MassExtent) -> MassExtent:
    """The extent of the figure that is named: the site's, but slice spacing where slices overlap.

    There slice thickness counts the same tissue in two slices.
    """
    return MassExtent.SLICE_SPACING if any(map(_is_overlapped, slices)) else of_the_site


def _is_overlapped(one: Slice) -> bool:
    thickness_mm, spacing_mm = one.slice_thickness_mm, one.slice_spacing_mm
    if thickness_mm is None or spacing_mm is None:
        return False
    return thickness_mm > spacing_mm * (1 + OVERLAP_TOLERANCE)


def is_of_one_grid(one: Slice, other: Slice) -> bool:
    """Do two slices have parallel planes and pixels of one size and number?"""
    planes = one.header.plane, other.header.plane
    is_parallel = np.linalg.norm(planes[0].normal - planes[1].normal) <= PARALLEL_TOLERANCE
    spacings = np.array([plane.pixel_spacing_mm for plane in planes])
    return bool(
        is_parallel and one.shape == other.shape and np.allclose(spacings[0], spacings[1], rtol=SPACING_TOLERANCE)
    )


def _is_at_a_position_of(one: Slice, others: Sequence[Slice]) -> bool:
    """Does it show tissue that one of the others shows?"""
    positions_mm = positions_along_normal_mm([each.header.plane for each in (*others, one)])
    spacings_mm = [each.slice_spacing_mm for each in others if each.slice_spacing_mm is not None]
    limit_mm = SAME_TISSUE * min([one.slice_thickness_mm or 0.0, *spacings_mm])
    return bool((np.abs(positions_mm[:-1] - positions_mm[-1]) < max(limit_mm, DISTINCT_TOLERANCE_MM)).any())


def outwards(slices: Sequence[Item], index: int) -> list[Item]:
    """The slices of a stack in the order a reader meets them from this index; the page opens in the middle."""
    return [slices[at] for at in sorted(range(len(slices)), key=lambda at: (abs(at - index), at))]
