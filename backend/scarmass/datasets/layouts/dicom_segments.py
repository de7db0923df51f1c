"""DICOM Segmentation objects as masks of the slices that they were drawn on.

Frames are mapped by the image each was derived from (DerivationImageSequence, PS3.3 C.7.6.16.2.6): their order may be
any, and need not be that of the slices.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from pydicom import Dataset
from pydicom.uid import SegmentationStorage

from scarmass.datasets.layouts.tissues import Tissue, tissue_named
from scarmass.domain.errors import AnnotationInvalid, AnnotationMissing
from scarmass.domain.geometry import ORIENTATION_TOLERANCE
from scarmass.domain.masks import Mask
from scarmass.domain.stack import SliceHeader

PROPERTY_TYPES: Mapping[tuple[str, str], Tissue] = {
    ("12402003", "SCT"): Tissue.SCAR,
    ("122113", "DCM"): Tissue.SCAR,  # scarred myocardium
    ("22298006", "SCT"): Tissue.SCAR,  # myocardial infarction
    ("49848007", "SCT"): Tissue.MYOCARDIUM,  # of the left ventricle
    ("122112", "DCM"): Tissue.MYOCARDIUM,  # normal myocardium
    ("53085002", "SCT"): Tissue.OTHER,  # right ventricle
}
"""Codes that say what a segment is. Others, as SCT 87878005 left ventricle, which some use of its blood, do not."""

POSITION_TOLERANCE_MM = 0.5


def is_segmentation(dataset: Dataset) -> bool:
    return dataset.get("SOPClassUID") == SegmentationStorage


def drawn_on(headers: Sequence[SliceHeader], segmentations: Sequence[Dataset]) -> dict[Tissue, Mask]:
    """Masks (slices, rows, columns) by tissue, in the order of the headers.

    A slice that no segmentation refers to was not looked at: AnnotationMissing. AnnotationInvalid where a segment is
    unknown, drawn twice, or lies on another grid than its slice.
    """
    looked_at = {uid for segmentation in segmentations for uid in referenced_images(segmentation)}
    for header in headers:
        if header.sop_instance_uid not in looked_at:
            raise AnnotationMissing(f"no segmentation refers to slice {header.sop_instance_uid}")
    shape = (len(headers), headers[0].rows, headers[0].columns)
    drawn: dict[Tissue, Mask] = {}
    for segmentation in segmentations:
        for tissue, mask in _masks(segmentation, headers, shape).items():
            if tissue in drawn:
                raise AnnotationInvalid(f"two segmentations show {tissue}")
            drawn[tissue] = mask
    return drawn


def referenced_images(segmentation: Dataset) -> set[str]:
    """SOP Instance UIDs of the images a segmentation says it was made from, in whole or by frame."""
    series = segmentation.get("ReferencedSeriesSequence") or []
    listed = {str(i.ReferencedSOPInstanceUID) for one in series for i in one.get("ReferencedInstanceSequence") or []}
    return listed | {_source_of(segmentation, frame, number) for number, frame in enumerate(_frames(segmentation), 1)}


def _masks(segmentation: Dataset, headers: Sequence[SliceHeader], shape: tuple[int, int, int]) -> dict[Tissue, Mask]:
    tissues = {int(segment.SegmentNumber): _tissue_of(segment) for segment in segmentation.SegmentSequence}
    index_of = {header.sop_instance_uid: index for index, header in enumerate(headers)}
    masks: dict[Tissue, Mask] = defaultdict(lambda: np.zeros(shape, dtype=bool))
    pixels = _pixels(segmentation)
    if pixels.shape[1:] != shape[1:]:
        raise AnnotationInvalid(f"the segmentation has {pixels.shape[1:]} pixels and its slices have {shape[1:]}")
    for number, (frame, values) in enumerate(zip(_frames(segmentation), pixels, strict=True), 1):
        source = _source_of(segmentation, frame, number)
        if source not in index_of:
            raise AnnotationInvalid(f"frame {number} was drawn on {source}, which is no slice of the stack")
        _require_same_place(segmentation, frame, number, headers[index_of[source]])
        segment = int(_of_frame(segmentation, frame, "SegmentIdentificationSequence")[0].ReferencedSegmentNumber)
        masks[tissues[segment]][index_of[source]] |= values
    for tissue in tissues.values():
        masks[tissue]  # a segment without any frame was looked for and not found
    return dict(masks)


def _tissue_of(segment: Dataset) -> Tissue:
    """By its coded property type, or where that leaves it open by its label."""
    codes = segment.get("SegmentedPropertyTypeCodeSequence") or []
    for code in codes:
        tissue = PROPERTY_TYPES.get((str(code.get("CodeValue")), str(code.get("CodingSchemeDesignator"))))
        if tissue is not None:
            return tissue
    return tissue_named(str(segment.get("SegmentLabel") or ""))


def _pixels(segmentation: Dataset) -> Mask:
    """Frames as bool (frames, rows, columns); a fraction of a half or more counts as drawn."""
    pixels = np.asarray(segmentation.pixel_array)
    pixels = pixels[None] if pixels.ndim == 2 else pixels
    if segmentation.SegmentationType == "FRACTIONAL":
        return pixels >= segmentation.MaximumFractionalValue / 2
    return pixels > 0


def _frames(segmentation: Dataset) -> Sequence[Dataset]:
    return segmentation.get("PerFrameFunctionalGroupsSequence") or []


def _of_frame(segmentation: Dataset, frame: Dataset, keyword: str) -> Sequence[Dataset]:
    """A functional group: the frame's own, or what all frames share, as those of a single segment do its number."""
    shared = segmentation.get("SharedFunctionalGroupsSequence") or [Dataset()]
    return frame.get(keyword) or shared[0].get(keyword) or []


def _source_of(segmentation: Dataset, frame: Dataset, number: int) -> str:
    try:
        derivation = _of_frame(segmentation, frame, "DerivationImageSequence")[0]
        return str(derivation.SourceImageSequence[0].ReferencedSOPInstanceUID)
    except (AttributeError, IndexError) as error:
        raise AnnotationInvalid(f"frame {number} of the segmentation does not say which slice it is of") from error


def _require_same_place(segmentation: Dataset, frame: Dataset, number: int, header: SliceHeader) -> None:
    """Where the segmentation gives its frames a place: the slice's own position and orientation."""
    for keyword, attribute, own, tolerance in (
        ("PlanePositionSequence", "ImagePositionPatient", header.position_mm, POSITION_TOLERANCE_MM),
        ("PlaneOrientationSequence", "ImageOrientationPatient", header.orientation, ORIENTATION_TOLERANCE),
    ):
        given = _of_frame(segmentation, frame, keyword)
        if given and np.abs(np.subtract(given[0][attribute].value, own)).max() > tolerance:
            raise AnnotationInvalid(f"frame {number} has another {attribute} than the slice it was drawn on")
