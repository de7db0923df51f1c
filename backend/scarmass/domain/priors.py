"""A patient's earlier studies: which ones are taken for the same patient's, and what makes that doubtful.

A number on the wrong patient is the worst that can be shown, so nothing here is guessed: without a PatientID there is
no prior, and what does not fit is handed on as a doubt.
"""

from enum import StrEnum

from scarmass.domain.patient import is_same_name, plain_date
from scarmass.domain.stack import Study, StudyHeader


class Doubt(StrEnum):
    """What another study of one PatientID says differently of its patient."""

    BIRTH_DATE = "birth_date"
    NAME = "name"


def is_prior(study: Study, other: Study) -> bool:
    """Whether the other study is an earlier one of the same PatientID, and where both name its issuer, of the same one.

    Studies of one day, and those whose date is none, have no order.
    """
    one, two = study.header, other.header
    dates = plain_date(two.study_date), plain_date(one.study_date)
    is_earlier = all(len(date) == 8 and date.isdecimal() for date in dates) and dates[0] < dates[1]
    issuers = _issuers(study), _issuers(other)
    is_of_one_issuer = not all(issuers) or bool(issuers[0] & issuers[1])
    return bool(one.patient_id) and one.patient_id == two.patient_id and is_of_one_issuer and is_earlier


def doubts_about(study: StudyHeader, other: StudyHeader) -> tuple[Doubt, ...]:
    """What speaks against one patient, where both studies say it."""
    births = {plain_date(study.patient_birth_date), plain_date(other.patient_birth_date)} - {""}
    are_named = bool(study.patient_name and other.patient_name)
    differs = {
        Doubt.BIRTH_DATE: len(births) > 1,
        Doubt.NAME: are_named and not is_same_name(study.patient_name, other.patient_name),
    }
    return tuple(doubt for doubt, is_so in differs.items() if is_so)


def _issuers(study: Study) -> set[str]:
    return {one.header.issuer_of_patient_id for stack in study.stacks for one in stack.slices} - {""}
