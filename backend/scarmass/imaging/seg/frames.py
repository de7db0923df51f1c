"""A DICOM Segmentation (PS3.3 A.51) as segments, and frames with their planes in the patient; order means nothing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydicom import Dataset, FileDataset
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID, SegmentationStorage

from scarmass.domain.errors import GeometryInvalid, ObjectRefused
from scarmass.domain.geometry import SlicePlane
from scarmass.domain.masks import Mask
from scarmass.domain.segmentation import SegmentDescription
from scarmass.domain.stack import SliceKey
from scarmass.imaging.mr.attributes import numbers_of, required, text_of, whole_number_of
from scarmass.imaging.seg.meanings import codes_of, in_words, meaning_of

LABEL_MAP_STORAGE = UID("1.2.840.10008.5.1.4.1.1.66.7")
"""Label Map Segmentation Storage, whose pixels are the numbers of their segments."""

SEGMENTATION_CLASSES = (SegmentationStorage, LABEL_MAP_STORAGE)

MAX_FRAMES = 20_000
MAX_SEGMENTS = 256
MAX_PIXELS = 2**26
"""Of all frames of an object."""


@dataclass(frozen=True)
class Sources:
    """The images that a frame or a contour says it was drawn on; frames: of a multi-frame image, empty for all."""

    images: tuple[tuple[str, tuple[int, ...]], ...] = ()

    def name(self, key: SliceKey) -> bool:
        return any(uid == key[0] and (not frames or key[1] in frames) for uid, frames in self.images)


@dataclass(frozen=True, eq=False)
class Frame:
    """One segment on one plane. plane: None where the object does not say where it lies. mask: (rows, columns)."""

    number: int
    segment: int
    plane: SlicePlane | None
    sources: Sources
    mask: Mask


def segments_of(dataset: Dataset) -> tuple[SegmentDescription, ...]:
    """The segments that the object declares. Raises ObjectRefused where a number is missing or stands twice."""
    items = dataset.get("SegmentSequence") or []
    if not items:
        raise ObjectRefused("the segmentation declares no segment")
    if len(items) > MAX_SEGMENTS:
        raise ObjectRefused(f"a segmentation of {len(items)} segments is too large: at most {MAX_SEGMENTS} are read")
    found = []
    for item in items:
        codes, label = codes_of(item, "SegmentedPropertyTypeCodeSequence"), text_of(item, "SegmentLabel")
        number = whole_number_of(item, "SegmentNumber")
        if number is None or number < 0:
            raise ObjectRefused("a segment has no SegmentNumber")
        if not (number == 0 and is_label_map(dataset)):  # 0 is what no segment shows
            found.append(SegmentDescription(number, label, in_words(codes), meaning_of(codes, label)))
    twice = [number for number, count in Counter(one.number for one in found).items() if count > 1]
    if twice:
        raise ObjectRefused(f"SegmentNumber {twice[0]} stands twice: frames of it could be of either segment")
    return tuple(found)


def is_label_map(dataset: Dataset) -> bool:
    return text_of(dataset, "SegmentationType").upper() == "LABELMAP"


def is_fractional(dataset: Dataset) -> bool:
    return text_of(dataset, "SegmentationType").upper() == "FRACTIONAL"


def frames_of(dataset: FileDataset) -> Iterator[Frame]:
    """Every frame; one of a label map once for each segment declared. Raises ObjectRefused.

    A fraction of a half or more counts as drawn.
    """
    rows, columns, count = (int(required(dataset, name)) for name in ("Rows", "Columns", "NumberOfFrames"))
    groups = _groups(dataset, count)
    if rows * columns * count > MAX_PIXELS or min(rows, columns, count) < 1:
        raise ObjectRefused(f"a segmentation of {rows} x {columns} x {count} pixels is too large, or has none")
    values = _values(dataset).reshape(count, rows, columns)
    declared = [segment.number for segment in segments_of(dataset)]
    for at, group in enumerate(groups):
        place = _plane(group, rows, columns, at + 1), _sources(group)
        if is_label_map(dataset):
            for segment in declared:
                yield Frame(at + 1, segment, *place, values[at] == segment)
            continue
        segment = whole_number_of(_first(group, "SegmentIdentificationSequence"), "ReferencedSegmentNumber")
        if segment is None and len(declared) == 1:
            segment = declared[0]
        if segment is None:
            raise ObjectRefused(f"frame {at + 1} does not say of which segment it is")
        yield Frame(at + 1, segment, *place, values[at] >= _limit(dataset))


def _values(dataset: FileDataset) -> np.ndarray:
    try:
        return np.asarray(pixel_array(dataset, raw=True))
    except MemoryError:
        raise
    except Exception as error:  # decoders raise many kinds on damaged bytes
        raise ObjectRefused("the pixel data cannot be decoded, or has not as many frames as are declared") from error


def _limit(dataset: Dataset) -> float:
    if not is_fractional(dataset):
        return 1
    largest = whole_number_of(dataset, "MaximumFractionalValue")
    if not largest or largest < 1:
        raise ObjectRefused("MaximumFractionalValue is missing, so nobody knows what a fraction is")
    return largest / 2


def _groups(dataset: Dataset, count: int) -> list[Dataset]:
    """The functional groups of each frame: its own before those that all share (PS3.3 C.7.6.16)."""
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or [Dataset()]
    if count > MAX_FRAMES:
        raise ObjectRefused(f"a segmentation of {count} frames is too large: at most {MAX_FRAMES} are read")
    if not per_frame and count == 1:
        return [shared[0]]
    if len(per_frame) != count:
        raise ObjectRefused(f"the object has {count} frames and describes {len(per_frame)} of them")
    groups = []
    for own in per_frame:
        group = Dataset()
        group.update(shared[0])
        group.update({element.tag: element for element in own if element.value})
        groups.append(group)
    return groups


def _first(item: Dataset, keyword: str) -> Dataset:
    """The first item of a sequence, empty where there is none."""
    return next(iter(item.get(keyword) or []), None) or Dataset()


def _plane(group: Dataset, rows: int, columns: int, number: int) -> SlicePlane | None:
    """Where a frame lies; None where it does not say all of it. Raises ObjectRefused where that is no place."""
    found = (
        numbers_of(_first(group, "PlanePositionSequence"), "ImagePositionPatient"),
        numbers_of(_first(group, "PlaneOrientationSequence"), "ImageOrientationPatient"),
        numbers_of(_first(group, "PixelMeasuresSequence"), "PixelSpacing"),
    )
    if not all(found):
        return None
    if tuple(map(len, found)) != (3, 6, 2):
        raise ObjectRefused(f"frame {number}: position, orientation or spacing has another number of values")
    (x, y, z), (a, b, c, d, e, f), (row_mm, column_mm) = found
    try:
        return SlicePlane(rows, columns, (x, y, z), (a, b, c, d, e, f), (row_mm, column_mm), None)
    except GeometryInvalid as error:
        raise ObjectRefused(f"frame {number}: {error}") from error


def _sources(group: Dataset) -> Sources:
    return Sources(
        tuple(
            (text_of(image, "ReferencedSOPInstanceUID"), referenced_frames(image))
            for derivation in group.get("DerivationImageSequence") or []
            for image in derivation.get("SourceImageSequence") or []
        )
    )


def referenced_frames(image: Dataset) -> tuple[int, ...]:
    return tuple(int(number) for number in numbers_of(image, "ReferencedFrameNumber"))
