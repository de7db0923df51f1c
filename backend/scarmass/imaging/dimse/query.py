"""Studies as they are asked for and told of (PS3.4 tables C.6-5 and C.6-1, study root)."""

from collections.abc import Mapping

from pydicom import DataElement, Dataset
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR
from pydicom.multival import MultiValue
from pydicom.tag import Tag

from scarmass.domain.pacs import FoundStudy, StudyQuery
from scarmass.imaging import study_search

LONGEST_VALUE = 256
RETURNED = (
    "PatientBirthDate",
    "PatientSex",
    "StudyDescription",
    "NumberOfStudyRelatedSeries",
    "NumberOfStudyRelatedInstances",
)


def identifier(query: StudyQuery) -> Dataset:
    """What a C-FIND asks: empty attributes match everything, and are told of."""
    asked = study_search.asked(query) | dict.fromkeys(RETURNED, "")
    if not all(value.isascii() for value in asked.values()):
        asked["SpecificCharacterSet"] = "ISO_IR 192"
    return _dataset({"QueryRetrieveLevel": "STUDY", **asked})


def whole_study(study_instance_uid: str) -> Dataset:
    """What a C-MOVE or C-GET asks."""
    return _dataset({"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": study_instance_uid})


def found(answer: Dataset, query: StudyQuery) -> FoundStudy | None:
    """A study as the peer tells of it; None where the answer names none, or one of another modality."""
    return study_search.found_study(query, lambda keyword: _values(answer, keyword))


def _dataset(values: Mapping[str, str]) -> Dataset:
    """What a reader typed goes as it was typed: pydicom would warn of it, with a patient's name in the log."""
    dataset = Dataset()
    for keyword, value in values.items():
        tag = Tag(keyword)
        dataset.add(DataElement(tag, dictionary_VR(tag), value, validation_mode=IGNORE))
    return dataset


def _values(answer: Dataset, keyword: str) -> list[str]:
    try:
        value = answer.get(keyword)
        values = value if isinstance(value, MultiValue) else [value]
        texts = [str(one).replace("\0", "").strip()[:LONGEST_VALUE] for one in values[:32] if one is not None]
    except Exception:  # pydicom raises many kinds on values that it cannot convert
        return []
    return [text for text in texts if text]
