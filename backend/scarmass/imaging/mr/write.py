"""Writes a volume as a series of derived MR Image Storage objects (DICOM PS3.3 A.4).

The same input gives the same bytes, since UIDs are hashes of what is written and no clock is read; other content
or another patient gives other UIDs, so two versions of a series never collide.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid
from pydicom.valuerep import format_number_as_ds

from scarmass.domain.errors import PixelsUndecodable
from scarmass.domain.geometry import DISTINCT_TOLERANCE_MM, SlicePlane, positions_along_normal_mm
from scarmass.domain.stack import Contrast


@dataclass(frozen=True)
class Series:
    """Who and what the series shows.

    study_seed: series of one patient that share it are one study and one frame of reference.
    derivation: how the pixels came to be, for DerivationDescription.
    Dates are DICOM dates (YYYYMMDD) or empty, patient_sex is M, F, O or empty.
    """

    study_seed: str
    patient_name: str
    patient_id: str
    contrast: Contrast
    series_description: str
    derivation: str
    patient_birth_date: str = ""
    patient_sex: str = ""
    study_date: str = ""
    study_description: str = "Cardiac MR"
    series_number: int = 1

    @property
    def study_identity(self) -> str:
        """What makes the study this one and no other."""
        patient = (self.patient_name, self.patient_id, self.patient_birth_date, self.patient_sex)
        return repr((self.study_seed, *patient, self.study_date, self.study_description))


@dataclass(frozen=True)
class StoredPixels:
    """stored (slices, rows, columns), int16 or uint16, such that value = stored x slope + intercept."""

    stored: NDArray[np.integer]
    slope: float
    intercept: float


def stored_pixels(values: NDArray) -> StoredPixels:
    """Whole numbers that fit into 16 bits as they are, anything else scaled to 16 bits.

    values: (slices, rows, columns), real. Raises PixelsUndecodable where a value is not finite.
    """
    if not np.isfinite(values).all():
        raise PixelsUndecodable("the volume holds values that are not finite numbers")
    low, high = float(values.min()), float(values.max())
    is_whole = np.issubdtype(values.dtype, np.integer) or bool((values == np.rint(values)).all())
    for dtype in (np.uint16, np.int16):
        if is_whole and np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return StoredPixels(values.astype(dtype), 1.0, 0.0)
    slope, intercept = _decimal((high - low) / 65535 or 1.0), _decimal(low)
    stored = np.rint((values.astype(np.float64) - float(intercept)) / float(slope))
    return StoredPixels(np.clip(stored, 0, 65535).astype(np.uint16), float(slope), float(intercept))


def write_mr_series(folder: Path, values: NDArray, planes: Sequence[SlicePlane], series: Series) -> list[Path]:
    """Write one object a slice into folder, made where absent; answers the files in the order of the planes.

    values: (slices, rows, columns), modality values. Raises PixelsUndecodable, SlicesNotParallel.
    """
    pixels = stored_pixels(values)
    shared = _series_attributes(series, pixels, values, _even_spacing_mm(planes))
    content = hashlib.sha256(repr((series, tuple(planes), pixels.slope, pixels.intercept)).encode())
    content.update(pixels.stored.tobytes())
    shared.SeriesInstanceUID = _uid("series", content.hexdigest())
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, (stored, plane) in enumerate(zip(pixels.stored, planes, strict=True)):
        path = folder / f"slice_{index + 1:03d}.dcm"
        _write(path, shared, _slice_attributes(shared, index, stored, plane))
        paths.append(path)
    return paths


def _display_range(values: NDArray) -> tuple[float, float]:
    """The 1st to 99.5th percentile, without the padding around an image that is all of the smallest value."""
    inside = values[values > values.min()]
    low, high = np.percentile(inside if inside.size else values, (1, 99.5))
    return float(low), float(high)


def _series_attributes(
    series: Series, pixels: StoredPixels, values: NDArray, spacing_between_slices_mm: float | None
) -> Dataset:
    low, high = _display_range(values)
    is_psir = series.contrast is Contrast.PSIR
    shared = Dataset()
    shared.SpecificCharacterSet = "ISO_IR 192"
    shared.ImageType = ["DERIVED", "SECONDARY", "OTHER", "PSIR" if is_psir else "M"]
    shared.SOPClassUID = MRImageStorage
    shared.StudyDate = series.study_date
    shared.StudyTime = ""
    shared.AccessionNumber = ""
    shared.Modality = "MR"
    shared.Manufacturer = ""
    shared.ReferringPhysicianName = ""
    shared.StudyDescription = series.study_description
    shared.SeriesDescription = series.series_description
    shared.DerivationDescription = series.derivation
    shared.PatientName = series.patient_name
    shared.PatientID = series.patient_id
    shared.PatientBirthDate = series.patient_birth_date
    shared.PatientSex = series.patient_sex
    shared.BodyPartExamined = "HEART"
    shared.ScanningSequence = "RM"
    shared.SequenceVariant = "NONE"
    shared.ScanOptions = ""
    shared.MRAcquisitionType = "2D"
    shared.RepetitionTime = None
    shared.EchoTime = None
    shared.EchoTrainLength = None
    if spacing_between_slices_mm is not None:
        shared.SpacingBetweenSlices = _decimal(spacing_between_slices_mm)
    shared.PatientPosition = "HFS"
    shared.StudyInstanceUID = _uid("study", series.study_identity)
    shared.FrameOfReferenceUID = _uid("frame of reference", series.study_identity)
    shared.StudyID = ""
    shared.SeriesNumber = series.series_number
    shared.PositionReferenceIndicator = ""
    shared.SamplesPerPixel = 1
    shared.PhotometricInterpretation = "MONOCHROME2"
    shared.BitsAllocated = 16
    shared.BitsStored = 16
    shared.HighBit = 15
    shared.PixelRepresentation = int(pixels.stored.dtype.kind == "i")
    shared.WindowCenter = _decimal((low + high) / 2)
    shared.WindowWidth = _decimal(max(high - low, pixels.slope))
    if (pixels.slope, pixels.intercept) != (1.0, 0.0):
        shared.RescaleIntercept = _decimal(pixels.intercept)
        shared.RescaleSlope = _decimal(pixels.slope)
        shared.RescaleType = "US"
    return shared


def _slice_attributes(shared: Dataset, index: int, stored: NDArray, plane: SlicePlane) -> Dataset:
    own = Dataset()
    own.SOPInstanceUID = _uid(f"instance {index}", shared.SeriesInstanceUID)
    own.InstanceNumber = index + 1
    thickness_mm = plane.slice_thickness_mm
    own.SliceThickness = None if thickness_mm is None else _decimal(thickness_mm)
    own.ImagePositionPatient = [_decimal(number) for number in plane.position_mm]
    own.ImageOrientationPatient = [_decimal(number) for number in plane.orientation]
    own.Rows, own.Columns = stored.shape
    own.PixelSpacing = [_decimal(number) for number in plane.pixel_spacing_mm]
    own.PixelData = stored.astype(stored.dtype.newbyteorder("<")).tobytes()
    own["PixelData"].VR = "OW"
    return own


def _write(path: Path, shared: Dataset, own: Dataset) -> None:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = shared.SOPClassUID
    meta.MediaStorageSOPInstanceUID = own.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(path, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.update(shared)
    dataset.update(own)
    dataset.save_as(path, enforce_file_format=True)


def _uid(level: str, seed: str) -> str:
    return generate_uid(entropy_srcs=["scarmass", level, seed])


def _even_spacing_mm(planes: Sequence[SlicePlane]) -> float | None:
    """Centre to centre distance, where it is the same between all neighbours."""
    gaps_mm = np.abs(np.diff(positions_along_normal_mm(planes)))
    if gaps_mm.size == 0 or np.ptp(gaps_mm) > DISTINCT_TOLERANCE_MM:
        return None
    return float(gaps_mm.mean())


def _decimal(number: float) -> str:
    """A DICOM decimal string: at most 16 characters."""
    return format_number_as_ds(float(number))
