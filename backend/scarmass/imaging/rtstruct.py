"""RT Structure Sets (PS3.3 A.19, C.8.8.6): closed planar contours in the patient as masks of the slices they lie on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from scarmass.domain.contours import enclosed
from scarmass.domain.errors import ObjectRefused
from scarmass.domain.geometry import FARTHEST_POSITION_MM
from scarmass.domain.segmentation import SegmentationRead, SegmentDescription
from scarmass.domain.stack import Slice, SliceKey
from scarmass.imaging.mr.attributes import numbers_of, text_of, whole_number_of
from scarmass.imaging.seg.frames import MAX_SEGMENTS, Sources, referenced_frames
from scarmass.imaging.seg.meanings import codes_of, in_words, meaning_of
from scarmass.imaging.seg.place import Placement

CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
MAX_POINTS = 200_000
"""Of all contours together."""


@dataclass(frozen=True, eq=False)
class Contour:
    """A closed curve of one region, points (n, 3) in mm in the patient."""

    segment: int
    points_mm: NDArray[np.float64]
    sources: Sources


def regions_of(dataset: Dataset) -> tuple[SegmentDescription, ...]:
    """The regions of interest that the object declares. Raises ObjectRefused."""
    items = dataset.get("StructureSetROISequence") or []
    if not items or len(items) > MAX_SEGMENTS:
        raise ObjectRefused(f"the structure set declares {len(items)} regions: 1 to {MAX_SEGMENTS} are read")
    observed = {
        whole_number_of(item, "ReferencedROINumber"): item for item in dataset.get("RTROIObservationsSequence") or []
    }
    found = []
    for item in items:
        number, label = whole_number_of(item, "ROINumber"), text_of(item, "ROIName")
        if number is None or number in [one.number for one in found]:
            raise ObjectRefused("a ROINumber is missing, or stands twice")
        codes = codes_of(observed.get(number, Dataset()), "RTROIIdentificationCodeSequence")
        found.append(SegmentDescription(number, label, in_words(codes), meaning_of(codes, label)))
    return tuple(found)


def contours_of(dataset: Dataset) -> Iterator[Contour | None]:
    """Every closed contour, None for one of another kind. Raises ObjectRefused for what is no contour."""
    points = 0
    for region in dataset.get("ROIContourSequence") or []:
        number = whole_number_of(region, "ReferencedROINumber")
        for item in region.get("ContourSequence") or []:
            if number is None:
                raise ObjectRefused("contours do not say of which region they are")
            if text_of(item, "ContourGeometricType").upper() not in CLOSED:
                yield None
                continue
            values = np.array(numbers_of(item, "ContourData"))
            points += len(values) // 3
            if len(values) % 3 or len(values) < 9 or points > MAX_POINTS:
                raise ObjectRefused(
                    f"a closed contour has {len(values)} numbers: they are x, y and z of at least 3 points, "
                    f"and at most {MAX_POINTS} points are read of an object"
                )
            if np.abs(values).max() > FARTHEST_POSITION_MM:
                raise ObjectRefused("a contour lies farther away than anything in a patient can")
            yield Contour(number, values.reshape(-1, 3), _sources(item))


def read_structure_set(dataset: Dataset, slices: Sequence[Slice]) -> SegmentationRead:
    """The masks of the pixels whose centres lie within the contours; contours of a region within one another cut holes.

    Raises ObjectRefused.
    """
    regions = regions_of(dataset)
    placement = Placement(slices, _frame_of_reference(dataset))
    open_contours, undeclared, nested = 0, set[int](), 0
    for contour in contours_of(dataset):
        if contour is None:
            open_contours += 1
            continue
        one = placement.slice_at(_distances_mm(contour.points_mm, slices), contour.sources, True)
        if one is None:
            continue
        undeclared |= {contour.segment} - {region.number for region in regions}
        x, y = one.header.plane.image_xy(contour.points_mm)
        mask = enclosed(list(zip(x.tolist(), y.tolist(), strict=True)), one.shape)
        before = placement.masks.get((one.key, contour.segment))
        nested += before is not None and bool((before & mask).any())
        placement.masks[one.key, contour.segment] = mask if before is None else before ^ mask
    warnings = list(placement.warnings("contours"))
    if nested:
        warnings.append(f"contours of a region within one another, read as its holes: {nested}")
    if open_contours:
        warnings.append(f"contours that are not closed and planar, left out: {open_contours}")
    others = [SegmentDescription(number, f"region {number}, undescribed") for number in sorted(undeclared)]
    return SegmentationRead(placement.masks, (*regions, *others), tuple(warnings))


def _distances_mm(points_mm: NDArray[np.float64], slices: Sequence[Slice]) -> dict[SliceKey, float]:
    """How far the farthest point of a contour is from the plane of each slice."""
    planes = [(one.key, one.header.plane) for one in slices]
    return {key: float(np.abs((points_mm - np.array(plane.position_mm)) @ plane.normal).max()) for key, plane in planes}


def _frame_of_reference(dataset: Dataset) -> str:
    uids = {text_of(item, "ReferencedFrameOfReferenceUID") for item in dataset.get("StructureSetROISequence") or []}
    return uids.pop() if len(uids) == 1 else text_of(dataset, "FrameOfReferenceUID")


def _sources(item: Dataset) -> Sources:
    images = item.get("ContourImageSequence") or []
    return Sources(tuple((text_of(image, "ReferencedSOPInstanceUID"), referenced_frames(image)) for image in images))
