"""Attributes of a data set as text and numbers: lenient where nothing is measured by them, else refused by name."""

import math
import re
import unicodedata
from typing import Any

from pydicom import Dataset

from scarmass.domain.errors import ObjectRefused

MAX_TEXT = 256
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def text_of(dataset: Dataset, keyword: str) -> str:
    """The attribute as printable text, empty where it is missing."""
    value = dataset.get(keyword)
    return "" if value is None else printable(value)


def printable(value: Any) -> str:
    """The value as printable text: what a header may hold beyond that has no place on a page or in a row.

    Spaces of every script stay spaces.
    """
    characters = (" " if unicodedata.category(one) == "Zs" else one for one in str(value))
    return "".join(one for one in characters if one.isprintable()).strip()[:MAX_TEXT]


def values_of(dataset: Dataset, keyword: str) -> list[Any]:
    """The values of an attribute, none where it is missing or empty."""
    value = dataset.get(keyword)
    if value is None or value == "":
        return []
    return [value] if isinstance(value, (str, int, float)) else list(value)


def number_of(dataset: Dataset, keyword: str) -> float | None:
    """The first value of an attribute that no measurement rests on; None where it is no finite number."""
    found = values_of(dataset, keyword)
    try:
        first = float(found[0])
    except (IndexError, TypeError, ValueError):
        return None
    return first if math.isfinite(first) else None


def positive_number_of(dataset: Dataset, keyword: str) -> float | None:
    number = number_of(dataset, keyword)
    return number if number is not None and number > 0 else None


def whole_number_of(dataset: Dataset, keyword: str) -> int | None:
    number = number_of(dataset, keyword)
    return None if number is None or abs(number) >= 2**31 else int(number)


def required(dataset: Dataset, keyword: str) -> Any:
    value = dataset.get(keyword)
    if value is None or value == "":
        raise ObjectRefused(f"{keyword} is missing")
    return value


def numbers_of(dataset: Dataset, keyword: str) -> list[float]:
    """The numbers of an attribute that measurements rest on, none where it is missing. Raises ObjectRefused."""
    texts = [str(value).strip() for value in values_of(dataset, keyword)]
    for text in texts:
        if not NUMBER.fullmatch(text):
            raise ObjectRefused(f"{keyword} is not a number: “{printable(text)[:32]}”")
    return [float(text) for text in texts]


def vector_of(dataset: Dataset, keyword: str, length: int) -> Any:
    numbers = numbers_of(dataset, keyword)
    if len(numbers) != length:
        raise ObjectRefused(f"{keyword} is missing or has not {length} values")
    return tuple(numbers)
