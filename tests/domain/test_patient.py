"""One patient, however machines write names and dates."""

import pytest

from scarmass.domain.patient import (
    distinct_names,
    is_same_name,
    is_same_patient,
    is_surely_same_patient,
    plain_date,
    plain_name,
    written_name,
)
from scarmass.domain.stack import StudyHeader


@pytest.mark.parametrize(
    ("name", "plain"),
    [("Doe^Jane^^^", "Doe^Jane"), ("Doe", "Doe"), ("A^B^=山田^太郎^", "A^B=山田^太郎"), ("^^^^", ""), ("A==", "A")],
)
def test_empty_components_at_the_end_of_a_name_are_none(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@pytest.mark.parametrize(
    ("date", "plain"), [("1999.12.31", "19991231"), ("19991231", "19991231"), ("1.2.3", "1.2.3"), ("", "")]
)
def test_a_dotted_date_is_the_date_it_means(date: str, plain: str) -> None:
    assert plain_date(date) == plain


def test_names_are_the_same_whatever_their_case_and_spaces() -> None:
    assert is_same_name("Doe^Jane", "DOE^JANE^^ ")
    assert not is_same_name("Doe^Jane", "Doe^June")
    assert distinct_names(["A^B", "a^b^", "", "C^D"]) == ["A^B", "C^D"]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({"patient_id": "1"}, {"patient_id": "2"}, False),
        ({"patient_id": "1", "patient_name": "A"}, {"patient_id": "1", "patient_name": "B"}, True),
        ({"patient_name": "A^B^^"}, {"patient_name": "a^b"}, True),
        ({"patient_name": "A"}, {"patient_name": "B"}, False),
        (
            {"patient_id": "1", "patient_birth_date": "1950.01.01"},
            {"patient_id": "1", "patient_birth_date": "19500101"},
            True,
        ),
        (
            {"patient_id": "1", "patient_birth_date": "19500101"},
            {"patient_id": "1", "patient_birth_date": "19500102"},
            False,
        ),
        ({"patient_id": "1", "patient_birth_date": "19500101"}, {"patient_id": "1"}, True),
    ],
)
def test_a_patient_is_known_by_id_or_else_by_name_and_the_birth_dates_agree(
    one: dict[str, str], other: dict[str, str], is_same: bool
) -> None:
    assert is_same_patient(StudyHeader("1.2", **one), StudyHeader("1.2", **other)) is is_same


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Berg^Ida^Maria", "Berg, Ida Maria"),
        ("Berg", "Berg"),
        ("Wang^XiaoDong=王^小东", "Wang, XiaoDong (王 小东)"),
        ("=王^小东", "王 小东"),
        ("", ""),
        ("^", ""),
    ],
)
def test_a_name_is_written_as_people_write_it(name: str, written: str) -> None:
    assert written_name(name) == written


@pytest.mark.parametrize(
    ("name", "birth_date", "is_surely"),
    [
        ("Doe^Jane", "19500101", True),
        ("Smith^Jane", "1950.01.01", True),  # who married
        ("Doe^Jane", "19510101", False),
        ("DOE^JANE", "", True),
        ("Smith^Jane", "", False),
        ("", "", False),
    ],
)
def test_a_patient_is_surely_the_same_by_the_birth_date_or_where_that_is_missing_by_the_name(
    name: str, birth_date: str, is_surely: bool
) -> None:
    known = StudyHeader("1", "Doe^Jane", "17", "19500101")
    assert is_surely_same_patient(known, StudyHeader("2", name, "17", birth_date)) is is_surely
    assert not is_surely_same_patient(known, StudyHeader("2", name, "18", birth_date))
