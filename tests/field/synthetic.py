"""DICOM objects as scanners and archives send them, synthesised: nobody was in the scanner."""

import struct
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    EnhancedMRImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    MRImageStorage,
    generate_uid,
)

ROWS, COLUMNS = 40, 36
SPACING_MM = (1.5, 1.25)
STEP_MM = 10.0
HEAD_FIRST = [1, 0, 0, 0, 1, 0]


def values(seed: int = 0, high: int = 1500, dtype: str = "uint16", shape: tuple[int, int] = (ROWS, COLUMNS)) -> NDArray:
    """Noise with a bright ring, (rows, columns)."""
    row, column = np.indices(shape)
    ring = np.abs(np.hypot(row - shape[0] / 2, column - shape[1] / 2) - 5) < 1.5
    noise = np.random.default_rng(seed).integers(0, high // 2, shape)
    return np.where(ring, high, noise).astype(dtype)


def mr_slice(study: str, series: str, index: int = 0, pixels: NDArray | None = None, **attributes: Any) -> Dataset:
    """A classic MR slice at z = index x 10 mm, of 12 bits in 16."""
    dataset = _object(MRImageStorage, study, series)
    dataset.InstanceNumber = index + 1
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    dataset.ImagePositionPatient = [-80, -90, index * STEP_MM]
    dataset.ImageOrientationPatient = HEAD_FIRST
    dataset.PixelSpacing = list(SPACING_MM)
    dataset.SliceThickness = 8
    _set_pixels(dataset, values(index) if pixels is None else pixels)
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def mr_stack(count: int = 4, study: str | None = None, **attributes: Any) -> list[Dataset]:
    study, series = study or generate_uid(), generate_uid()
    return [mr_slice(study, series, index, **attributes) for index in range(count)]


def enhanced(frames: int = 4, **attributes: Any) -> Dataset:
    """An enhanced MR object: each frame has its position and rescale, all share spacing, orientation and thickness."""
    dataset = _object(EnhancedMRImageStorage, generate_uid(), generate_uid())
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "MIXED", "NONE"]
    dataset.PulseSequenceName = "*tfl2d1"
    dataset.NumberOfFrames = frames
    measures = item(PixelSpacing=list(SPACING_MM), SliceThickness=8)
    shared = Dataset()
    shared.PixelMeasuresSequence = [measures]
    shared.PlaneOrientationSequence = [item(ImageOrientationPatient=HEAD_FIRST)]
    shared.MRModifierSequence = [item(InversionTimes=[280.0])]
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.PerFrameFunctionalGroupsSequence = [_frame_groups(index) for index in range(frames)]
    _set_pixels(dataset, np.stack([values(index) for index in range(frames)]))
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def _frame_groups(index: int) -> Dataset:
    groups = Dataset()
    groups.PlanePositionSequence = [item(ImagePositionPatient=[-80, -90, index * STEP_MM])]
    groups.PixelValueTransformationSequence = [item(RescaleSlope=str(1 + index), RescaleIntercept="-5")]
    groups.FrameVOILUTSequence = [item(WindowCenter="700", WindowWidth="1400")]
    groups.CardiacSynchronizationSequence = [item(NominalCardiacTriggerDelayTime=650.0)]
    groups.MRImageFrameTypeSequence = [
        item(FrameType=["ORIGINAL", "PRIMARY", "M_IR", "NONE"], ComplexImageComponent="MAGNITUDE")
    ]
    return groups


def item(**attributes: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def _object(sop_class: UID, study: str, series: str) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = sop_class
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
    dataset.FrameOfReferenceUID = generate_uid(entropy_srcs=[study])
    dataset.Modality = "MR"
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate, dataset.PatientSex = (
        "Nobody",
        "N1",
        "19500101",
        "O",
    )
    dataset.StudyDate, dataset.SeriesDescription, dataset.SeriesNumber = "20250101", "LGE SAX", 7
    return dataset


def _set_pixels(dataset: Dataset, pixels: NDArray) -> None:
    """pixels: (rows, columns) or (frames, rows, columns), little-endian."""
    bits = pixels.dtype.itemsize * 8
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored = bits, min(bits, 12)
    dataset.HighBit, dataset.PixelRepresentation = dataset.BitsStored - 1, int(pixels.dtype.kind == "i")
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW" if bits == 16 else "OB"


def encoded(dataset: Dataset) -> bytes:
    """The file's bytes, in the transfer syntax that its meta information names."""
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def big_endian(dataset: Dataset) -> bytes:
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").byteswap().tobytes()
    return encoded(dataset)


def without_meta(content: bytes) -> bytes:
    """Only the data set, as some archives write it."""
    return content[content.index(b"\x08\x00\x08\x00CS") :]


def raw(dataset: Dataset, keyword: str, text: bytes) -> bytes:
    """The file with a text that pydicom refuses to write as an attribute's value."""
    tag = tag_for_keyword(keyword)
    assert tag is not None
    start = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + dictionary_VR(tag).encode()
    before, value = encoded(dataset).split(start)
    length = int.from_bytes(value[:2], "little")
    text += b" " * (len(text) % 2)
    return before + start + struct.pack("<H", len(text)) + text + value[2 + length :]
