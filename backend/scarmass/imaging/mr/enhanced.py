"""Multi-frame objects, enhanced and legacy-converted: each frame as the classic object that it would be.

Source: DICOM PS3.3 C.7.6.16 (Multi-frame Functional Groups). A frame's own groups go before those that all share, and
these before what the object says of itself.
"""

from collections.abc import Iterator, Set

from pydicom.dataset import Dataset
from pydicom.uid import EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage

from scarmass.domain.errors import ObjectRefused

MULTI_FRAME = (EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage)
MAX_FRAMES = 2000
PIXELS = "PixelData"

OF_THE_OBJECT = frozenset(
    (
        *("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "PatientName"),
        *("NumberOfFrames", "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PixelRepresentation"),
        *("BitsAllocated", "BitsStored", "HighBit", "PixelPaddingValue", "PixelPaddingRangeLimit"),
    )
)
"""What all frames have in common, whatever a functional group says."""

CLASSIC_KEYWORD = {
    "FrameType": "ImageType",
    "FrameAcquisitionNumber": "AcquisitionNumber",
    "InversionTimes": "InversionTime",
    "NominalCardiacTriggerDelayTime": "TriggerTime",
    "PulseSequenceName": "SequenceName",
}
"""Attributes that multi-frame objects call otherwise."""


def frames_of(dataset: Dataset) -> Iterator[Dataset]:
    """The header of each frame, without its pixels. Raises ObjectRefused."""
    count = int(dataset.get("NumberOfFrames") or 1)
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence") or []
    if count > MAX_FRAMES:
        raise ObjectRefused(f"an object of {count} frames is too large")
    if len(per_frame) != count:
        raise ObjectRefused(f"the object has {count} frames and describes {len(per_frame)} of them")
    shared = Dataset()
    _add(shared, dataset)
    for groups in dataset.get("SharedFunctionalGroupsSequence") or []:
        _add_groups(shared, groups)
    for number, groups in enumerate(per_frame, start=1):
        frame = Dataset()
        frame.update(shared)
        _add_groups(frame, groups)
        frame.NumberOfFrames, frame.InstanceNumber = 1, number
        yield frame


def _add_groups(frame: Dataset, groups: Dataset) -> None:
    for group in groups:
        if group.VR == "SQ" and group.value:
            _add(frame, group.value[0], OF_THE_OBJECT)


def _add(frame: Dataset, item: Dataset, excluded: Set[str] = frozenset()) -> None:
    """The attributes of the item under their classic names; an acquisition's time is that of its date and time."""
    for element in item:
        if element.VR == "SQ" or not element.keyword or element.keyword == PIXELS or element.keyword in excluded:
            continue
        keyword, value = CLASSIC_KEYWORD.get(element.keyword, element.keyword), element.value
        frame.add_new(keyword, element.VR, value)
        if element.keyword == "FrameAcquisitionDateTime" and len(str(value)) > 8:
            frame.AcquisitionTime = str(value)[8:]
