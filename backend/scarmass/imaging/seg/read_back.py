"""The masks of a segmentation that we wrote, as two readers that are not ours find them: pydicom's and highdicom's."""

from collections import defaultdict
from collections.abc import Mapping
from io import BytesIO

import numpy as np
from highdicom.seg import Segmentation
from pydicom import Dataset, dcmread

from scarmass.domain.errors import ResultNotReadBack
from scarmass.domain.masks import Mask
from scarmass.domain.stack import SliceKey
from scarmass.domain.structures import Structure
from scarmass.imaging.codes import STRUCTURES
from scarmass.imaging.seg.write import Outlines

Found = Mapping[Structure, Mapping[SliceKey, Mask]]
OF_LABEL = {codes.label: structure for structure, codes in STRUCTURES.items()}


def require_same_masks(content: bytes, outlines: Outlines) -> None:
    """Raises ResultNotReadBack unless both find every mask, bit for bit, and no other one."""
    wanted = {structure: outlined.masks for structure, outlined in outlines.items() if outlined.masks}
    for reader, found in (("pydicom", masks_by_pydicom(content)), ("highdicom", masks_by_highdicom(content))):
        if not _is_same(found, wanted):
            raise ResultNotReadBack(f"the segmentation reads back otherwise than it was written, by {reader}")


def _is_same(found: Found, wanted: Found) -> bool:
    return found.keys() == wanted.keys() and all(
        found[structure].keys() == masks.keys()
        and all(np.array_equal(found[structure][key], mask) for key, mask in masks.items())
        for structure, masks in wanted.items()
    )


def masks_by_pydicom(content: bytes) -> Found:
    """Masks (rows, columns) by the image that each frame says it was drawn on."""
    dataset = dcmread(BytesIO(content))
    pixels = np.asarray(dataset.pixel_array).reshape(-1, dataset.Rows, dataset.Columns)
    structures = _structures(dataset)
    found: dict[Structure, dict[SliceKey, Mask]] = defaultdict(dict)
    for frame, values in zip(dataset.PerFrameFunctionalGroupsSequence, pixels, strict=True):
        number = int(frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        found[structures[number]][_source_of(frame)] = values == 1
    return dict(found)


def masks_by_highdicom(content: bytes) -> Found:
    """Masks (rows, columns) as highdicom answers when it is asked for the frames of each source image."""
    segmentation = Segmentation.from_dataset(_as_highdicom_reads(dcmread(BytesIO(content))), copy=False)
    drawn: dict[int, set[SliceKey]] = defaultdict(set)
    for frame in segmentation.PerFrameFunctionalGroupsSequence:
        number = int(frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        drawn[number].add(_source_of(frame))
    return {
        structure: {key: _asked(segmentation, number, key) for key in drawn[number]}
        for number, structure in _structures(segmentation).items()
    }


def _as_highdicom_reads(dataset: Dataset) -> Dataset:
    """highdicom reads no segmentation without SliceThickness, which a single slice may lack, and none with a segment
    of several algorithms, of which it gets the first."""
    for segment in dataset.SegmentSequence:
        del segment.get("SegmentationAlgorithmIdentificationSequence", [])[1:]
    for groups in (*dataset.SharedFunctionalGroupsSequence, *dataset.PerFrameFunctionalGroupsSequence):
        for measures in groups.get("PixelMeasuresSequence") or []:
            measures.setdefault("SliceThickness", 1)
    return dataset


def _asked(segmentation: Segmentation, number: int, key: SliceKey) -> Mask:
    uid, frame_number = key
    asked = {"segment_numbers": [number], "ignore_spatial_locations": True, "assert_missing_frames_are_empty": True}
    if _has_frames(segmentation, uid):
        pixels = segmentation.get_pixels_by_source_frame(uid, [frame_number], **asked)
    else:
        pixels = segmentation.get_pixels_by_source_instance([uid], **asked)
    return pixels[0, :, :, 0] == 1


def _has_frames(segmentation: Dataset, uid: str) -> bool:
    sources = (
        frame.DerivationImageSequence[0].SourceImageSequence[0]
        for frame in segmentation.PerFrameFunctionalGroupsSequence
    )
    return any("ReferencedFrameNumber" in one for one in sources if one.ReferencedSOPInstanceUID == uid)


def _structures(dataset: Dataset) -> dict[int, Structure]:
    return {int(one.SegmentNumber): OF_LABEL[one.SegmentLabel] for one in dataset.SegmentSequence}


def _source_of(frame: Dataset) -> SliceKey:
    source = frame.DerivationImageSequence[0].SourceImageSequence[0]
    return str(source.ReferencedSOPInstanceUID), int(source.get("ReferencedFrameNumber") or 1)
