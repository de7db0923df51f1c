"""The table of terms: each is read in a name as what it means, and never out of a longer word."""

import pytest

from scarmass.imaging.mr.terms import TERMS, Meaning, Term, found


@pytest.mark.parametrize("term", TERMS, ids=lambda term: f"{term.meaning}-{term.language or term.vendor}-{term.text}")
def test_every_term_is_read_in_a_name(term: Term) -> None:
    word = term.text.removesuffix("*")
    if term.meaning is Meaning.CONTESTED:
        assert found(term.meaning, [f"{word}_sax"]) == word
    else:
        for name in (word, word.upper(), f"2_{word}_1"):
            assert found(term.meaning, [name]), name


def test_words_may_be_joined_by_anything_or_by_nothing() -> None:
    for name in ("short axis", "short-axis", "SHORT_AXIS", "ShortAxis", "shortaxis"):
        assert found(Meaning.SHORT_AXIS, [name])


@pytest.mark.parametrize("name", ["model", "slide", "cholate", "translated", "delayer", "carscare"])
def test_a_term_within_a_longer_word_is_none(name: str) -> None:
    assert found(Meaning.LATE_ENHANCEMENT, [name]) is None


def test_accents_make_no_difference() -> None:
    for name in ("Spätaufnahme", "Spa\u0308taufnahme", "SPATAUFNAHME"):
        assert found(Meaning.LATE_ENHANCEMENT, [name]) == "spataufnahme"


@pytest.mark.parametrize("name", ["MAPA DE T1", "localizador de 3 planos", "plano de 4ch", "fin de serie", "le coeur"])
def test_a_preposition_is_no_late_enhancement(name: str) -> None:
    assert found(Meaning.CONTESTED, [name]) is None


@pytest.mark.parametrize("name", ["DE", "DE_sax", "2d de", "SAX DE PSIR", "DE 10 min", "LE-SA"])
def test_the_same_word_among_terms_of_cardiac_mr_is_late_enhancement(name: str) -> None:
    assert found(Meaning.CONTESTED, [name]) in ("de", "le")


def test_the_first_text_that_says_it_is_quoted() -> None:
    assert found(Meaning.LATE_ENHANCEMENT, ["sax", "LGE", "PSIR"]) == "lge"
    assert found(Meaning.LATE_ENHANCEMENT, []) is None
