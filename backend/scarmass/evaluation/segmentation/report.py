"""The validation report: a Markdown page and its plots, rebuilt from the files of an evaluation alone."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from scarmass.evaluation.segmentation.charts import LABELS, headline_quantity, write_charts
from scarmass.evaluation.segmentation.measures import QUANTITIES
from scarmass.evaluation.segmentation.methods import CLICKS, FOLLOWS, THRESHOLDS, USES, Method
from scarmass.evaluation.segmentation.prose import DEFINITIONS, NOT_TESTED, part_said
from scarmass.evaluation.segmentation.store import PATIENTS_FILE, SCORES_FILE, read_run

Json = dict[str, Any]


def write_report(run: Path, docs: Path, name: str = "validation") -> Path:
    """docs/NAME.md and docs/figures/NAME-*.png and .svg. Raises RunConflict where run is no evaluation."""
    provenance = read_run(run)
    scores: Json = json.loads((run / SCORES_FILE).read_text())
    patients = pd.read_csv(run / PATIENTS_FILE, dtype={"patient": str, "centre": str}, keep_default_na=True)
    patients["centre"] = patients["centre"].fillna("")
    docs.mkdir(parents=True, exist_ok=True)
    plots = write_charts(patients, docs / "figures", f"{name}-")
    written = docs / f"{name}.md"
    written.write_text(page(provenance, scores, headline_quantity(patients), plots))
    return written


def page(provenance: Json, scores: Json, quantity: str, plots: Sequence[tuple[str, str]]) -> str:
    """The report as Markdown."""
    cohort = scores["cohort"]
    sections = [
        "# Validation of scar segmentation and quantification",
        "Rebuilt by `scarmass report` from the files of one evaluation; do not edit by hand.",
        part_said(provenance["part"], cohort),
        "## Overlap and effort",
        _overlap_table(scores["methods"], [*USES, *THRESHOLDS]),
        *_answered_with_nothing(scores["methods"]),
        "## What each click brings",
        _clicks_table(scores["methods"], quantity),
        "## Agreement in scar size, patients with scar",
        *_agreement_tables(scores["methods"]),
        "## Scar found on patients without scar",
        _scar_free_table(scores["methods"], quantity),
        *_centres(scores["centres"], quantity),
        "## Plots",
        *(f"![{sentence}](figures/{name}.svg)\n\n{sentence}" for name, sentence in plots),
        "## Definitions",
        DEFINITIONS,
        "## What this was not tested on",
        NOT_TESTED,
        "## Provenance",
        _provenance(provenance),
    ]
    return "\n\n".join(sections) + "\n"


def summary(scores: Json) -> str:
    """The main table, for a terminal."""
    return _overlap_table(scores["methods"], list(USES))


def _overlap_table(methods: Json, wanted: Sequence[Method]) -> str:
    rows = []
    for method in wanted:
        if (own := methods.get(method)) is None:
            continue
        distances = own["hd95_mm"]
        rows.append(
            [
                LABELS[method],
                _mean_ci(own["dice"]),
                _mean_ci(own["slice_dice"]),
                f"{_number(distances['median'], 1)} ({distances['missed']} of {distances['n']})",
                _number(own["clicks_per_patient"], 1),
                _number(own["machine_seconds_per_patient"], 1),
            ]
        )
    header = ["", "Dice by patient", "Dice by slice", "median HD95, mm (slices missed)", "clicks", "machine s"]
    return table(header, rows)


def _answered_with_nothing(methods: Json) -> list[str]:
    """Says where a use found nothing at all on a patient with scar."""
    return [
        f"{LABELS[use].capitalize()}: {methods[use]['answered_with_nothing']} of {methods[use]['dice']['n']} patients "
        "with scar were answered with nothing at all; they count with Dice 0."
        for use in USES
        if methods[use]["answered_with_nothing"]
    ]


def _clicks_table(methods: Json, quantity: str) -> str:
    """Clicks against Dice and against the error of the scar's size, outlines at one sensitivity and following."""
    rows = []
    for method, clicks in CLICKS.items():
        own = methods[method]
        rows.append(
            [
                "following" if method in FOLLOWS else "fixed",
                str(clicks),
                _mean_ci(own["dice"]),
                _percent(own["relative_error_percent"][quantity]),
                _number(own["agreement"][quantity].get("r2_pearson"), 3),
                _number(own["clicks_per_slice_with_scar"], 2),
                _number(own["gestures_per_patient_with_scar"], 1),
            ]
        )
    header = ["sensitivity", "most clicks a slice", "Dice by patient", f"error of {QUANTITIES[quantity]}, relative"]
    header += ["R² Pearson", "clicks given a slice with scar", "boxes and clicks a patient with scar"]
    return table(header, rows)


