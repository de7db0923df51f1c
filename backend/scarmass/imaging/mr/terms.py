"""The words by which series are named (terms.csv): what each means, in which language, by which vendor.

A term stands for itself in any case, with or without accents, its words joined by anything that is no letter or by
nothing, and never as a part of a longer word; `*` at its end takes any ending. Names written as one word are also
read word by word (AutoViabBH: auto viab bh).
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path


class Meaning(StrEnum):
    """CONTESTED: means late enhancement among terms of cardiac MR alone; elsewhere it is a common word of a language.

    COMPANION: a term of cardiac MR in whose company a contested one counts.
    READOUT: how an image is read out, which says what it is only where nothing speaks of late enhancement.
    """

    LATE_ENHANCEMENT = "late_enhancement"
    CONTESTED = "contested"
    OTHER = "other"
    READOUT = "readout"
    PHASE_SENSITIVE = "phase_sensitive"
    MAGNITUDE = "magnitude"
    SHORT_AXIS = "short_axis"
    LONG_AXIS = "long_axis"
    COMPANION = "companion"


@dataclass(frozen=True)
class Term:
    """language, vendor: empty where it belongs to none alone."""

    meaning: Meaning
    text: str
    language: str
    vendor: str


def _read_terms() -> tuple[Term, ...]:
    with Path(__file__).with_name("terms.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(
        Term(Meaning(row["meaning"]), text.strip(), row["language"], row["vendor"])
        for row in rows
        for text in row["terms"].split(";")
    )


TERMS = _read_terms()


def normalised(text: str) -> str:
    """The text in small letters, without accents."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(one for one in letters if not unicodedata.combining(one)))


def found(meaning: Meaning, texts: Iterable[str]) -> str | None:
    """The first of these texts' words that has the meaning, as it stands there, normalised; None where none has."""
    return next((word for text in texts if (word := _found_in(meaning, text))), None)


@lru_cache(8192)
def _found_in(meaning: Meaning, text: str) -> str | None:
    for read in (text, *_word_by_word(text)):
        if match := _pattern(meaning).search(normalised(read)):
            return match.group("term")
    return None


LETTER = "[a-zßæœøłıа-яёіα-ω]"
BETWEEN = r"[\W\d_]*"
"""What may stand between two words of a term, or between neighbours."""


@cache
def _pattern(meaning: Meaning) -> re.Pattern[str]:
    if meaning is not Meaning.CONTESTED:
        return re.compile(f"(?P<term>{_any_of(meaning)})")
    near = _any_of(Meaning.COMPANION, Meaning.SHORT_AXIS, Meaning.LONG_AXIS, languages=("", "English"))
    lone = "|".join(re.escape(term.text) for term in TERMS if term.meaning is meaning)
    # Between two terms of cardiac MR, or at an end of the name beside one: a preposition stands before a noun.
    before, after = f"(?:^{BETWEEN}|{near}{BETWEEN})", f"(?:{BETWEEN}{near}|{BETWEEN}$)"
    return re.compile(f"{before}(?<!{LETTER})(?P<term>{lone})(?!{LETTER}){after}")


def _any_of(*meanings: Meaning, languages: Sequence[str] = ()) -> str:
    """An expression for the terms of these meanings, the longest first; of these languages, or of all."""
    texts = {
        normalised(term.text)
        for term in TERMS
        if term.meaning in meanings and (not languages or term.language in languages)
    }
    return f"(?:{'|'.join(_expression(text) for text in sorted(texts, key=lambda text: (-len(text), text)))})"


def _expression(text: str) -> str:
    words = [re.escape(word.removesuffix("*")) + (rf"{LETTER}*" if word.endswith("*") else "") for word in text.split()]
    start = f"(?<!{LETTER})" if re.match(LETTER, text) else ""
    end = f"(?!{LETTER})" if re.match(rf"{LETTER}|\*", text[-1]) else ""
    return start + r"[\W_]*".join(words) + end


def _word_by_word(text: str) -> tuple[str, str]:
    """The text with a space where one word begins that is written onto another: AutoViabBH, PSIRsax."""
    return (
        re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text),
        re.sub(r"(?<=[A-Z]{2})(?=[a-z])", " ", text),
    )
