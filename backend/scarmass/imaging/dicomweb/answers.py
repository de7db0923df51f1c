"""What DICOMweb servers answer: studies (QIDO-RS, PS3.18 section 10.6) and what was stored (STOW-RS, section 10.5)."""

import re
from collections.abc import Mapping
from typing import Any

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword

from scarmass.domain.pacs import FoundStudy, Sent, StudyQuery
from scarmass.imaging import study_search

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
WARNINGS = {
    0xB000: "it changed attributes",
    0xB006: "it left attributes out",
    0xB007: "the object does not match its SOP class",
}
FAILURES = {
    0x0110: "it failed while it worked on it",
    0x0111: "it has an object of this UID already",
    0x0117: "the UID of the object is not valid",
    0x0122: "it does not take objects of this SOP class",
    0x0124: "we are not authorised",
    0x0213: "it is out of resources",
    0xC122: "it does not take this transfer syntax",
}
FAILURE_RANGES = {
    0xA700: "it is out of resources",
    0xA900: "the object does not match its SOP class",
    0xC000: "it cannot understand the object",
}


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
            return Sent(sop_instance_uid, False, _words(item.get("FailureReason"), FAILURES))
    for item in answer.get("ReferencedSOPSequence") or ():
        if str(item.get("ReferencedSOPInstanceUID")) == sop_instance_uid:
            warning = item.get("WarningReason")
            return Sent(sop_instance_uid, True, None if warning is None else _words(warning, WARNINGS))
    if answer.get("OtherFailuresSequence"):
        return Sent(sop_instance_uid, False, _words(answer.OtherFailuresSequence[0].get("FailureReason"), FAILURES))
    return Sent(sop_instance_uid, False, "it does not say whether it stored it")


def _words(code: int | None, known: Mapping[int, str]) -> str:
    """A code as a reason; its number stands behind, as handbooks of PACS list it."""
    if code is None:
        return "it gives no reason"
    of_range = FAILURE_RANGES.get(code & 0xFF00) or FAILURE_RANGES.get(code & 0xF000)
    return f"{known.get(code) or of_range or 'it answered with an unknown reason'} (0x{code:04X})"


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
