"""Which earlier studies are taken for the same patient's, and what makes that doubtful."""

import pytest

from scarmass.domain.priors import Doubt, doubts_about, is_prior
from scarmass.domain.stack import Contrast, Slice, SliceHeader, Stack, Study, StudyHeader


def study(uid: str = "1", patient_id: str = "P-1", date: str = "20260105", issuer: str = "", **fields: str) -> Study:
    header = StudyHeader(uid, patient_id=patient_id, study_date=date, **fields)
    at, across, spacing = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (1.0, 1.0)
    image = SliceHeader("1.1", 1, "1", 8, 8, "uint16", at, across, spacing, issuer_of_patient_id=issuer)
    stack = Stack("s", header, "LGE", Contrast.MAGNITUDE, True, "", (), (Slice(image),))
    return Study(header, (stack,))


def test_an_earlier_study_of_the_same_patient_id_is_a_prior_and_a_later_one_is_not() -> None:
    now, then = study(), study("2", date="20241224")
    assert is_prior(now, then)
    assert not is_prior(then, now)


@pytest.mark.parametrize("date", ["20260105", "", "then", "2024"])
def test_studies_of_one_day_and_those_without_a_date_have_no_order(date: str) -> None:
    assert not is_prior(study(), study("2", date=date))


def test_a_date_with_dots_is_a_date() -> None:
    assert is_prior(study(), study("2", date="2024.12.24"))


def test_another_patient_id_or_none_at_all_is_another_patient() -> None:
    assert not is_prior(study(), study("2", patient_id="P-2", date="20241224"))
    assert not is_prior(study(patient_id=""), study("2", patient_id="", date="20241224"))


@pytest.mark.parametrize(("one", "other", "is_same"), [("A", "A", True), ("A", "B", False), ("A", "", True)])
def test_one_number_of_two_issuers_is_two_patients(one: str, other: str, is_same: bool) -> None:
    assert is_prior(study(issuer=one), study("2", date="20241224", issuer=other)) is is_same


def test_a_birth_date_or_a_name_that_differs_is_a_doubt_and_one_that_is_missing_is_none() -> None:
    one = StudyHeader("1", patient_name="Doe^Jane", patient_birth_date="19600101")
    assert doubts_about(one, StudyHeader("2", patient_name="DOE^JANE^^", patient_birth_date="1960.01.01")) == ()
    assert doubts_about(one, StudyHeader("2")) == ()
    assert doubts_about(one, StudyHeader("2", patient_birth_date="19600102")) == (Doubt.BIRTH_DATE,)
    assert doubts_about(one, StudyHeader("2", patient_name="Roe^Jane")) == (Doubt.NAME,)
