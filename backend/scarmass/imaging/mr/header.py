"""One DICOM object in: bytes to a validated header, or ObjectRefused with the reason."""

import re
from dataclasses import dataclass

import pydicom
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSNearLossless,
    MediaStorageDirectoryStorage,
    MRImageStorage,
)

from scarmass.domain.errors import DirectoryIgnored, GeometryInvalid, ObjectRefused
from scarmass.domain.patient import plain_date, plain_name
from scarmass.domain.stack import SliceHeader, StudyHeader
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.mr.attributes import (
    number_of,
    numbers_of,
    positive_number_of,
    printable,
    required,
    text_of,
    values_of,
    vector_of,
    whole_number_of,
)
from scarmass.imaging.mr.encoding import open_dataset, require_small_attributes
from scarmass.imaging.mr.enhanced import MULTI_FRAME, frames_of

MAX_VALUES = 32
MAX_PIXELS = 2**26
"""Of all frames of an object; Bounds has that of one."""

LARGEST_RESCALE = 1e30
"""Of slope and intercept: larger ones overflow float32."""

SCREEN_SAVE = re.compile(r"screen ?save|screenshot|secondary ?capture", re.IGNORECASE)

LOSSY = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless)
PERHAPS_LOSSY = (JPEG2000, HTJ2K)
"""Transfer syntaxes; LossyImageCompression tells of the latter, and of what was decompressed since."""

PHILIPS_RESCALE = ("Philips MR Imaging DD 005", 0x0A, 0x09)
"""Where Philips keeps slope and intercept, in group 2005, in objects that lack the public ones."""

