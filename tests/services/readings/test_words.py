"""The fixed words of reports: complete in every language, numbers and dates as each writes them."""

import string

import pytest

from scarmass.domain.mass import Quantity
from scarmass.services.readings.words import Language, words_in

OTHERS = [language for language in Language if language is not Language.ENGLISH]
SAME_IN_SEVERAL = {"locale", "gap"}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_every_word_with_the_same_places_for_values(language: Language) -> None:
    english, other = words_in(Language.ENGLISH).words, words_in(language).words
    assert {name: places(text) for name, text in other.items()} == {
        name: places(text) for name, text in english.items()
    }
    assert all(text for name, text in other.items() if name not in SAME_IN_SEVERAL)


@pytest.mark.parametrize("language", Language)
def test_a_draft_is_a_draft_for_those_who_read_english_too(language: Language) -> None:
    assert "DRAFT" in words_in(language)("draft")


@pytest.mark.parametrize(
    ("language", "grams", "day"),
    [
        ("en", "1234.50 g", "5 Jan 2026"),
        ("de", "1234,50 g", "05.01.2026"),
        ("fr", "1234,50 g", "5 janv. 2026"),
        ("es", "1234,50 g", "5 ene 2026"),
        ("zh", "1234.50 g", "2026年1月5日"),
    ],
)
def test_numbers_and_dates_are_written_as_the_language_does(language: str, grams: str, day: str) -> None:
    words = words_in(Language(language))
    assert (words.grams(Quantity(1, 1234.5)), words.day("20260105")) == (grams, day)


def test_a_date_that_is_none_stays_what_it_is_and_a_missing_one_is_said_to_be() -> None:
    words = words_in(Language.ENGLISH)
    assert [words.day(text) for text in ("20120000", "then", "")] == ["20120000", "then", "not stated"]


def test_a_spread_has_the_digits_that_mean_something() -> None:
    words = words_in(Language.GERMAN)
    assert [words.plus_minus(Quantity(1, grams)) for grams in (1.234, 9.96)] == ["± 1,2 g", "± 10 g"]
