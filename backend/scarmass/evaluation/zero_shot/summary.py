"""From rows to the table of the comparison: a line a backbone and strategy."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import bootstrap

from scarmass.evaluation.zero_shot.rows import Row
from scarmass.evaluation.zero_shot.strategies import STRATEGIES

RESAMPLES = 9999
BOOTSTRAP_SEED = 0


@dataclass(frozen=True)
class Line:
    """dice_sd: over slices (n - 1). dice_low, dice_high: 95 % confidence interval of the mean, nan of one patient.

    empty: slices answered with nothing, each with Dice 0. hd95_median_mm counts them as infinite, hd95_mean_mm is of
    the slices that were answered. Seconds: medians over slices, processor time; of encoding, and of all the prompts
    on a slice.
    """

    backbone: str
    strategy: str
    patients: int
    slices: int
    empty: int
    dice_mean: float
    dice_sd: float
    dice_low: float
    dice_high: float
    hd95_mean_mm: float
    hd95_median_mm: float
    embed_seconds: float
    decode_seconds: float


def summarise(rows: Sequence[Row]) -> list[Line]:
    """Lines in the backbones' order of appearance, then that of STRATEGIES.

    Of rows on the same slice by other weights of the same name, or with boxes of another detector, the last counts.
    """
    latest = {(row.backbone, row.strategy, row.patient, row.index): row for row in rows}
    parted: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in latest.values():
        parted[row.backbone, row.strategy].append(row)
    backbones = list(dict.fromkeys(row.backbone for row in rows))
    ordered = [(backbone, strategy) for backbone in backbones for strategy in STRATEGIES]
    return [_line(parted[each]) for each in ordered if each in parted]


def mean_interval(dice_by_patient: Sequence[Sequence[float]]) -> tuple[float, float]:
    """The 95 % confidence interval of the mean over all slices, patients drawn with replacement (percentile bootstrap).

    Slices of one patient are alike, so patients are drawn whole. nan where there is one patient alone.
    """
    if len(dice_by_patient) < 2:
        return math.nan, math.nan
    sums, counts = np.array([(sum(own), len(own)) for own in dice_by_patient], dtype=float).T
    interval = bootstrap(
        (sums, counts),
        lambda s, n, axis: s.sum(axis=axis) / n.sum(axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(BOOTSTRAP_SEED),
    ).confidence_interval
    return float(interval.low), float(interval.high)


def write_table(lines: Sequence[Line], folder: Path) -> None:
    """table.csv, and table.md for people."""
    pd.DataFrame([asdict(line) for line in lines], columns=[f.name for f in fields(Line)]).to_csv(
        folder / "table.csv", index=False, float_format="%.4f"
    )
    (folder / "table.md").write_text(markdown(lines))


def markdown(lines: Sequence[Line]) -> str:
    """The table in Markdown; seconds are those of encoding and of the prompts."""
    head = ("backbone", "prompts", "slices", "empty", "Dice, mean ± SD", "95 % CI", "HD95 mean, median (mm)", "seconds")
    table = [f"| {' | '.join(head)} |", "|---|---|--:|--:|--:|--:|--:|--:|"]
    for line in lines:
        table.append(
            f"| {line.backbone} | {line.strategy.replace('_', ' ')} | {line.slices} | {line.empty} "
            f"| {line.dice_mean:.3f} ± {line.dice_sd:.3f} | {line.dice_low:.3f} to {line.dice_high:.3f} "
            f"| {line.hd95_mean_mm:.1f}, {line.hd95_median_mm:.1f} "
            f"| {line.embed_seconds:.2f} + {line.decode_seconds:.2f} |"
        )
    return "\n".join(table) + "\n"


def _line(rows: Sequence[Row]) -> Line:
    by_patient: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        by_patient[row.patient].append(row.dice)
    values = np.array([row.dice for row in rows])
    distances = np.array([row.hd95_mm for row in rows])
    answered = distances[np.isfinite(distances)]
    low, high = mean_interval([by_patient[patient] for patient in sorted(by_patient)])
    return Line(
        backbone=rows[0].backbone,
        strategy=rows[0].strategy,
        patients=len(by_patient),
        slices=len(rows),
        empty=len(rows) - len(answered),
        dice_mean=float(values.mean()),
        dice_sd=float(values.std(ddof=1)) if len(values) > 1 else math.nan,
        dice_low=low,
        dice_high=high,
        hd95_mean_mm=float(answered.mean()) if len(answered) else math.inf,
        hd95_median_mm=_median(distances),
        embed_seconds=_median(np.array([row.embed_core_seconds for row in rows])),
        decode_seconds=_median(np.array([row.decode_core_seconds for row in rows])),
    )


def _median(values: np.ndarray) -> float:
    """The middle value, the upper of two: infinite distances can't be averaged with others."""
    return float(np.sort(values)[len(values) // 2])
