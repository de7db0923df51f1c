"""Two sets of readings of the same patients compared: figures as a table and JSON, plots as PNG and SVG."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from scarmass.domain.agreement import Estimate
from scarmass.domain.mass import MassExtent
from scarmass.evaluation.agreement.figures import bland_altman_figure, correlation_figure, save_figure
from scarmass.evaluation.agreement.readings import Key, Matched, Readings, matched, read_readings
from scarmass.evaluation.agreement.statistics import Agreement, agreement


@dataclass(frozen=True)
class Comparison:
    """First and second set by their labels, their pairs, and the agreement of first with second (the reference)."""

    first: Readings
    second: Readings
    labels: tuple[str, str]
    pairs: Matched
    agreement: Agreement

    @property
    def warnings(self) -> list[str]:
        """What a reader of the figures has to know of the readings, a sentence each."""
        return list(self._warnings())

    def _warnings(self) -> Iterator[str]:
        sets = zip((self.first, self.second), self.labels, (self.pairs.only_first, self.pairs.only_second), strict=True)
        for readings, label, unpaired in sets:
            if unpaired:
                yield f"only in {label}, left out: {', '.join(map(str, unpaired))}"
            if readings.status == "DRAFT":
                yield f"{label} holds drafts"
            if readings.incomplete:
                yield f"not all slices reviewed in {label}: {', '.join(map(str, readings.incomplete))}"
        if (self.first.status is None) != (self.second.status is None):
            yield "one of the two is a plain table, of which density and signature are not known"


def compare(
    first: Path, second: Path, output: Path, extent: MassExtent = MassExtent.SLICE_THICKNESS, seed: int = 0
) -> Comparison:
    """Compare two CSV files, or folders of them, and write agreement.json, correlation.* and bland_altman.*.

    Raises ReadingsInvalid and ReadingsNotComparable as readings do, PairsInvalid below three pairs.
    """
    one, other = read_readings(first, extent), read_readings(second, extent)
    labels = (first.stem, second.stem) if first.stem != second.stem else (f"{first.stem} (1)", f"{second.stem} (2)")
    pairs = matched(one, other)
    compared = Comparison(one, other, labels, pairs, agreement(pairs.first, pairs.second, seed))
    output.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_as_json(compared), indent=2, ensure_ascii=False, allow_nan=False)
    (output / "agreement.json").write_text(text + "\n", encoding="utf-8")
    for make, name in ((correlation_figure, "correlation"), (bland_altman_figure, "bland_altman")):
        figure = make(pairs.first, pairs.second, measured_label=labels[0], reference_label=labels[1], unit=one.unit)
        save_figure(figure, output, name)
    return compared


def table(compared: Comparison) -> Table:
    """The figures with their 95 % intervals; differences are first - second."""
    found, unit, (first, second) = compared.agreement, compared.first.unit, compared.labels
    grid = Table(title=f"{first} against {second}: {found.n} pairs", title_justify="left")
    grid.add_column("")
    grid.add_column("value", justify="right")
    grid.add_column("95 % CI", justify="right")
    for name, value in (
        (f"mean of {first}, {unit}", found.mean_measured),
        (f"mean of {second}, {unit}", found.mean_reference),
        ("R², Pearson", found.r2_pearson),
        ("R², identity line", found.r2_identity),
        (f"mean absolute error, {unit}", found.mae),
        (f"mean absolute error, % of the mean of {second}", 100 * found.relative_mae),
        (f"root mean square error, {unit}", found.rmse),
        (f"bias, {unit}", found.bias),
        (f"lower limit of agreement, {unit}", found.lower_limit),
        (f"upper limit of agreement, {unit}", found.upper_limit),
        (f"median difference, {unit}", found.median_difference),
        ("Wilcoxon signed-rank p", found.wilcoxon_p),
        ("ICC(2,1)", found.icc),
        ("Lin's CCC", found.ccc),
        ("within-subject CV, %", 100 * found.cv),
    ):
        grid.add_row(name, *_cells(value))
    return grid


def _cells(value: float | Estimate) -> tuple[str, str]:
    if isinstance(value, Estimate):
        return _number(value.value), f"{_number(value.low)} to {_number(value.high)}"
    return _number(value), ""


def _number(value: float) -> str:
    if math.isnan(value):
        return "undefined"
    return f"{value:.1e}" if 0 < abs(value) < 0.001 else f"{value:.3f}"


def _as_json(compared: Comparison) -> dict[str, object]:
    pairs, (first, second) = compared.pairs, compared.labels
    return {
        "first": first,
        "second": second,
        "quantity": [compared.first.quantity, compared.second.quantity],
        "unit": compared.first.unit,
        "status": [compared.first.status, compared.second.status],
        "density_g_per_ml": [compared.first.density_g_per_ml, compared.second.density_g_per_ml],
        "differences_are": "first - second",
        "agreement": compared.agreement.as_json(),
        "pairs": [
            {**_key(key), "first": one, "second": other}
            for key, one, other in zip(pairs.keys, pairs.first, pairs.second, strict=True)
        ],
        "only_in_first": [_key(key) for key in pairs.only_first],
        "only_in_second": [_key(key) for key in pairs.only_second],
        "warnings": compared.warnings,
    }


def _key(key: Key) -> dict[str, str | None]:
    return {"patient": key.patient, "stack": key.stack}
