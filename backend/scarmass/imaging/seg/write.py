"""Writes the masks of a reading as one binary DICOM Segmentation (PS3.3 A.51).

A segment for each structure that the reading has, and a frame for each slice that it was outlined on, an empty mask
included: "nothing there" is another finding than "not looked at", which has no frame. Every frame names the image that
it was drawn on (PS3.3 C.7.6.16.2.6), so that its place never rests on an order of frames or of slices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from highdicom import AlgorithmIdentificationSequence, PixelMeasuresSequence, PlaneOrientationSequence
from highdicom.color import CIELabColor
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
from pydicom.dataset import Dataset
from pydicom.pixels.utils import pack_bits
from pydicom.sr.coding import Code
from pydicom.uid import MRImageStorage

from scarmass.domain.errors import NothingOutlined, SlicesDiffer
from scarmass.domain.geometry import positions_along_normal_mm
from scarmass.domain.masks import Mask
from scarmass.domain.pacs import ResultKind
from scarmass.domain.stack import SliceKey
from scarmass.domain.structures import Structure
from scarmass.imaging.codes import REPLACED, SEGMENTATION, SOURCE_IMAGE, STRUCTURES
from scarmass.imaging.result import (
    MAKER,
    Edition,
    SourceImage,
    code_item,
    common_arguments,
    finished,
    nameless,
    person_name,
    reference_to,
    references_by_series,
)
from scarmass.imaging.uids import uid_of

LONGEST_ALGORITHM = 64
PLACE = ("PlaneOrientationSequence", "PixelMeasuresSequence")


@dataclass(frozen=True)
class Algorithm:
    """What drew a structure, for the most part: a model with the sha256 of its weights, or a threshold method."""

    name: str
    version: str
    family: Code


@dataclass(frozen=True, eq=False)
class Outlined:
    """A structure of a reading. masks: bool (rows, columns) by slice. is_corrected: a reader drew some of them."""

    masks: Mapping[SliceKey, Mask]
    algorithms: tuple[Algorithm, ...] = ()
    is_corrected: bool = False


Outlines = Mapping[Structure, Outlined]


def segments_of(outlines: Outlines) -> list[Structure]:
    """The structures in the order of their segments, of which the first is number 1. Raises NothingOutlined."""
    found = [structure for structure in STRUCTURES if structure in outlines and outlines[structure].masks]
    if not found:
        raise NothingOutlined("no structure is outlined on a slice that counts")
    return found


def tracking_uid(edition: Edition, structure: Structure) -> str:
    """What a structure of a reading is known by in all its objects."""
    return uid_of("tracking", edition.reading_id, structure.value)


def write_segmentation(edition: Edition, patient: Dataset, images: Sequence[SourceImage], outlines: Outlines) -> bytes:
    """The file. images: the reading's slices in order, all that masks are of among them.

    Raises NothingOutlined, SlicesDiffer.
    """
    structures = segments_of(outlines)
    shapes = {image.slice.shape for image in images}
    if len(shapes) > 1:
        raise SlicesDiffer("the slices of the reading have several sizes, and a segmentation has one")
    segmentation = Segmentation(
        source_images=[_stand_in(patient, image, number) for number, image in enumerate(images)],
        pixel_array=_pixels(images, [outlines[structure].masks for structure in structures]),
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=[
            _segment(edition, number, structure, outlines[structure]) for number, structure in enumerate(structures, 1)
        ],
        omit_empty_frames=False,
        content_label="DRAFT" if edition.is_draft else "SCAR",
        content_description=edition.marked("Scar and left ventricle on late gadolinium enhancement"),
        content_creator_name=person_name(edition.reader),
        **common_arguments(edition, ResultKind.SEG, patient),
    )
    _keep_frames(segmentation, images, [outlines[structure].masks for structure in structures])
    _refer(segmentation, edition, images)
    return finished(segmentation, edition, patient)


def _stand_in(patient: Dataset, image: SourceImage, number: int) -> Dataset:
    """The slice as the classic image that highdicom can place a plane by, whichever object and series holds it.

    Its SOP Instance UID is its number; what refers to the stored images is written afterwards.
    """
    header = image.slice.header
    source = nameless(patient)
    source.SOPClassUID, source.SOPInstanceUID = MRImageStorage, f"2.25.{number}"
    source.SeriesInstanceUID, source.FrameOfReferenceUID, source.Modality = "2.25.1", "2.25.1", "MR"
    source.Rows, source.Columns = image.slice.shape
    source.ImagePositionPatient, source.ImageOrientationPatient = list(header.position_mm), list(header.orientation)
    source.PixelSpacing, source.SliceThickness = list(header.pixel_spacing_mm), 1.0
    return source


def _pixels(images: Sequence[SourceImage], of_segments: Sequence[Mapping[SliceKey, Mask]]) -> np.ndarray:
    """bool (slices, rows, columns, segments)."""
    empty = np.zeros(images[0].slice.shape, bool)
    return np.stack(
        [np.stack([masks.get(image.slice.key, empty) for masks in of_segments], axis=-1) for image in images]
    )


def _segment(edition: Edition, number: int, structure: Structure, outlined: Outlined) -> SegmentDescription:
    codes, algorithms = STRUCTURES[structure], outlined.algorithms
    types = SegmentAlgorithmTypeValues
    drawn = types.SEMIAUTOMATIC if outlined.is_corrected else types.AUTOMATIC
    return SegmentDescription(
        segment_number=number,
        segment_label=codes.label,
        segmented_property_category=codes.category,
        segmented_property_type=codes.type,
        algorithm_type=drawn if algorithms else types.MANUAL,
        algorithm_identification=_identification(algorithms) if algorithms else None,
        tracking_uid=tracking_uid(edition, structure),
        tracking_id=codes.label,
        anatomic_regions=None if codes.region is None else [codes.region],
        display_color=CIELabColor.from_rgb(*codes.colour),
    )


def _identification(algorithms: Sequence[Algorithm]) -> AlgorithmIdentificationSequence:
    every = [
        AlgorithmIdentificationSequence(
            name=one.name[:LONGEST_ALGORITHM], family=one.family, version=one.version[:LONGEST_ALGORITHM], source=MAKER
        )
        for one in algorithms
    ]
    for more in every[1:]:
        every[0].extend(more)
    return every[0]


def _keep_frames(
    segmentation: Segmentation, images: Sequence[SourceImage], of_segments: Sequence[Mapping[SliceKey, Mask]]
) -> None:
    """Keep the frames of slices that a structure was outlined on, each with its segment and its source image."""
    shared = segmentation.SharedFunctionalGroupsSequence[0]
    spacing_mm = _closest_mm(images)
    for keyword in ("SegmentIdentificationSequence", *PLACE):
        shared.pop(keyword, None)
    frames, drawn = [], []
    for frame in segmentation.PerFrameFunctionalGroupsSequence:
        # Its position among the planes, and which slice that is.
        source = frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        image = images[int(source.rpartition(".")[2])]
        number = int(frame.FrameContentSequence[0].DimensionIndexValues[0])
        mask = of_segments[number - 1].get(image.slice.key)
        if mask is None:
            continue
        _describe(frame, number, image, spacing_mm)
        frames.append(frame)
        drawn.append(mask)
    for keyword in PLACE:
        if len({str(frame[keyword].value) for frame in frames}) == 1:
            setattr(shared, keyword, frames[0][keyword].value)
            for frame in frames:
                del frame[keyword]
    _number_planes(frames)
    segmentation.PerFrameFunctionalGroupsSequence = frames
    segmentation.NumberOfFrames = len(frames)
    segmentation.PixelData = pack_bits(np.stack(drawn).astype(np.uint8))
    segmentation.pop("DimensionOrganizationType", None)


def _closest_mm(images: Sequence[SourceImage]) -> float | None:
    """By which readers tell planes apart, also where one is missing; without it they take the thickness for it."""
    positions_mm = np.sort(positions_along_normal_mm([image.slice.header.plane for image in images]))
    return float(np.diff(positions_mm).min()) if len(images) > 1 else None


def _describe(frame: Dataset, number: int, image: SourceImage, spacing_mm: float | None) -> None:
    """Segment, source image and place of one frame."""
    header = image.slice.header
    # Readers refuse a plane without thickness: one that nobody knows has what its slice stands for, gap included.
    thickness_mm = image.slice.slice_thickness_mm or image.slice.slice_spacing_mm
    segment = Dataset()
    segment.ReferencedSegmentNumber = number
    frame.SegmentIdentificationSequence = [segment]
    source, derivation = image.reference, Dataset()
    source.PurposeOfReferenceCodeSequence = [code_item(SOURCE_IMAGE)]
    source.SpatialLocationsPreserved = "YES"
    derivation.DerivationCodeSequence, derivation.SourceImageSequence = [code_item(SEGMENTATION)], [source]
    frame.DerivationImageSequence = [derivation]
    frame.PlaneOrientationSequence = PlaneOrientationSequence("PATIENT", header.orientation)
    measures = PixelMeasuresSequence(header.pixel_spacing_mm, thickness_mm or 1.0, spacing_mm)
    if thickness_mm is None:  # of a single slice, whose grams nobody knows either
        del measures[0].SliceThickness
    frame.PixelMeasuresSequence = measures


def _number_planes(frames: Sequence[Dataset]) -> None:
    """Dimension index values count from 1 without a gap (PS3.3 C.7.6.17)."""
    planes = sorted({int(frame.FrameContentSequence[0].DimensionIndexValues[1]) for frame in frames})
    ranks = {plane: rank for rank, plane in enumerate(planes, 1)}
    for frame in frames:
        segment, plane = map(int, frame.FrameContentSequence[0].DimensionIndexValues)
        frame.FrameContentSequence[0].DimensionIndexValues = [segment, ranks[plane]]


def _refer(segmentation: Segmentation, edition: Edition, images: Sequence[SourceImage]) -> None:
    """To the source images, their frame of reference and the segmentation that this one replaces."""
    segmentation.pop("SourceImageSequence", None)
    segmentation.ReferencedSeriesSequence = references_by_series(images, "ReferencedInstanceSequence")
    dimensions = uid_of("dimensions", segmentation.SOPInstanceUID)
    for item in (*segmentation.DimensionOrganizationSequence, *segmentation.DimensionIndexSequence):
        item.DimensionOrganizationUID = dimensions
    uids = {image.slice.header.frame_of_reference_uid for image in images}
    if len(uids) == 1 and "" not in uids:
        segmentation.FrameOfReferenceUID = uids.pop()
    else:  # optional where every frame names its source image (PS3.3 table A.51-1)
        del segmentation.FrameOfReferenceUID, segmentation.PositionReferenceIndicator
    if (predecessor := edition.predecessor(ResultKind.SEG)) is not None:
        item = reference_to(predecessor[1])
        item.PurposeOfReferenceCodeSequence = [code_item(REPLACED)]
        segmentation.ReferencedImageSequence = [item]
