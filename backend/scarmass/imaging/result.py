"""What every object of a reading has in common: whose it is, which version, when and from which images.

A result's patient and study are those of the stored images it was made from (PS3.3 C.7.1 and C.7.2).
"""

import re
import uuid
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from io import BytesIO
from typing import Any

from highdicom.base import SOPClass
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sr.coding import Code
from pydicom.uid import EncapsulatedPDFStorage, EnhancedSRStorage, SecondaryCaptureImageStorage, SegmentationStorage
from pydicom.valuerep import DA, TM

from scarmass.domain.pacs import Reference, ResultKind
from scarmass.domain.patient import plain_date, plain_name
from scarmass.domain.stack import Slice
from scarmass.imaging.mr.attributes import printable, text_of
from scarmass.imaging.uids import uid_of

MAKER = "ScarMass"
UNKNOWN = "unknown"
LONGEST_NAME = 64
UTF_8 = "ISO_IR 192"

SOP_CLASS = {
    ResultKind.SEG: SegmentationStorage,
    ResultKind.SR: EnhancedSRStorage,
    ResultKind.PDF: EncapsulatedPDFStorage,
    ResultKind.KEY_IMAGES: SecondaryCaptureImageStorage,
}
SERIES_NUMBER = {ResultKind.SEG: 9001, ResultKind.SR: 9002, ResultKind.PDF: 9003, ResultKind.KEY_IMAGES: 9004}
DESCRIPTION = {
    ResultKind.SEG: "Scar segmentation",
    ResultKind.SR: "Scar mass measurements",
    ResultKind.PDF: "Scar mass report",
    ResultKind.KEY_IMAGES: "Scar mass key images",
}

TEXTS = ("PatientName", "PatientID", "StudyInstanceUID", "StudyID", "AccessionNumber", "ReferringPhysicianName")
OPTIONAL_TEXTS = ("IssuerOfPatientID", "StudyDescription", "InstitutionName")
SEXES = frozenset({"M", "F", "O"})


@dataclass(frozen=True)
class SourceImage:
    """A slice that a result was made from, and the kind of the object that holds it."""

    slice: Slice
    sop_class_uid: str
    is_multi_frame: bool

    @property
    def reference(self) -> Dataset:
        """An item that refers to it, to its frame where the object has several (PS3.3 table 10-3)."""
        item = reference_to(Reference(self.sop_class_uid, self.slice.header.sop_instance_uid))
        if self.is_multi_frame:
            item.ReferencedFrameNumber = self.slice.header.frame_number
        return item


@dataclass(frozen=True)
class Edition:
    """One version of a reading, as a draft at one revision or as it was signed.

    reader: who answers for it. at: when it was signed or, of a draft, last changed. draft_of: what a draft, and so its
    UIDs, follow from; empty where it is signed. replaces: the signed reading that it amends.
    """

    reading_id: uuid.UUID
    version: int
    reader: str
    at: datetime
    draft_of: str = ""
    replaces: uuid.UUID | None = None

    @property
    def is_draft(self) -> bool:
        return bool(self.draft_of)

    def marked(self, text: str) -> str:
        """The text, of a draft with DRAFT before it."""
        return f"DRAFT {text}" if self.is_draft else text

    def series_instance_uid(self, kind: ResultKind) -> str:
        return _series_instance_uid(self.reading_id, kind)

    def sop_instance_uid(self, kind: ResultKind, *parts: object) -> str:
        """parts: what tells several objects of one kind apart."""
        return _sop_instance_uid(self.reading_id, self.version, self.draft_of, kind, *parts)

    def predecessor(self, kind: ResultKind) -> tuple[str, Reference] | None:
        """The series and the object of the version that it takes the place of, None where it is the first."""
        if self.replaces is None:
            return None
        uid = _sop_instance_uid(self.replaces, self.version - 1, "", kind)
        return _series_instance_uid(self.replaces, kind), Reference(SOP_CLASS[kind], uid)


def _series_instance_uid(reading_id: uuid.UUID, kind: ResultKind) -> str:
    return uid_of("series", reading_id, kind.value)


def _sop_instance_uid(reading_id: uuid.UUID, version: int, draft_of: str, kind: ResultKind, *parts: object) -> str:
    return uid_of("instance", reading_id, version, draft_of, kind.value, *parts)


def uids_of_signed(reading_id: uuid.UUID, version: int, slices: int) -> Iterator[str]:
    """The SOP Instance UIDs that a signed version may leave under; slices: how many may be key images."""
    for kind in (ResultKind.SEG, ResultKind.SR, ResultKind.PDF):
        yield _sop_instance_uid(reading_id, version, "", kind)
    for number in range(1, slices + 1):
        yield _sop_instance_uid(reading_id, version, "", ResultKind.KEY_IMAGES, number)


def patient_and_study(source: Dataset) -> Dataset:
    """Who and what the source object says it is of, as text in UTF-8; what its type does not allow is left empty."""
    found = Dataset()
    found.SpecificCharacterSet = UTF_8
    for keyword in TEXTS:
        setattr(found, keyword, _text(source, keyword) or None)
    for keyword in OPTIONAL_TEXTS:
        if text := _text(source, keyword):
            setattr(found, keyword, text)
    found.PatientBirthDate, found.StudyDate = (
        _valid(DA, plain_date(text_of(source, keyword))) for keyword in ("PatientBirthDate", "StudyDate")
    )
    found.StudyTime = _valid(TM, text_of(source, "StudyTime"))
    sex, offset = text_of(source, "PatientSex"), text_of(source, "TimezoneOffsetFromUTC")
    found.PatientSex = sex if sex in SEXES else None
    if re.fullmatch(r"[+-](0\d|1[0-4])[0-5]\d", offset):
        found.TimezoneOffsetFromUTC = offset
    return found


