"""The tables of a report in its language: the segments, and the methods beside the reading."""

from dataclasses import dataclass

from scarmass.domain.aha_model import Level, side_of
from scarmass.domain.mass import Mass, MassExtent, Quantity
from scarmass.domain.segments17 import AhaSegment
from scarmass.services.readings.bulls_eye import Legend, Shown, bulls_eye
from scarmass.services.readings.methods import ByMethod
from scarmass.services.readings.report import Report
from scarmass.services.readings.words import Words

ABSENT = "–"


@dataclass(frozen=True)
class Table:
    """rows: as many cells as there are headings, the first one names the row. note: what is to be said of it."""

    headings: list[str]
    rows: list[list[str]]
    note: str


def segments_table(report: Report, words: Words) -> Table | None:
    """Viability is told as long as no reader takes the pattern for another than ischaemic."""
    if report.segments is None:
        return None
    pattern, has_no_reflow = report.reading.pattern, report.no_reflow is not None
    tells_viability = pattern is None or pattern.ischaemic is not False
    columns = {
        "segment": lambda one: f"{one.segment} {segment_name(one, words)}",
        "grams": lambda one: _grams(one.mass, report.mass_extent, words),
        "percent": lambda one: ABSENT if one.percent_scar is None else words.number(one.percent_scar, 0),
        "transmurality": lambda one: words("not_assessed") if not one.is_assessed else _class(one),
    }
    if tells_viability:
        columns["viability"] = lambda one: (
            ABSENT if one.viability is None else words(f"viability_{one.viability.value}")
        )
    if has_no_reflow:
        columns["no_reflow_grams"] = lambda one: _grams(one.no_reflow_mass, report.mass_extent, words)
    rows = [[written(one) for written in columns.values()] for one in report.segments]
    extent = words("segments_note", extent=words(f"by_{report.mass_extent.value}"))
    note = words("gap").join([extent, words("viability_note")]) if tells_viability else extent
    return Table([words(f"column_{name}") for name in columns], rows, note)


def segment_name(segment: AhaSegment, words: Words) -> str:
    if segment.level is Level.APEX:
        return words("level_apex")
    return words("segment", level=words(f"level_{segment.level.value}"), side=words(f"side_{side_of(segment.segment)}"))


def drawn_segments(report: Report, words: Words) -> str:
    """The bull's-eye as SVG; empty where the segments are not known."""
    if report.segments is None:
        return ""
    legend = Legend(
        captions={Shown.PERCENT_SCAR: words("bulls_eye"), Shown.TRANSMURALITY: words("column_transmurality")},
        names=[segment_name(one, words) for one in report.segments],
        **{side: words(f"side_{side}") for side in ("anterior", "inferior", "septal", "lateral")},
        not_assessed=words("not_assessed"),
        transmurality=words("column_transmurality"),
        extents={extent: words(f"by_{extent.value}") for extent in MassExtent},
    )
    return bulls_eye(report.segments, Shown.PERCENT_SCAR, report.mass_extent, legend)


def methods_table(report: Report, words: Words) -> Table:
    """The reading first; without rows where no method could be measured, and the note says why."""
    compared = report.methods
    headings = [words("column_method"), *(words(f"by_{extent.value}") for extent in MassExtent)]
    headings += [words("column_percent_of_lge"), words("column_difference"), words("column_slices")]
    if compared.because is not None:
        return Table(headings, [], words(f"methods_{compared.because.value}"))
    ventricle = report.left_ventricle
    percent = None if ventricle is None else ventricle.scar.by(report.mass_extent)
    reading = [words("this_reading"), *_by_both(report.scar, words), _percent(percent, words), ABSENT, ABSENT]
    rows = [_method_row(by, words) for by in compared.methods]
    note = words("methods_note", extent=words(f"by_{report.mass_extent.value}"))
    if any(by.method.adds_no_reflow for by in compared.methods):
        note = words("gap").join([note, words("methods_no_reflow")])
    return Table(headings, [reading, *rows], note)


def _method_row(by: ByMethod, words: Words) -> list[str]:
    measured = sum(one.mask is not None for one in by.slices)
    difference = ABSENT if by.difference_g is None else f"{words.signed(by.difference_g)} g"
    grams = [ABSENT, ABSENT] if by.mass is None else _by_both(by.mass, words)
    percent = _percent(by.percent_of_myocardium, words)
    name = words.words.get(f"method_{by.method.key}", by.method.short)
    return [name, *grams, percent, difference, f"{measured}/{len(by.slices)}"]


def _by_both(mass: Mass, words: Words) -> list[str]:
    return [ABSENT if mass.by(extent) is None else words.grams(mass.by(extent)) for extent in MassExtent]


def _percent(percent: float | None, words: Words) -> str:
    return ABSENT if percent is None else words.percent(percent)


def _grams(mass: Mass | None, extent: MassExtent, words: Words) -> str:
    quantity: Quantity | None = None if mass is None else mass.by(extent)
    return ABSENT if quantity is None else words.number(quantity.mass_g, 2)


def _class(one: AhaSegment) -> str:
    return f"{one.transmurality_class} %".replace("-", "–")
