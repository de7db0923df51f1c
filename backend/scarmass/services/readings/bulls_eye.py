"""The bull's-eye of the 17 segments as SVG: for the page, and for paper, where it is told without colour as well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import cos, pi, sin

from scarmass.domain.aha_model import NAMES, Level
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


@dataclass(frozen=True)
class Legend:
    """The words of a bull's-eye, as markup takes them: & and < are no part of any. names: of the segments, in order."""

    captions: Mapping[Shown, str] = field(
        default_factory=lambda: {
            Shown.PERCENT_SCAR: "LGE, % of the segment's myocardium",
            Shown.TRANSMURALITY: "Transmurality where LGE is, % of the wall",
        }
    )
    names: Sequence[str] = NAMES
    anterior: str = "anterior"
    inferior: str = "inferior"
    septal: str = "septal"
    lateral: str = "lateral"
    not_assessed: str = "not assessed"
    enhancement: str = "LGE"
    transmurality: str = "transmurality"
    extents: Mapping[MassExtent, str] = field(
        default_factory=lambda: {extent: f"by {extent.value.replace('_', ' ')}" for extent in MassExtent}
    )


ENGLISH = Legend()


def bulls_eye(
    segments: Sequence[AhaSegment],
    shown: Shown = Shown.PERCENT_SCAR,
    extent: MassExtent = MassExtent.SLICE_THICKNESS,
    legend: Legend = ENGLISH,
) -> str:
    """An SVG document. Each segment is a group with data-segment and a title; extent: of the grams in it."""
    sectors = "".join(_sector(each, shown, extent, legend) for each in segments)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" '
        f'aria-label="{legend.captions[shown]}" font-family="Noto Sans SC, sans-serif">'
        '<defs><pattern id="not-assessed" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="6" height="6" fill="#ffffff" />'
        '<path d="M0 0v6" stroke="#8a8a8a" stroke-width="2" /></pattern></defs>'
        f"{sectors}{_sides(legend)}{_scale(shown, legend)}</svg>"
    )


def _sector(segment: AhaSegment, shown: Shown, extent: MassExtent, legend: Legend) -> str:
    percent = segment.percent_scar if shown is Shown.PERCENT_SCAR else segment.transmurality
    kind = None if percent is None else percent_class(percent)
    fill = "url(#not-assessed)" if kind is None else FILLS[kind]
    ink = "#ffffff" if kind in DARK else "#101010"
    inner, outer = RADII[segment.level]
    start, end = _angles(segment)
    x, y = _at((inner + outer) / 2 if inner else 0, (start + end) / 2)
    title = _title(segment, extent, legend)
    figure = "" if percent is None else f'<text x="{x:.1f}" y="{y + 7:.1f}" font-size="13">{_written(percent)}</text>'
    return (
        f'<g data-segment="{segment.segment}" role="img" aria-label="{title}"><title>{title}</title>'
        f'<path d="{_path(inner, outer, start, end)}" fill="{fill}" stroke="#101010" stroke-width="1" />'
        f'<g fill="{ink}" text-anchor="middle" pointer-events="none">'
        f'<text x="{x:.1f}" y="{y - 6:.1f}" font-size="8">{segment.segment}</text>{figure}</g></g>'
    )


def _written(percent: float) -> str:
    return "&lt;1" if 0 < percent < 0.5 else f"{percent:.0f}"


def _title(segment: AhaSegment, extent: MassExtent, legend: Legend) -> str:
    name = f"{segment.segment} {legend.names[segment.segment - 1]}"
    if not segment.is_assessed:
        return f"{name}: {legend.not_assessed}"
    mass = None if segment.mass is None else segment.mass.by(extent)
    grams = "" if mass is None else f", {mass.mass_g:.2f} g {legend.extents[extent]}"
    scar = f"{legend.enhancement} {_written(segment.percent_scar or 0)} %{grams}"
    return f"{name}: {scar}, {legend.transmurality} {segment.transmurality_class} %"


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


def _sides(legend: Legend) -> str:
    x, y = MIDDLE
    sides = {
        legend.anterior: (x, 14, 0),
        legend.inferior: (x, 2 * y - 9, 0),
        legend.septal: (12, y, -90),
        legend.lateral: (2 * x - 12, y, 90),
    }
    return "".join(
        f'<text x="{x}" y="{y}" transform="rotate({turn} {x} {y})" text-anchor="middle" font-size="10" '
        f'fill="currentColor">{name}</text>'
        for name, (x, y, turn) in sides.items()
    )


def _scale(shown: Shown, legend: Legend) -> str:
    fills = {name.replace("-", "–"): fill for name, fill in FILLS.items()}
    fills |= {legend.not_assessed: "url(#not-assessed)"}
    swatches = "".join(
        f'<rect x="{6 + 48 * place}" y="335" width="12" height="10" fill="{fill}" stroke="#606060" />'
        f'<text x="{20 + 48 * place}" y="344" font-size="9" fill="currentColor">{name}</text>'
        for place, (name, fill) in enumerate(fills.items())
    )
    caption = f'<text x="8" y="329" font-size="9" fill="currentColor">{legend.captions[shown]}</text>'
    return caption + swatches