UID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Any characters that a real UID or its placeholder has; the others would not be safe in an address."""


@dataclass(frozen=True)
class MrObject:
    """deidentified: the bytes to be stored in the place of those that came; None where those are stored."""

    study: StudyHeader
    slices: tuple[SliceHeader, ...]
    deidentified: bytes | None = None
    sop_class_uid: str = ""

    @property
    def series_instance_uid(self) -> str:
        return self.slices[0].series_instance_uid

    @property
    def sop_instance_uid(self) -> str:
        return self.slices[0].sop_instance_uid


def read_object(content: bytes, bounds: Bounds = Bounds()) -> MrObject:
    """The header of one MR object. Raises ObjectRefused with a reason that can be shown; DirectoryIgnored."""
    return object_of(open_dataset(content), bounds)


def object_of(dataset: pydicom.FileDataset, bounds: Bounds) -> MrObject:
    """The same of a data set that is open."""
    require_small_attributes(dataset, bounds.attribute_bytes)
    try:
        return _read_dataset(dataset, bounds)
    except DirectoryIgnored:
        raise
    except (ObjectRefused, GeometryInvalid) as error:
        raise ObjectRefused(str(error)) from error
    except Exception as error:  # values are parsed lazily, so damage shows up here too
        raise ObjectRefused("a DICOM attribute cannot be read") from error


def _read_dataset(dataset: pydicom.FileDataset, bounds: Bounds) -> MrObject:
    _require_mr_image(dataset)
    study = study_header_of(dataset)
    if "PixelData" not in dataset:
        raise ObjectRefused("the object has no pixel data")
    frames = frames_of(dataset) if dataset.SOPClassUID in MULTI_FRAME else [dataset]
    is_lossy = _is_lossy(dataset)
    slices = tuple(_slice_header(frame, number, is_lossy) for number, frame in enumerate(frames, start=1))
    for count, largest in ((1, bounds.image_pixels), (len(slices), MAX_PIXELS)):
        if slices[0].plane.rows * slices[0].plane.columns * count > largest:
            size = " x ".join(str(n) for n in (slices[0].rows, slices[0].columns, count) if n > 1)
            raise ObjectRefused(f"an image of {size} pixels is too large: at most {largest} are read")
    return MrObject(study, slices, sop_class_uid=str(dataset.SOPClassUID))


def study_header_of(dataset: pydicom.Dataset) -> StudyHeader:
    """Patient and study of an object that can be told from others. Raises ObjectRefused."""
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        if not UID.fullmatch(str(dataset.get(keyword) or "").strip()):
            raise ObjectRefused(f"{keyword} is missing, too long or not made of letters, digits, dots and dashes")
    return StudyHeader(
        study_instance_uid=text_of(dataset, "StudyInstanceUID"),
        patient_name=plain_name(text_of(dataset, "PatientName")),
        patient_id=text_of(dataset, "PatientID"),
        patient_birth_date=plain_date(text_of(dataset, "PatientBirthDate")),
        patient_sex=text_of(dataset, "PatientSex"),
        study_date=plain_date(text_of(dataset, "StudyDate")),
        study_description=text_of(dataset, "StudyDescription"),
        accession_number=text_of(dataset, "AccessionNumber"),
    )


def _require_mr_image(dataset: pydicom.FileDataset) -> None:
    """Raises ObjectRefused for what is no image that can be measured, DirectoryIgnored for a list of files."""
    sop_class = dataset.get("SOPClassUID")
    if MediaStorageDirectoryStorage in (sop_class, dataset.file_meta.get("MediaStorageSOPClassUID")):
        raise DirectoryIgnored("a DICOMDIR lists images and holds none")
    name = printable(getattr(sop_class, "name", None) or "no SOP class")
    image_type = " ".join(str(value) for value in values_of(dataset, "ImageType"))
    if "Secondary Capture" in name or SCREEN_SAVE.search(image_type):
        raise ObjectRefused("a secondary capture is a picture of a screen, no measurement")
    if sop_class != MRImageStorage and sop_class not in MULTI_FRAME:
        raise ObjectRefused(f"not an MR image ({name})")
    if text_of(dataset, "BurnedInAnnotation").upper() == "YES":
        raise ObjectRefused("BurnedInAnnotation is YES: writing within the pixels cannot be measured")


def _is_lossy(dataset: pydicom.FileDataset) -> bool:
    syntax, said = dataset.file_meta.TransferSyntaxUID, text_of(dataset, "LossyImageCompression")
    return said == "01" or syntax in LOSSY or (syntax in PERHAPS_LOSSY and said != "00")


def _slice_header(dataset: pydicom.Dataset, frame_number: int, is_lossy: bool) -> SliceHeader:
    if int(dataset.get("NumberOfFrames") or 1) != 1:
        raise ObjectRefused("a classic MR image with several frames is not supported")
    if int(dataset.get("SamplesPerPixel") or 1) != 1:
        raise ObjectRefused("a colour image is no LGE slice")
    photometric_interpretation = printable(required(dataset, "PhotometricInterpretation"))
    if photometric_interpretation not in ("MONOCHROME1", "MONOCHROME2"):
        raise ObjectRefused(f"a {photometric_interpretation} image is no LGE slice")
    dtype = _stored_dtype(dataset)
    slope, intercept = _rescale(dataset)
    return SliceHeader(
        sop_instance_uid=text_of(dataset, "SOPInstanceUID"),
        frame_number=frame_number,
        series_instance_uid=text_of(dataset, "SeriesInstanceUID"),
        series_number=whole_number_of(dataset, "SeriesNumber"),
        series_description=text_of(dataset, "SeriesDescription"),
        protocol_name=text_of(dataset, "ProtocolName"),
        sequence_name=text_of(dataset, "SequenceName"),
        image_type=tuple(printable(value) for value in values_of(dataset, "ImageType")[:MAX_VALUES]),
        complex_image_component=text_of(dataset, "ComplexImageComponent"),
        frame_of_reference_uid=text_of(dataset, "FrameOfReferenceUID"),
        instance_number=whole_number_of(dataset, "InstanceNumber"),
        trigger_time_ms=number_of(dataset, "TriggerTime"),
        inversion_time_ms=number_of(dataset, "InversionTime"),
        cardiac_number_of_images=whole_number_of(dataset, "CardiacNumberOfImages"),
        acquisition_number=whole_number_of(dataset, "AcquisitionNumber"),
        acquisition_time=text_of(dataset, "AcquisitionTime"),
        scanning_sequence=tuple(printable(value) for value in values_of(dataset, "ScanningSequence")[:MAX_VALUES]),
        contrast_agent=text_of(dataset, "ContrastBolusAgent"),
        spacing_between_slices_mm=positive_number_of(dataset, "SpacingBetweenSlices"),
        rows=int(required(dataset, "Rows")),
        columns=int(required(dataset, "Columns")),
        dtype=dtype,
        photometric_interpretation=photometric_interpretation,
        rescale_slope=slope,
        rescale_intercept=intercept,
        window_center=number_of(dataset, "WindowCenter"),
        window_width=positive_number_of(dataset, "WindowWidth"),
        position_mm=vector_of(dataset, "ImagePositionPatient", 3),
        orientation=vector_of(dataset, "ImageOrientationPatient", 6),
        pixel_spacing_mm=vector_of(dataset, "PixelSpacing", 2),
        slice_thickness_mm=_thickness(dataset),
        patient_name=plain_name(text_of(dataset, "PatientName")),
        issuer_of_patient_id=text_of(dataset, "IssuerOfPatientID"),
        is_lossy=is_lossy,
        pixel_padding=_pixel_padding(dataset, dtype.startswith("int")),
    )


def _stored_dtype(dataset: pydicom.Dataset) -> str:
    allocated, stored = (int(required(dataset, keyword)) for keyword in ("BitsAllocated", "BitsStored"))
    if allocated not in (8, 16):
        raise ObjectRefused(f"pixels of {allocated} bits are not supported")
    if not 0 < stored <= allocated:
        raise ObjectRefused(f"BitsStored is {stored}, of {allocated} that are allocated")
    if (high := int(required(dataset, "HighBit"))) != stored - 1:
        raise ObjectRefused(f"HighBit is {high}, and with BitsStored {stored} must be {stored - 1}")
    if (sign := int(required(dataset, "PixelRepresentation"))) not in (0, 1):
        raise ObjectRefused(f"PixelRepresentation is {sign}, neither 0 nor 1")
    return f"{'int' if sign else 'uint'}{allocated}"


def _rescale(dataset: pydicom.Dataset) -> tuple[float, float]:
    """(slope, intercept) from stored to modality values; where the public ones are missing, Philips' own."""
    slopes, intercepts = numbers_of(dataset, "RescaleSlope"), numbers_of(dataset, "RescaleIntercept")
    if len(slopes) > 1 or len(intercepts) > 1 or slopes == [0.0]:
        raise ObjectRefused(
            "RescaleSlope is 0" if slopes == [0.0] else "RescaleSlope or RescaleIntercept has several values"
        )
    if not slopes and not intercepts:
        return _philips_rescale(dataset)
    slope, intercept = slopes[0] if slopes else 1.0, intercepts[0] if intercepts else 0.0
    if max(abs(slope), abs(intercept)) > LARGEST_RESCALE:
        raise ObjectRefused("RescaleSlope or RescaleIntercept is too large")
    return slope, intercept


