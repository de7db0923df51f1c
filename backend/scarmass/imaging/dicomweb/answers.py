"""What DICOMweb servers answer: studies (QIDO-RS, PS3.18 section 10.6) and what was stored (STOW-RS, section 10.5)."""

import re
from typing import Any

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword

from scarmass.domain.pacs import FoundStudy, Sent, StudyQuery
from scarmass.imaging import study_search
from scarmass.imaging.statuses import STORED_WITH_WARNING, STORING_OVER_THE_WEB, STORING_RANGES, words

LONGEST_VALUE = 256
MOST_VALUES = 32
UID = re.compile(r"[0-9.]{1,64}")
RETURNED = (
    "ModalitiesInStudy",
    "StudyDescription",
    "NumberOfStudyRelatedSeries",
    "NumberOfStudyRelatedInstances",
)
"""Asked for beside what is told of unasked: not every server tells of these (PS3.18 table 10.6.3-3)."""


def search_filters(query: StudyQuery) -> dict[str, str]:
    """What is not empty of a query, by keyword."""
    return {keyword: value for keyword, value in study_search.asked(query).items() if value}


def found(answer: Any, query: StudyQuery) -> FoundStudy | None:
    """A study of DICOM JSON (PS3.18 annex F); None without a usable UID, or of another modality."""
    study = study_search.found_study(query, lambda keyword: _values(answer, keyword))
    return study if study is not None and UID.fullmatch(study.study_instance_uid) else None


def sent(answer: Dataset, sop_instance_uid: str) -> Sent:
    """What an answer to a STOW-RS says of one object (PS3.18 table I.1-1)."""
    for item in answer.get("FailedSOPSequence") or ():
        if str(item.get("ReferencedSOPInstanceUID")) == sop_instance_uid:
            return Sent(sop_instance_uid, False, _why(item))
    for item in answer.get("ReferencedSOPSequence") or ():
        if str(item.get("ReferencedSOPInstanceUID")) == sop_instance_uid:
            warning = item.get("WarningReason")
            return Sent(sop_instance_uid, True, None if warning is None else words(warning, STORED_WITH_WARNING))
    if answer.get("OtherFailuresSequence"):
        return Sent(sop_instance_uid, False, _why(answer.OtherFailuresSequence[0]))
    return Sent(sop_instance_uid, False, "it does not say whether it stored it")


def _why(failed: Dataset) -> str:
    code = failed.get("FailureReason")
    return "it gives no reason" if code is None else words(code, STORING_OVER_THE_WEB, STORING_RANGES)


def _values(answer: Any, keyword: str) -> list[str]:
    attribute = answer.get(f"{tag_for_keyword(keyword):08X}") if isinstance(answer, dict) else None
    values = attribute.get("Value") if isinstance(attribute, dict) else None
    texts = [_plain(value) for value in values[:MOST_VALUES]] if isinstance(values, list) else []
    return [text for text in texts if text]


def _plain(value: Any) -> str:
    """A name is written in up to three ways; one of them is shown."""
    if isinstance(value, dict):
        value = next((value[way] for way in ("Alphabetic", "Ideographic", "Phonetic") if value.get(way)), "")
    is_plain = isinstance(value, str | int | float)
    return str(value).replace("\0", "").strip()[:LONGEST_VALUE] if is_plain else ""
