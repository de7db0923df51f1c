"""Repeated timings and their summaries."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Summary:
    """median and p95 of n repetitions, in unit. aim: what the median should stay below, where there is one."""

    label: str
    unit: str
    median: float
    p95: float | None
    n: int
    aim: float | None = None

    @property
    def meets_aim(self) -> bool | None:
        return None if self.aim is None else self.median < self.aim


def summary(label: str, values: Sequence[float], unit: str = "ms", aim: float | None = None) -> Summary:
    """The p95 is a value that occurred: of fewer than 20 repetitions it is the largest. Raises ValueError on none."""
    if not values:
        raise ValueError(f"nothing was measured for {label}")
    return Summary(label, unit, quantile(values, 0.5), quantile(values, 0.95), len(values), aim)


def single(label: str, value: float, unit: str, n: int = 1, aim: float | None = None) -> Summary:
    """A figure without a spread of its own: a peak, or one calculated from n repetitions."""
    return Summary(label, unit, value, None, n, aim)


def quantile(values: Sequence[float], fraction: float) -> float:
    """The smallest value that at least this fraction of the values do not exceed; the median of an even number is the
    mean of the middle two."""
    ordered = sorted(values)
    if fraction == 0.5 and len(ordered) % 2 == 0:
        middle = len(ordered) // 2
        return (ordered[middle - 1] + ordered[middle]) / 2
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]


def cells(row: Summary) -> list[str]:
    p95 = "" if row.p95 is None else figure(row.p95)
    aim = "" if row.aim is None else f"< {row.aim:g}: {'met' if row.meets_aim else 'missed'}"
    return [row.label, figure(row.median), p95, str(row.n), row.unit, aim]


def figure(value: float) -> str:
    """Three digits at least, and no more than the unit's tenths or hundredths."""
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{decimals}f}"


def elapsed_ms(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return (perf_counter() - started) * 1000


def repeated(measure: Callable[[], T], repetitions: int, within_s: float) -> list[T]:
    """What so many calls measured; fewer, but at least one, where within_s is over before."""
    started = perf_counter()
    measured = [measure()]
    while len(measured) < repetitions and perf_counter() - started < within_s:
        measured.append(measure())
    return measured


def repeated_ms(work: Callable[[], object], repetitions: int, within_s: float) -> list[float]:
    """Times of repeated calls, after one that is not counted: it fills caches and allocates buffers."""
    work()
    return repeated(lambda: elapsed_ms(work), repetitions, within_s)
