"""A search for studies, whichever protocol carries it (PS3.4 annex C, PS3.18 section 10.6)."""

import re
from collections.abc import Callable, Sequence

from scarmass.domain.pacs import FoundStudy, StudyQuery
from scarmass.domain.patient import plain_date

LONGEST_UID = 64
NUMBER = re.compile(r"\s*(\d{1,9})\s*")


def asked(query: StudyQuery) -> dict[str, str]:
    """What is looked for, by keyword; what is empty does not narrow it."""
    return {
        "PatientName": query.patient_name,
        "PatientID": query.patient_id,
        "StudyDate": query.study_date,
        "AccessionNumber": query.accession_number,
        "ModalitiesInStudy": query.modality,
        "StudyInstanceUID": query.study_instance_uid,
    }


def found_study(query: StudyQuery, values: Callable[[str], Sequence[str]]) -> FoundStudy | None:
    """A study as an answer tells of it; None where it names none, or one of another modality.

    values: those of a keyword, as plain text. Peers need not match by modality (PS3.4 section C.6.2.1.2).
    """

    def text(keyword: str) -> str:
        return next(iter(values(keyword)), "")

    def number(keyword: str) -> int | None:
        match = NUMBER.fullmatch(text(keyword))
        return int(match[1]) if match else None

    uid, modalities = text("StudyInstanceUID"), tuple(values("ModalitiesInStudy"))
    if not 0 < len(uid) <= LONGEST_UID or (query.modality and modalities and query.modality not in modalities):
        return None
    return FoundStudy(
        study_instance_uid=uid,
        patient_name=text("PatientName"),
        patient_id=text("PatientID"),
        patient_birth_date=plain_date(text("PatientBirthDate")),
        patient_sex=text("PatientSex"),
        study_date=plain_date(text("StudyDate")),
        study_description=text("StudyDescription"),
        accession_number=text("AccessionNumber"),
        modalities=modalities,
        number_of_series=number("NumberOfStudyRelatedSeries"),
        number_of_instances=number("NumberOfStudyRelatedInstances"),
    )
