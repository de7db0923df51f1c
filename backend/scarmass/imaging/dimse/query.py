"""Studies as they are asked for and told of (PS3.4 tables C.6-5 and C.6-1, study root)."""

import re
from collections.abc import Iterable, Mapping

from pydicom import DataElement, Dataset
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR
from pydicom.multival import MultiValue
from pydicom.tag import Tag

from scarmass.domain.pacs import FoundStudy, StudyQuery

LONGEST_VALUE = 256
RETURNED = (
    "PatientBirthDate",
    "PatientSex",
    "StudyDescription",
    "NumberOfStudyRelatedSeries",
    "NumberOfStudyRelatedInstances",
)
NUMBER = re.compile(r"\s*(\d{1,9})\s*")


def identifier(query: StudyQuery) -> Dataset:
    """What a C-FIND asks: empty attributes match everything, and are told of."""
    asked = {
        "PatientName": query.patient_name,
        "PatientID": query.patient_id,
        "StudyDate": query.study_date,
        "AccessionNumber": query.accession_number,
        "ModalitiesInStudy": query.modality,
        "StudyInstanceUID": query.study_instance_uid,
    }
    asked |= dict.fromkeys(RETURNED, "")
    if not all(value.isascii() for value in asked.values()):
        asked["SpecificCharacterSet"] = "ISO_IR 192"
    return _dataset({"QueryRetrieveLevel": "STUDY", **asked})


def whole_study(study_instance_uid: str) -> Dataset:
    """What a C-MOVE or C-GET asks."""
    return _dataset({"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": study_instance_uid})


def found(answer: Dataset, query: StudyQuery) -> FoundStudy | None:
    """A study as the peer tells of it; None where the answer names none, or one of another modality.

    Peers need not match by modality (PS3.4 section C.6.2.1.2).
    """
    modalities = tuple(_values(answer, "ModalitiesInStudy"))
    uid = _text(answer, "StudyInstanceUID")
    if not 0 < len(uid) <= 64 or (query.modality and modalities and query.modality not in modalities):
        return None
    return FoundStudy(
        study_instance_uid=uid,
        patient_name=_text(answer, "PatientName"),
        patient_id=_text(answer, "PatientID"),
        patient_birth_date=_date(answer, "PatientBirthDate"),
        patient_sex=_text(answer, "PatientSex"),
        study_date=_date(answer, "StudyDate"),
        study_description=_text(answer, "StudyDescription"),
        accession_number=_text(answer, "AccessionNumber"),
        modalities=modalities,
        number_of_series=_number(answer, "NumberOfStudyRelatedSeries"),
        number_of_instances=_number(answer, "NumberOfStudyRelatedInstances"),
    )


def _dataset(values: Mapping[str, str]) -> Dataset:
    """What a reader typed goes as it was typed: pydicom would warn of it, with a patient's name in the log."""
    dataset = Dataset()
    for keyword, value in values.items():
        tag = Tag(keyword)
        dataset.add(DataElement(tag, dictionary_VR(tag), value, validation_mode=IGNORE))
    return dataset


def _values(answer: Dataset, keyword: str) -> Iterable[str]:
    try:
        value = answer.get(keyword)
        values = value if isinstance(value, MultiValue) else [value]
        texts = [str(one).replace("\0", "").strip()[:LONGEST_VALUE] for one in values[:32] if one is not None]
    except Exception:  # pydicom raises many kinds on values that it cannot convert
        return []
    return [text for text in texts if text]


def _text(answer: Dataset, keyword: str) -> str:
    return next(iter(_values(answer, keyword)), "")


def _date(answer: Dataset, keyword: str) -> str:
    """YYYYMMDD, also where it is written as before 1993, with dots."""
    return _text(answer, keyword).replace(".", "")


def _number(answer: Dataset, keyword: str) -> int | None:
    match = NUMBER.fullmatch(_text(answer, keyword))
    return int(match[1]) if match else None
