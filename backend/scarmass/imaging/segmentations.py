"""Segmentations of others, as pixels (SEG) or as contours (RTSTRUCT): examined as they come in, and read on a stack."""

import hashlib
from collections.abc import Sequence

import numpy as np
from pydicom import Dataset, FileDataset
from pydicom.uid import RTStructureSetStorage

from scarmass.domain.errors import GeometryInvalid, ObjectRefused, PixelsUndecodable
from scarmass.domain.patient import plain_date, plain_name
from scarmass.domain.segmentation import SegmentationKind, SegmentationObject, SegmentationRead, SegmentDescription
from scarmass.domain.stack import Slice
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.mr.attributes import printable, text_of, values_of
from scarmass.imaging.mr.encoding import open_dataset, require_small_attributes
from scarmass.imaging.mr.header import study_header_of
from scarmass.imaging.rtstruct import contours_of, read_structure_set, regions_of
from scarmass.imaging.seg.frames import SEGMENTATION_CLASSES, frames_of, is_fractional, segments_of
from scarmass.imaging.seg.place import Placement

CLASSES = (*SEGMENTATION_CLASSES, RTStructureSetStorage)


def is_segmentation(dataset: Dataset) -> bool:
    return dataset.get("SOPClassUID") in CLASSES


def segmentation_object_of(dataset: FileDataset, bounds: Bounds = Bounds()) -> SegmentationObject:
    """What the object says of itself, all of its frames or contours read once. Raises ObjectRefused with the reason."""
    require_small_attributes(dataset, bounds.attribute_bytes)
    try:
        is_contours = dataset.SOPClassUID == RTStructureSetStorage
        study = study_header_of(dataset)
        label = text_of(dataset, "StructureSetLabel" if is_contours else "ContentLabel")
        series = text_of(dataset, "SeriesDescription")
        maker = text_of(dataset, "OperatorsName" if is_contours else "ContentCreatorName")
        date = text_of(dataset, "StructureSetDate" if is_contours else "ContentDate")
        segments = regions_of(dataset) if is_contours else segments_of(dataset)
        return SegmentationObject(
            kind=SegmentationKind.RTSTRUCT if is_contours else SegmentationKind.SEG,
            study=study,
            series_instance_uid=text_of(dataset, "SeriesInstanceUID"),
            sop_instance_uid=text_of(dataset, "SOPInstanceUID"),
            label=series or label,
            creator=_in_words(maker) or text_of(dataset, "Manufacturer"),
            content_date=plain_date(date),
            segments=segments,
            digest=_digest(dataset, segments),
            sop_class_uid=str(dataset.SOPClassUID),
            content_label=label,
            series_description=series,
            made_with=_made_with(dataset),
        )
    except (ObjectRefused, GeometryInvalid) as error:
        raise ObjectRefused(str(error)) from error
    except MemoryError:
        raise
    except Exception as error:  # values are parsed lazily, so damage shows up here too
        raise ObjectRefused("a DICOM attribute cannot be read") from error


def read_segmentation(content: bytes, slices: Sequence[Slice]) -> SegmentationRead:
    """The masks of a stored object on the slices of a stack. Raises PixelsUndecodable where it is damaged."""
    try:
        dataset = open_dataset(content)
        if dataset.SOPClassUID == RTStructureSetStorage:
            return _with_what_is_missing(read_structure_set(dataset, slices))
        return _with_what_is_missing(_read_frames(dataset, slices))
    except ObjectRefused as error:
        raise PixelsUndecodable(f"the stored segmentation cannot be read: {error}") from error


def _made_with(dataset: Dataset) -> str:
    """Manufacturer, model and versions of the software, those that the object names."""
    named = (text_of(dataset, keyword) for keyword in ("Manufacturer", "ManufacturerModelName"))
    versions = (printable(version) for version in values_of(dataset, "SoftwareVersions"))
    return ", ".join(one for one in (*named, *versions) if one)


def _in_words(person_name: str) -> str:
    """Family and given name."""
    return ", ".join(part for part in plain_name(person_name).split("^")[:2] if part)


def _read_frames(dataset: FileDataset, slices: Sequence[Slice]) -> SegmentationRead:
    segments = segments_of(dataset)
    placement = Placement(slices, text_of(dataset, "FrameOfReferenceUID"))
    with_frames: set[int] = set()
    for frame in frames_of(dataset):
        with_frames.add(frame.segment)
        placement.add(frame)
    warnings = list(placement.warnings())
    undeclared = sorted(with_frames - {segment.number for segment in segments})
    for number in undeclared:
        warnings.append(f"segment {number} has frames, and the object does not describe it")
    for segment in segments:
        if segment.number not in with_frames:
            warnings.append(f"segment {segment.number} “{segment.label}” is declared and has no frame")
    if is_fractional(dataset):
        warnings.append("the segmentation is fractional: half or more counts as drawn")
    described = (*segments, *(SegmentDescription(number, f"segment {number}, undescribed") for number in undeclared))
    return SegmentationRead(placement.masks, described, tuple(warnings))


def _with_what_is_missing(read: SegmentationRead) -> SegmentationRead:
    """Segments that show nothing on the stack are said."""
    shown = {number for (_, number), mask in read.masks.items() if mask.any()}
    empty = [f"segment {one.number} “{one.label}”" for one in read.segments if one.number not in shown]
    said = (f"nothing on the stack: {', '.join(empty)}",) if empty else ()
    return SegmentationRead(read.masks, read.segments, (*read.warnings, *said))


def _digest(dataset: FileDataset, segments: Sequence[SegmentDescription]) -> str:
    """Of segments, planes, masks and contours; reading all of them shows that they can be read."""
    digest = hashlib.sha256(repr(segments).encode())
    if dataset.SOPClassUID == RTStructureSetStorage:
        for contour in contours_of(dataset):
            if contour is not None:
                digest.update(repr((contour.segment, contour.sources)).encode() + contour.points_mm.tobytes())
        return digest.hexdigest()
    for frame in frames_of(dataset):
        digest.update(repr((frame.segment, frame.plane, frame.sources)).encode() + np.packbits(frame.mask).tobytes())
    return digest.hexdigest()