def _philips_rescale(dataset: pydicom.Dataset) -> tuple[float, float]:
    creator, *elements = PHILIPS_RESCALE
    try:
        block = dataset.private_block(0x2005, creator)
        slope, intercept = (float(block[element].value) for element in elements)
    except (KeyError, TypeError, ValueError):
        return 1.0, 0.0
    is_usable = 0 < abs(slope) < LARGEST_RESCALE and abs(intercept) < LARGEST_RESCALE
    return (slope, intercept) if is_usable else (1.0, 0.0)


def _pixel_padding(dataset: pydicom.Dataset, is_signed: bool) -> tuple[int, int] | None:
    """The lowest and the highest stored value that stand for no image (PS3.3 C.7.5.1.1.2)."""
    value = whole_number_of(dataset, "PixelPaddingValue")
    if value is None:
        return None
    limit = whole_number_of(dataset, "PixelPaddingRangeLimit")
    bits_stored = int(dataset.BitsStored)
    low, high = sorted(_stored(number, bits_stored, is_signed) for number in (value, value if limit is None else limit))
    return low, high


def _stored(number: int, bits_stored: int, is_signed: bool) -> int:
    """The number as its bits are read in a pixel: padding is often written without regard to sign and bits."""
    number %= 2**bits_stored
    return number - 2**bits_stored if is_signed and number >= 2 ** (bits_stored - 1) else number


def _thickness(dataset: pydicom.Dataset) -> float | None:
    """None where it is missing or 0; what is no number is refused, as mass hangs on it."""
    numbers = numbers_of(dataset, "SliceThickness")
    return numbers[0] if numbers and numbers[0] > 0 else None
