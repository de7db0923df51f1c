"""The bull's-eye of the 17 segments as SVG: for the page, and for paper, where it is told without colour as well."""

from collections.abc import Sequence
from enum import StrEnum
from math import cos, pi, sin

from scarmass.domain.aha_model import Level
from scarmass.domain.mass import MassExtent
from scarmass.domain.segments17 import AhaSegment, percent_class

FILLS = {"0": "#f5f2e6", "1-25": "#d6c463", "26-50": "#a19a76", "51-75": "#666970", "76-100": "#123570"}
"""Of each class: steps of the cividis scale, which readers with any colour vision, and grey paper, tell apart."""

DARK = frozenset({"51-75", "76-100"})
RADII = {Level.BASE: (105.0, 140.0), Level.MID: (70.0, 105.0), Level.APICAL: (35.0, 70.0), Level.APEX: (0.0, 35.0)}
MIDDLE = (160.0, 162.0)
WIDTH, HEIGHT = 320, 352


class Shown(StrEnum):
    """What a bull's-eye shows of each segment."""

    PERCENT_SCAR = "percent_scar"
    TRANSMURALITY = "transmurality"


CAPTIONS = {
    Shown.PERCENT_SCAR: "Scar, % of the segment's myocardium",
    Shown.TRANSMURALITY: "Transmurality where scar is, % of the wall",
}


def bulls_eye(
    segments: Sequence[AhaSegment], shown: Shown = Shown.PERCENT_SCAR, extent: MassExtent = MassExtent.SLICE_THICKNESS
) -> str:
    """An SVG document. Each segment is a group with data-segment and a title; extent: of the grams in it."""
    sectors = "".join(_sector(each, shown, extent) for each in segments)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" '
        f'aria-label="Bull\'s-eye of the 17 segments: {CAPTIONS[shown]}" font-family="sans-serif">'
        '<defs><pattern id="not-assessed" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="6" height="6" fill="#ffffff" />'
        '<path d="M0 0v6" stroke="#8a8a8a" stroke-width="2" /></pattern></defs>'
        f"{sectors}{_sides()}{_legend(shown)}</svg>"
    )


def _sector(segment: AhaSegment, shown: Shown, extent: MassExtent) -> str:
    percent = segment.percent_scar if shown is Shown.PERCENT_SCAR else segment.transmurality
    kind = None if percent is None else percent_class(percent)
    fill = "url(#not-assessed)" if kind is None else FILLS[kind]
    ink = "#ffffff" if kind in DARK else "#101010"
    inner, outer = RADII[segment.level]
    start, end = _angles(segment)
    x, y = _at((inner + outer) / 2 if inner else 0, (start + end) / 2)
    title = _title(segment, extent)
    figure = "" if percent is None else f'<text x="{x:.1f}" y="{y + 7:.1f}" font-size="13">{_written(percent)}</text>'
    return (
        f'<g data-segment="{segment.segment}" role="img" aria-label="{title}"><title>{title}</title>'
        f'<path d="{_path(inner, outer, start, end)}" fill="{fill}" stroke="#101010" stroke-width="1" />'
        f'<g fill="{ink}" text-anchor="middle" pointer-events="none">'
        f'<text x="{x:.1f}" y="{y - 6:.1f}" font-size="8">{segment.segment}</text>{figure}</g></g>'
    )


def _written(percent: float) -> str:
    return "&lt;1" if 0 < percent < 0.5 else f"{percent:.0f}"


def _title(segment: AhaSegment, extent: MassExtent) -> str:
    if not segment.is_assessed:
        return f"{segment.segment} {segment.name}: not assessed"
    mass = None if segment.mass is None else segment.mass.by(extent)
    grams = "" if mass is None else f", {mass.mass_g:.2f} g by {extent.value.replace('_', ' ')}"
    scar = f"{_written(segment.percent_scar or 0)} % scar{grams}"
    return f"{segment.segment} {segment.name}: {scar}, transmurality {segment.transmurality_class} %"


def _angles(segment: AhaSegment) -> tuple[float, float]:
    """From and to, in degrees against the clock from the right; segment 1 is at the top, the septum to the left."""
    if segment.level is Level.APEX:
        return 0, 360
    if segment.level is Level.APICAL:
        start = 45 + 90 * (segment.segment - 13)
        return start, start + 90
    start = 60 + 60 * ((segment.segment - 1) % 6)
    return start, start + 60


def _at(radius: float, degrees: float) -> tuple[float, float]:
    angle = degrees * pi / 180
    return MIDDLE[0] + radius * cos(angle), MIDDLE[1] - radius * sin(angle)


def _path(inner: float, outer: float, start: float, end: float) -> str:
    if end - start == 360:
        left, right = MIDDLE[0] - outer, MIDDLE[0] + outer
        return (
            f"M{left} {MIDDLE[1]}A{outer} {outer} 0 0 1 {right} {MIDDLE[1]}A{outer} {outer} 0 0 1 {left} {MIDDLE[1]}Z"
        )
    corners = [_at(outer, start), _at(outer, end), _at(inner, end), _at(inner, start)]
    a, b, c, d = (f"{x:.2f} {y:.2f}" for x, y in corners)
    return f"M{a}A{outer} {outer} 0 0 0 {b}L{c}A{inner} {inner} 0 0 1 {d}Z"


def _sides() -> str:
    x, y = MIDDLE
    sides = {
        "anterior": (x, 14, 0),
        "inferior": (x, 2 * y - 9, 0),
        "septal": (12, y, -90),
        "lateral": (2 * x - 12, y, 90),
    }
    return "".join(
        f'<text x="{x}" y="{y}" transform="rotate({turn} {x} {y})" text-anchor="middle" font-size="10" '
        f'fill="currentColor">{name}</text>'
        for name, (x, y, turn) in sides.items()
    )


def _legend(shown: Shown) -> str:
    fills = {name.replace("-", "–"): fill for name, fill in FILLS.items()} | {"not assessed": "url(#not-assessed)"}
    swatches = "".join(
        f'<rect x="{8 + 45 * place}" y="335" width="12" height="10" fill="{fill}" stroke="#606060" />'
        f'<text x="{23 + 45 * place}" y="344" font-size="9" fill="currentColor">{name}</text>'
        for place, (name, fill) in enumerate(fills.items())
    )
    caption = f'<text x="8" y="329" font-size="9" fill="currentColor">{CAPTIONS[shown]}</text>'
    return caption + swatches
