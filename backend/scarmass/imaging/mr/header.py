"""One DICOM object in: bytes to a validated header, or ObjectRefused with the reason."""

import math
import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pydicom
from pydicom import config
from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataelem import RawDataElement
from pydicom.errors import InvalidDicomError
from pydicom.uid import DeflatedExplicitVRLittleEndian, EnhancedMRImageStorage, MRImageStorage

from scarmass.domain.errors import GeometryInvalid, ObjectRefused
from scarmass.domain.stack import SliceHeader, StudyHeader
from scarmass.imaging.bounds import Bounds

config.settings.reading_validation_mode = config.IGNORE
"""Real headers hold invalid UIDs and dates; they are taken as opaque text, without a warning for each."""

MAX_TEXT = 256
MAX_VALUES = 32
PIXEL_DATA = 0x7FE00010
LARGEST_RESCALE = 1e30
"""Of slope and intercept: larger ones overflow float32."""

UID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Any characters that a real UID or its placeholder has; the others would not be safe in an address."""


@dataclass(frozen=True)
class MrObject:
    study: StudyHeader
    slices: tuple[SliceHeader, ...]


def read_object(content: bytes, bounds: Bounds = Bounds()) -> MrObject:
    """The header of one MR image. Raises ObjectRefused with a reason that can be shown."""
    if not content:
        raise ObjectRefused("the file is empty")
    if DeflatedExplicitVRLittleEndian.encode() in content:  # pydicom would inflate it whole, however large
        raise ObjectRefused("a deflated DICOM file is not supported")
    try:
        dataset = pydicom.dcmread(BytesIO(content), force=False)
    except InvalidDicomError as error:
        raise ObjectRefused("not a DICOM file") from error
    except Exception as error:  # pydicom raises many kinds on damaged bytes
        raise ObjectRefused("the DICOM file is damaged") from error
    _require_small_attributes(dataset, bounds.attribute_bytes)
    try:
        return _read_dataset(dataset, bounds)
    except (ObjectRefused, GeometryInvalid) as error:
        raise ObjectRefused(str(error)) from error
    except Exception as error:  # values are parsed lazily, so damage shows up here too
        raise ObjectRefused("a DICOM attribute cannot be read") from error


def _require_small_attributes(dataset: pydicom.Dataset, largest: int) -> None:
    """Raise ObjectRefused for an attribute that is larger, before pydicom makes text or numbers of it.

    The pixel data has bounds of its own, and so have what a sequence holds.
    """
    for element in dataset.values():
        # Of what is there: a length alone is a claim, and a false one where the file is damaged.
        size = len(element.value or b"") if isinstance(element, RawDataElement) else 0
        if size > largest and element.tag != PIXEL_DATA:
            vr = element.VR or (dictionary_VR(element.tag) if keyword_for_tag(element.tag) else "UN")
            if vr != "SQ":
                named = keyword_for_tag(element.tag) or f"attribute {element.tag}"
                raise ObjectRefused(f"{named} holds {size} bytes, more than the {largest} that are read")


def _read_dataset(dataset: pydicom.Dataset, bounds: Bounds) -> MrObject:
    sop_class = dataset.get("SOPClassUID")
    if sop_class == EnhancedMRImageStorage:
        raise ObjectRefused("enhanced multi-frame MR objects are not supported yet")
    if sop_class != MRImageStorage:
        raise ObjectRefused(f"not an MR image ({getattr(sop_class, 'name', None) or 'no SOP class'})")
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        if not UID.fullmatch(str(dataset.get(keyword) or "").strip()):
            raise ObjectRefused(f"{keyword} is missing, too long or not made of letters, digits, dots and dashes")
    if "PixelData" not in dataset:
        raise ObjectRefused("the object has no pixel data")
    study = StudyHeader(
        study_instance_uid=_text(dataset, "StudyInstanceUID"),
        patient_name=_text(dataset, "PatientName"),
        patient_id=_text(dataset, "PatientID"),
        patient_birth_date=_text(dataset, "PatientBirthDate"),
        patient_sex=_text(dataset, "PatientSex"),
        study_date=_text(dataset, "StudyDate"),
        study_description=_text(dataset, "StudyDescription"),
        accession_number=_text(dataset, "AccessionNumber"),
    )
    header = _slice_header(dataset)
    if header.plane.rows * header.plane.columns > bounds.image_pixels:
        size = f"{header.rows} x {header.columns}"
        raise ObjectRefused(f"an image of {size} pixels is too large: at most {bounds.image_pixels} are read")
    if max(abs(header.rescale_slope), abs(header.rescale_intercept)) > LARGEST_RESCALE:
        raise ObjectRefused("RescaleSlope or RescaleIntercept is too large")
    return MrObject(study, (header,))


def _slice_header(dataset: pydicom.Dataset) -> SliceHeader:
    if int(dataset.get("NumberOfFrames") or 1) != 1:
        raise ObjectRefused("a classic MR image with several frames is not supported")
    if int(dataset.get("SamplesPerPixel") or 1) != 1:
        raise ObjectRefused("a colour image is no LGE slice")
    photometric_interpretation = _text(dataset, "PhotometricInterpretation") or "MONOCHROME2"
    if photometric_interpretation not in ("MONOCHROME1", "MONOCHROME2"):
        raise ObjectRefused(f"a {photometric_interpretation} image is no LGE slice")
    return SliceHeader(
        sop_instance_uid=_text(dataset, "SOPInstanceUID"),
        frame_number=1,
        series_instance_uid=_text(dataset, "SeriesInstanceUID"),
        series_number=_whole(dataset, "SeriesNumber"),
        series_description=_text(dataset, "SeriesDescription"),
        protocol_name=_text(dataset, "ProtocolName"),
        sequence_name=_text(dataset, "SequenceName"),
        image_type=tuple(_printable(value) for value in _values(dataset, "ImageType")[:MAX_VALUES]),
        complex_image_component=_text(dataset, "ComplexImageComponent"),
        frame_of_reference_uid=_text(dataset, "FrameOfReferenceUID"),
        instance_number=_whole(dataset, "InstanceNumber"),
        trigger_time_ms=_number(dataset, "TriggerTime"),
        inversion_time_ms=_number(dataset, "InversionTime"),
        cardiac_number_of_images=_whole(dataset, "CardiacNumberOfImages"),
        rows=int(_required(dataset, "Rows")),
        columns=int(_required(dataset, "Columns")),
        dtype=_stored_dtype(dataset),
        photometric_interpretation=photometric_interpretation,
        rescale_slope=_number(dataset, "RescaleSlope") or 1.0,
        rescale_intercept=_number(dataset, "RescaleIntercept") or 0.0,
        window_center=_number(dataset, "WindowCenter"),
        window_width=_number(dataset, "WindowWidth"),
        position_mm=_vector(dataset, "ImagePositionPatient", 3),
        orientation=_vector(dataset, "ImageOrientationPatient", 6),
        pixel_spacing_mm=_vector(dataset, "PixelSpacing", 2),
        slice_thickness_mm=_positive(dataset, "SliceThickness"),
    )


def _stored_dtype(dataset: pydicom.Dataset) -> str:
    bits = int(_required(dataset, "BitsAllocated"))
    if bits not in (8, 16):
        raise ObjectRefused(f"pixels of {bits} bits are not supported")
    return f"{'int' if dataset.get('PixelRepresentation') == 1 else 'uint'}{bits}"


def _text(dataset: pydicom.Dataset, keyword: str) -> str:
    value = dataset.get(keyword)
    return "" if value is None else _printable(value)


def _printable(value: Any) -> str:
    """The value as printable text: what a header may hold beyond that has no place on a page or in a row."""
    return "".join(character for character in str(value) if character.isprintable()).strip()[:MAX_TEXT]


def _values(dataset: pydicom.Dataset, keyword: str) -> list[Any]:
    value = dataset.get(keyword)
    if value is None or value == "":
        return []
    return [value] if isinstance(value, (str, int, float)) else list(value)


def _number(dataset: pydicom.Dataset, keyword: str) -> float | None:
    values = _values(dataset, keyword)
    try:
        number = float(values[0])
    except (IndexError, TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _positive(dataset: pydicom.Dataset, keyword: str) -> float | None:
    number = _number(dataset, keyword)
    return number if number is not None and number > 0 else None


def _whole(dataset: pydicom.Dataset, keyword: str) -> int | None:
    number = _number(dataset, keyword)
    return None if number is None or abs(number) >= 2**31 else int(number)


def _required(dataset: pydicom.Dataset, keyword: str) -> Any:
    value = dataset.get(keyword)
    if value is None or value == "":
        raise ObjectRefused(f"{keyword} is missing")
    return value


def _vector(dataset: pydicom.Dataset, keyword: str, length: int) -> Any:
    values = _values(dataset, keyword)
    if len(values) != length:
        raise ObjectRefused(f"{keyword} is missing or has not {length} values")
    return tuple(float(value) for value in values)
