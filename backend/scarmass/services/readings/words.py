"""A report's fixed words in each language, from words/*.toml, and its numbers and dates as people write them there."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from scarmass.domain.mass import Quantity

FOLDER = Path(__file__).parent / "words"

LEAST_WITHOUT_DECIMALS_G = 9.95
"""A spread of so many grams is told in whole ones, as on the reading's page."""


class Language(StrEnum):
    ENGLISH = "en"
    GERMAN = "de"
    FRENCH = "fr"
    SPANISH = "es"
    CHINESE = "zh"


@dataclass(frozen=True)
class Words:
    """words: by name; some have places for values, as {of}."""

    language: Language
    words: dict[str, str]

    def __call__(self, name: str, **values: object) -> str:
        return self.words[name].format(**values) if values else self.words[name]

    def number(self, value: float, digits: int) -> str:
        return format_decimal(value, format=f"0.{'0' * digits}" if digits else "0", locale=self.words["locale"])

    def number_as_set(self, value: float) -> str:
        """With the digits that it has, as a setting."""
        return format_decimal(value, format="0.######", locale=self.words["locale"])

    def grams(self, quantity: Quantity | None) -> str:
        return self("not_known") if quantity is None else f"{self.number(quantity.mass_g, 2)} g"

    def grams_more(self, quantity: Quantity | None) -> str:
        """A difference, with its sign."""
        if quantity is None:
            return self("not_known")
        return f"{format_decimal(quantity.mass_g, format='+0.00;-0.00', locale=self.words['locale'])} g"

    def millilitres(self, quantity: Quantity | None) -> str:
        return "" if quantity is None else f"{self.number(quantity.volume_ml, 2)} mL"

    def plus_minus(self, quantity: Quantity | None) -> str:
        if quantity is None:
            return ""
        return f"± {self.number(quantity.mass_g, 1 if quantity.mass_g < LEAST_WITHOUT_DECIMALS_G else 0)} g"

    def signed(self, value: float) -> str:
        """With its sign, as a difference is written."""
        return f"{'−' if value < 0 else '+'}{self.number(abs(value), 2)}"

    def percent(self, percent: float) -> str:
        return f"{self.number(percent, 1)} %"

    def span(self, values: Sequence[float], digits: int, unit: str) -> str:
        """The value, or the least and the greatest; "not stated" where there is none."""
        if not values:
            return self("unknown")
        written = dict.fromkeys(self.number(value, digits) for value in (values[0], values[-1]))
        return f"{'–'.join(written)} {unit}"

    def day(self, text: str) -> str:
        """A DICOM date; what is none stays what it is."""
        try:
            day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            return text or self("unknown")
        return format_date(day, "medium", locale=self.words["locale"])

    def moment(self, at: datetime) -> str:
        in_utc = at.astimezone(UTC)
        return f"{format_datetime(in_utc, 'medium', locale=self.words['locale'])} UTC"


@cache
def words_in(language: Language) -> Words:
    return Words(language, tomllib.loads((FOLDER / f"{language.value}.toml").read_text(encoding="utf-8")))