def identity_of(dataset: Dataset) -> tuple[str, ...]:
    """Name, ID, birth date and study, by which an object is somebody's."""
    name = plain_name(text_of(dataset, "PatientName"))
    return name, *(text_of(dataset, keyword) for keyword in ("PatientID", "PatientBirthDate", "StudyInstanceUID"))


def _text(source: Dataset, keyword: str) -> str:
    """All of an attribute's text, also where a backslash within it reads as several values."""
    value = source.get(keyword)
    texts = value if isinstance(value, MultiValue) else [] if value is None else [value]
    return "\\".join(printable(text) for text in texts)


def _valid(kind: type[DA] | type[TM], text: str) -> str:
    try:
        return text if kind(text) is not None else ""
    except (ValueError, TypeError):
        return ""


def common_arguments(edition: Edition, kind: ResultKind, patient: Dataset, *parts: object) -> dict[str, Any]:
    """Of the constructors that make an object, whatever its kind."""
    at = local_time(edition, patient)
    return {
        "series_instance_uid": edition.series_instance_uid(kind),
        "series_number": SERIES_NUMBER[kind],
        "sop_instance_uid": edition.sop_instance_uid(kind, *parts),
        "instance_number": edition.version,
        "series_description": edition.marked(DESCRIPTION[kind]),
        "manufacturer": MAKER,
        "manufacturer_model_name": MAKER,
        "software_versions": version("scarmass"),
        "device_serial_number": MAKER,
        "specific_character_set": UTF_8,
        "content_date": at.strftime("%Y%m%d"),
        "content_time": at.strftime("%H%M%S.%f"),
    }


def nameless(patient: Dataset) -> Dataset:
    """Patient and study as highdicom is given them: it warns of names of one component, and a log holds no name."""
    found = deepcopy(patient)  # a data set that is updated from another one shares its elements with it
    found.PatientName = found.ReferringPhysicianName = ""
    return found


def patient_arguments(patient: Dataset) -> dict[str, Any]:
    """Of the constructors that take patient and study one by one; the name is set by `finished`."""
    names = {
        "study_instance_uid": "StudyInstanceUID",
        "patient_id": "PatientID",
        "patient_birth_date": "PatientBirthDate",
        "patient_sex": "PatientSex",
        "accession_number": "AccessionNumber",
        "study_id": "StudyID",
        "study_date": "StudyDate",
        "study_time": "StudyTime",
    }
    return {argument: patient.get(keyword) for argument, keyword in names.items()}


def finished(dataset: SOPClass, edition: Edition, patient: Dataset) -> bytes:
    """The object as a file, with nothing in it that the clock or chance would make another one of."""
    at = local_time(edition, patient)
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = DA(at.date()), TM(at.time())
    dataset.PatientName, dataset.ReferringPhysicianName = patient.PatientName, patient.ReferringPhysicianName
    for keyword in ("IssuerOfPatientID", "StudyDescription", "TimezoneOffsetFromUTC"):
        if keyword in patient:
            dataset[keyword] = patient[keyword]
    dataset.pop("ContributingEquipmentSequence", None)
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def local_time(edition: Edition, patient: Dataset) -> datetime:
    """When it was made, by the clock of the study's own times: in its offset from UTC, or the server's."""
    offset = text_of(patient, "TimezoneOffsetFromUTC")
    if not offset:
        return edition.at.astimezone()
    minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    return edition.at.astimezone(timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes)))


def reference_to(reference: Reference) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = reference.sop_class_uid, reference.sop_instance_uid
    return item


def document_item(study_instance_uid: str, series_instance_uid: str, reference: Reference) -> Dataset:
    """An item of the sequences that refer to documents by their study and series (PS3.3 table 10-3b)."""
    series, item = Dataset(), Dataset()
    series.SeriesInstanceUID, series.ReferencedSOPSequence = series_instance_uid, [reference_to(reference)]
    item.StudyInstanceUID, item.ReferencedSeriesSequence = study_instance_uid, [series]
    return item


def code_item(code: Code) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.value, code.scheme_designator, code.meaning
    return item


def references_by_series(images: Sequence[SourceImage], keyword: str) -> list[Dataset]:
    """Every object of the images once, by its series; keyword: what the sequence of a series' objects is called."""
    found: dict[str, dict[str, Dataset]] = {}
    for image in images:
        header = image.slice.header
        item = reference_to(Reference(image.sop_class_uid, header.sop_instance_uid))
        found.setdefault(header.series_instance_uid, {}).setdefault(header.sop_instance_uid, item)
    series = []
    for uid, items in found.items():
        one = Dataset()
        one.SeriesInstanceUID = uid
        setattr(one, keyword, list(items.values()))
        series.append(one)
    return series


def person_name(reader: str) -> str:
    """A reader's name as a DICOM person name: all of it the family name, as nothing tells its parts."""
    name = " ".join(re.sub(r"[\\^=\x00-\x1f]", " ", reader).split())[: LONGEST_NAME - 1]
    return f"{name or UNKNOWN}^"
