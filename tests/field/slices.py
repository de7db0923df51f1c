"""Small synthetic slices as DICOM objects, for tests of what scanners send."""

from io import BytesIO
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from scarmass.domain.stack import SliceHeader, Stack, StudyHeader
from scarmass.imaging.mr.header import read_object
from scarmass.imaging.mr.stacks import build_stacks

SHAPE = (40, 32)


def dicom_slice(
    study: str,
    series: str,
    z_mm: float,
    description: str = "LGE sax",
    thickness_mm: float | None = 8,
    **attributes: Any,
) -> Dataset:
    """One MR image across the z axis, 1.5 x 1.25 mm; attributes by their keyword replace or add to these."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = MRImageStorage, generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
    dataset.Modality, dataset.PatientName, dataset.PatientID = "MR", "Field^Case", "FIELD-1"
    dataset.PatientBirthDate, dataset.StudyDate = "19600101", "20260101"
    dataset.SeriesDescription = description
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    dataset.FrameOfReferenceUID = f"{study}.1"
    dataset.ImagePositionPatient = [-20, -30, round(z_mm, 4)]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing = [1.5, 1.25]
    dataset.SliceThickness = thickness_mm
    dataset.Rows, dataset.Columns = SHAPE
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.PixelData = np.full(SHAPE, 200 + int(abs(z_mm)) % 100, np.uint16).tobytes()
    return dataset


def encoded(dataset: Dataset) -> bytes:
    """As the bytes of a file."""
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def header_of(dataset: Dataset) -> SliceHeader:
    return read_object(encoded(dataset)).slices[0]


def stacks_of(datasets: list[Dataset]) -> list[Stack]:
    """The stacks of one study's objects."""
    return build_stacks(StudyHeader(datasets[0].StudyInstanceUID), map(header_of, datasets))


def places_mm(stack: Stack) -> list[float]:
    return [one.header.position_mm[2] for one in stack.slices]
