"""SEG and RTSTRUCT objects made by hand, so that each can be wrong in the way that a test is about."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.pixels.utils import pack_bits
from pydicom.uid import UID, ExplicitVRLittleEndian, RTStructureSetStorage, SegmentationStorage

from scarmass.domain.masks import Mask
from scarmass.domain.stack import Slice, SliceHeader
from scarmass.imaging.mr.header import read_object
from scarmass.imaging.seg.frames import LABEL_MAP_STORAGE

SPACE = "1.2.3.99"
SCAR_CODE = ("12402003", "SCT", "Scar")


def oblique_slices(count: int = 5, rows: int = 24, columns: int = 32, frames: bool = False) -> tuple[Slice, ...]:
    """A stack that lies obliquely in the patient, with pixels that are not square.

    frames: of one multi-frame object, instead of an object each.
    """
    along_row = np.array([0.6, 0.64, -0.48])
    along_column = np.cross([0.8, -0.48, 0.36], along_row)
    along_column /= np.linalg.norm(along_column)
    normal = np.cross(along_row, along_column)
    return tuple(
        Slice(
            SliceHeader(
                sop_instance_uid="1.2.3.1" if frames else f"1.2.3.1.{index}",
                frame_number=index + 1 if frames else 1,
                series_instance_uid="1.2.3",
                rows=rows,
                columns=columns,
                dtype="uint16",
                position_mm=tuple(np.round(np.array([-40.0, 15.0, 60.0]) + 8 * index * normal, 5).tolist()),
                orientation=tuple(np.round([*along_row, *along_column], 8).tolist()),
                pixel_spacing_mm=(1.5, 1.25),
                slice_thickness_mm=8.0,
                frame_of_reference_uid=SPACE,
            ),
            8.0,
        )
        for index in range(count)
    )


@dataclass(frozen=True, eq=False)
class Drawn:
    """A frame as it is written: a mask with the place that it is said to have."""

    mask: NDArray
    segment: int
    position_mm: Sequence[float] | None
    orientation: Sequence[float]
    spacing_mm: Sequence[float]
    source: tuple[str, int] | None = None


def frame(one: Slice, mask: NDArray, segment: int = 1) -> Drawn:
    """As it should be."""
    header = one.header
    return Drawn(mask, segment, header.position_mm, header.orientation, header.pixel_spacing_mm, one.key)


def flipped(drawn: Drawn, rows: bool, columns: bool, transposed: bool = False) -> Drawn:
    """The same of the patient, with its pixels in another order and a geometry that says so."""
    mask = np.asarray(drawn.mask)
    assert drawn.position_mm is not None
    position, orientation = np.array(drawn.position_mm, float), np.array(drawn.orientation, float)
    row_mm, column_mm = drawn.spacing_mm
    if columns:
        position = position + orientation[:3] * column_mm * (mask.shape[1] - 1)
        orientation = np.concatenate([-orientation[:3], orientation[3:]])
        mask = mask[:, ::-1]
    if rows:
        position = position + orientation[3:] * row_mm * (mask.shape[0] - 1)
        orientation = np.concatenate([orientation[:3], -orientation[3:]])
        mask = mask[::-1]
    if transposed:
        mask, orientation = mask.T, np.concatenate([orientation[3:], orientation[:3]])
        row_mm, column_mm = column_mm, row_mm
    return replace(drawn, mask=mask, position_mm=position, orientation=orientation, spacing_mm=(row_mm, column_mm))


def segmentation(
    drawn: Sequence[Drawn],
    segments: Mapping[int, tuple[str, tuple[str, str, str] | None]] = {1: ("Scar", SCAR_CODE)},
    kind: str = "BINARY",
    **attributes: object,
) -> bytes:
    """A SEG object of these frames in this order. segments: label and code by number."""
    dataset = _object(LABEL_MAP_STORAGE if kind == "LABELMAP" else SegmentationStorage, "SEG")
    dataset.SegmentationType, dataset.FrameOfReferenceUID = kind, SPACE
    dataset.ContentLabel, dataset.ContentCreatorName = "CORELAB", "Roe^Richard"
    if kind == "FRACTIONAL":
        dataset.SegmentationFractionalType, dataset.MaximumFractionalValue = "PROBABILITY", 200
    dataset.SegmentSequence = [_segment(number, *said) for number, said in segments.items()]
    dataset.Rows, dataset.Columns = np.asarray(drawn[0].mask).shape
    dataset.NumberOfFrames, dataset.SamplesPerPixel, dataset.PhotometricInterpretation = len(drawn), 1, "MONOCHROME2"
    bits = 1 if kind == "BINARY" else 8
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit, dataset.PixelRepresentation = bits - 1, 0
    values = np.stack([np.asarray(one.mask) for one in drawn]).astype(np.uint8)
    dataset.PixelData = pack_bits(values) if bits == 1 else values.tobytes() + b"\0" * (values.size % 2)
    dataset["PixelData"].VR = "OB"
    dataset.SharedFunctionalGroupsSequence = [Dataset()]
    dataset.PerFrameFunctionalGroupsSequence = [_groups(one, kind) for one in drawn]
    return written(dataset, **attributes)


def segmentation_of(image: Path, **attributes: object) -> bytes:
    """A SEG object of all of an image, of its patient and study."""
    source = pydicom.dcmread(image)
    one = Slice(read_object(image.read_bytes()).slices[0])
    patient = ("StudyInstanceUID", "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyDate")
    same = {keyword: source[keyword].value for keyword in patient}
    whole = segmentation([frame(one, np.ones((one.header.rows, one.header.columns), bool))])
    return changed(whole, **same, **attributes)


def structure_set(
    contours: Sequence[tuple[int, NDArray, tuple[str, int] | None]],
    regions: Mapping[int, str] = {1: "Scar"},
    kind: str = "CLOSED_PLANAR",
    **attributes: object,
) -> bytes:
    """An RTSTRUCT of contours: region, points (n, 3) in mm, and the image that it is said to be drawn on."""
    dataset = _object(RTStructureSetStorage, "RTSTRUCT")
    dataset.StructureSetLabel, dataset.OperatorsName = "CONTOURS", "Roe^Richard"
    dataset.StructureSetROISequence, dataset.ROIContourSequence = [], []
    for number, name in regions.items():
        region, drawn = Dataset(), Dataset()
        region.ROINumber, region.ROIName, region.ReferencedFrameOfReferenceUID = number, name, SPACE
        dataset.StructureSetROISequence.append(region)
        drawn.ReferencedROINumber, drawn.ContourSequence = number, []
        for of, points, source in contours:
            if of == number:
                drawn.ContourSequence.append(_contour(points, source, kind))
        dataset.ROIContourSequence.append(drawn)
    return written(dataset, **attributes)


def polygon(one: Slice, corners: Sequence[tuple[float, float]], off_mm: float = 0.0) -> NDArray:
    """Corner-based pixels of a slice as points in the patient (n, 3)."""
    x, y = np.array(corners, float).T
    return one.header.plane.patient_mm(x, y) + off_mm * one.header.plane.normal


def written(dataset: Dataset, **attributes: object) -> bytes:
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def changed(content: bytes, **attributes: object) -> bytes:
    return written(pydicom.dcmread(io.BytesIO(content)), **attributes)


def of_a_core_lab(content: bytes, moved_mm: float = 0.0, **attributes: object) -> bytes:
    """A segmentation as if somebody else had made it, its last frames that far off along the slices' normal."""
    dataset = pydicom.dcmread(io.BytesIO(content))
    for group in dataset.PerFrameFunctionalGroupsSequence[-2:]:
        orientation = (group.get("PlaneOrientationSequence") or _shared(dataset).PlaneOrientationSequence)[0]
        along_rows, along_columns = np.reshape(orientation.ImageOrientationPatient, (2, 3)).astype(float)
        normal = np.cross(along_rows, along_columns)
        place = group.PlanePositionSequence[0]
        place.ImagePositionPatient = [round(float(at), 6) for at in place.ImagePositionPatient + moved_mm * normal]
    said = {"SeriesDescription": "Core lab contours", "ContentLabel": "CORELAB", "ContentCreatorName": "Roe^Richard"}
    made = {"Manufacturer": "Another maker", "ManufacturerModelName": "Contourer", "SoftwareVersions": "5.1"}
    return written(dataset, **{**said, **made, **attributes})