def _agreement_tables(methods: Json) -> list[str]:
    """One table for every quantity that any patient's geometry knows."""
    sections: list[str] = []
    for quantity, label in QUANTITIES.items():
        own = {m: methods[m]["agreement"][quantity] for m in (*USES, *THRESHOLDS) if m in methods}
        if all(a["n"] == 0 for a in own.values()):
            sections.append(f"{label[0].upper()}{label[1:]}: not had, the pixel spacing of these data is lost.")
            continue
        rows = [[LABELS[method], *_agreement_cells(found)] for method, found in own.items()]
        sections += [f"### {label[0].upper()}{label[1:]}", table(AGREEMENT_HEADER, rows)]
        reasons = {found["not_had_because"] for found in own.values() if "not_had_because" in found}
        sections += [f"Not had: {reason}." for reason in sorted(reasons)]
    return sections


AGREEMENT_HEADER = ["", "n", "measured", "reference", "R² Pearson", "R² identity", "MAE (95 % CI)", "RMSE"]
AGREEMENT_HEADER += ["bias (95 % CI)", "lower limit (95 % CI)", "upper limit (95 % CI)", "Wilcoxon p"]
AGREEMENT_HEADER += ["ICC(2,1) (95 % CI)", "CCC (95 % CI)", "CV, %"]


def _agreement_cells(found: Json) -> list[str]:
    if "not_had_because" in found:
        return [str(found["n"]), *["–"] * (len(AGREEMENT_HEADER) - 2)]
    return [
        str(found["n"]),
        _number(found["mean_measured"], 2),
        _number(found["mean_reference"], 2),
        _number(found["r2_pearson"], 3),
        _number(found["r2_identity"], 3),
        _estimate(found["mae"], 2),
        _number(found["rmse"], 2),
        *(_estimate(found[name], 2) for name in ("bias", "lower_limit", "upper_limit")),
        _number(found["wilcoxon_p"], 3),
        *(_estimate(found[name], 3) for name in ("icc", "ccc")),
        _number(None if found["cv"] is None else 100 * found["cv"], 1),
    ]


def _scar_free_table(methods: Json, quantity: str) -> str:
    rows = []
    for use in USES:
        found = methods[use]["found_on_scar_free"][quantity]
        rows.append(
            [
                LABELS[use],
                f"{found['patients_with_any']} of {found['n']}",
                _number(found["mean"], 2),
                _number(found["most"], 2),
            ]
        )
    return table(["", "patients with any", f"mean {QUANTITIES[quantity]}", "most"], rows)


def _centres(centres: Json, quantity: str) -> list[str]:
    if not centres:
        return []
    rows = [
        [
            centre,
            LABELS[use],
            _mean_ci(methods[use]["dice"]),
            _estimate(methods[use]["agreement"][quantity].get("mae"), 2),
        ]
        for centre, methods in centres.items()
        for use in USES
    ]
    return ["## By centre", table(["centre", "", "Dice by patient", f"MAE, {QUANTITIES[quantity]}"], rows)]


def _provenance(provenance: Json) -> str:
    rows = [
        ["segmenter", f"{provenance['segmenter']['name']}, `{provenance['segmenter']['sha256']}`"],
        ["detector", f"{provenance['detector']['name']}, `{provenance['detector']['sha256']}`"],
        ["dataset", f"`{provenance['dataset_sha256']}`"],
        ["split", f"`{provenance['split_sha256']}`, part {provenance['part']}"],
        ["seed of the drawn boxes", str(provenance["seed"])],
        ["sensitivity", f"{provenance['sensitivity']:g}"],
        ["code", ", ".join(f"`{version}`" for version in provenance["code"])],
    ]
    return table(["", ""], rows)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _mean_ci(estimate: Json) -> str:
    low, high = estimate["ci95"]
    interval = "" if low is None else f" ({low:.3f} to {high:.3f})"
    return f"{_number(estimate['mean'], 3)}{interval}, n {estimate['n']}"


def _percent(estimate: Json) -> str:
    if estimate["mean"] is None:
        return "–"
    low, high = estimate["ci95"]
    interval = "" if low is None else f" ({low:.1f} to {high:.1f})"
    return f"{estimate['mean']:.1f} %{interval}"


def _estimate(estimate: Json | None, digits: int) -> str:
    if estimate is None or estimate["value"] is None:
        return "–"
    interval = "" if estimate["low"] is None else f" ({estimate['low']:.{digits}f} to {estimate['high']:.{digits}f})"
    return f"{estimate['value']:.{digits}f}{interval}"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
