"""The plot of Bland and Altman as SVG: for the page and for paper, whose text takes the colour that is around it."""

from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

import numpy as np
from numpy.typing import ArrayLike

from scarmass.domain.agreement import Estimate, limits_of_agreement

WIDTH, HEIGHT = 420, 310
LEFT, RIGHT, TOP, BOTTOM = 56, 348, 28, 266
LINE_HEIGHT = 12
LONGEST_LABEL = 32
POINTS, LINES = "#56b4e9", "#e69f00"
"""Sky blue and orange of Okabe and Ito's palette, which readers with any colour vision tell apart."""


def bland_altman(first: ArrayLike, second: ArrayLike, first_label: str, second_label: str) -> str:
    """An SVG document: first - second against the mean of both, grams (n,) each, with bias and 95 % limits of
    agreement, their 95 % confidence intervals as bands.

    Raises PairsInvalid where lengths differ, n is below 3 or a value is not finite.
    """
    bias, lower, upper = limits_of_agreement(first, second)
    x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    means, differences = (x + y) / 2, x - y
    farthest = float(max(abs(lower.low), abs(upper.high), np.abs(differences).max())) or 1.0
    across = Axis.around(float(means.min()), float(means.max()), LEFT, RIGHT)
    up = Axis.around(-farthest, farthest, BOTTOM, TOP)
    named = escape(f"{_short(first_label)} − {_short(second_label)}", quote=True)
    limits = f"{_signed(lower.value)} to {_signed(upper.value)}"
    title = f"Bland-Altman plot of {named}: bias {_signed(bias.value)} g, limits of agreement {limits} g"
    points = "".join(
        f'<circle cx="{across(mean):.1f}" cy="{up(difference):.1f}" r="3.5" fill="{POINTS}" fill-opacity="0.8" />'
        for mean, difference in zip(means.tolist(), differences.tolist(), strict=True)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}" '
        f'font-family="sans-serif" font-size="11" fill="currentColor"><title>{title}</title>'
        f"{_axes(across, up)}{_lines(bias, lower, upper, up)}{points}"
        f'<text x="{LEFT}" y="16">{named}</text>'
        f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">Mean of both, g</text>'
        f'<text transform="translate(12 {(TOP + BOTTOM) / 2}) rotate(-90)" text-anchor="middle">Difference, g</text>'
        "</svg>"
    )


@dataclass(frozen=True)
class Axis:
    """From grams between low and high to where they lie between start and end."""

    low: float
    high: float
    start: float
    end: float

    @staticmethod
    def around(low: float, high: float, start: float, end: float) -> "Axis":
        """An axis of these grams with some room at its ends, also where they are all the same."""
        room = 0.06 * (high - low) or 0.5 * abs(high) or 0.5
        return Axis(low - room, high + room, start, end)

    def __call__(self, grams: float) -> float:
        return self.start + (grams - self.low) / (self.high - self.low) * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """Two to six round numbers."""
        rough = (self.high - self.low) / 5
        power = 10.0 ** floor(log10(rough))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
        return [round(step * count, 9) for count in range(ceil(self.low / step), floor(self.high / step) + 1)]


def _lines(bias: Estimate, lower: Estimate, upper: Estimate, up: Axis) -> str:
    """The three with their names beside them, which keep apart where the lines are close."""
    at = up(bias.value)
    above, below = min(up(upper.value), at - 2.2 * LINE_HEIGHT), max(up(lower.value), at + 2.2 * LINE_HEIGHT)
    return (
        _line(bias, "bias", up, "", at)
        + _line(upper, "+1.96 SD", up, "6 4", above)
        + _line(lower, "−1.96 SD", up, "6 4", below)
    )


def _line(estimate: Estimate, name: str, up: Axis, dashes: str, name_at: float) -> str:
    at, top, bottom = up(estimate.value), up(estimate.high), up(estimate.low)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<rect x="{LEFT}" y="{top:.1f}" width="{RIGHT - LEFT}" height="{bottom - top:.1f}" fill="{LINES}" '
        f'fill-opacity="0.14" /><path d="M{LEFT} {at:.1f}H{RIGHT}" stroke="{LINES}" stroke-width="1.5"{dashed} />'
        f'<text x="{RIGHT + 4}" y="{name_at - 2:.1f}">{name}</text>'
        f'<text x="{RIGHT + 4}" y="{name_at - 2 + LINE_HEIGHT:.1f}">{_signed(estimate.value)} g</text>'
    )


def _axes(across: Axis, up: Axis) -> str:
    frame = f'<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" fill="none" stroke="currentColor" stroke-width="0.8" />'
    zero = f'<path d="M{LEFT} {up(0):.1f}H{RIGHT}" stroke="currentColor" stroke-width="0.5" />'
    below = "".join(
        f'<text x="{across(value):.1f}" y="{BOTTOM + 14}" text-anchor="middle">{_plain(value)}</text>'
        for value in across.ticks
    )
    beside = "".join(
        f'<text x="{LEFT - 6}" y="{up(value) + 4:.1f}" text-anchor="end">{_plain(value)}</text>' for value in up.ticks
    )
    return frame + zero + below + beside


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def _plain(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")