def _shared(dataset: Dataset) -> Dataset:
    return dataset.SharedFunctionalGroupsSequence[0]


def disc(rows: int, columns: int, x: float, y: float, radius: float) -> Mask:
    at_y, at_x = np.indices((rows, columns)) + 0.5
    return (at_x - x) ** 2 + (at_y - y) ** 2 <= radius**2


def _object(sop_class: str, modality: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, UID(sop_class)
    meta.MediaStorageSOPInstanceUID = UID("1.2.3.7.1")
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.Modality = sop_class, "1.2.3.7.1", modality
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2", "1.2.3.7"
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate, dataset.PatientSex = "Doe^Jane", "D1", "", ""
    dataset.Manufacturer = "Another maker"
    return dataset


def _segment(number: int, label: str, code: tuple[str, str, str] | None) -> Dataset:
    item = Dataset()
    item.SegmentNumber, item.SegmentLabel, item.SegmentAlgorithmType = number, label, "MANUAL"
    if code is not None:
        coded = Dataset()
        coded.CodeValue, coded.CodingSchemeDesignator, coded.CodeMeaning = code
        item.SegmentedPropertyTypeCodeSequence = [coded]
    return item


def _groups(drawn: Drawn, kind: str) -> Dataset:
    groups, identification, position, orientation, measures = (Dataset() for _ in range(5))
    if kind != "LABELMAP":
        identification.ReferencedSegmentNumber = drawn.segment
        groups.SegmentIdentificationSequence = [identification]
    if drawn.position_mm is not None:
        position.ImagePositionPatient = [float(round(v, 6)) for v in drawn.position_mm]
        orientation.ImageOrientationPatient = [float(round(v, 8)) for v in drawn.orientation]
        measures.PixelSpacing = list(drawn.spacing_mm)
        groups.PlanePositionSequence, groups.PlaneOrientationSequence = [position], [orientation]
        groups.PixelMeasuresSequence = [measures]
    if drawn.source is not None:
        derivation = Dataset()
        derivation.SourceImageSequence = [_reference(drawn.source)]
        groups.DerivationImageSequence = [derivation]
    return groups


def _reference(source: tuple[str, int]) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", source[0]
    item.ReferencedFrameNumber = source[1]
    return item


def _contour(points: NDArray, source: tuple[str, int] | None, kind: str) -> Dataset:
    item = Dataset()
    item.ContourGeometricType, item.NumberOfContourPoints = kind, len(points)
    item.ContourData = [f"{value:.6f}" for value in points.ravel()]
    if source is not None:
        item.ContourImageSequence = [_reference(source)]
    return item
