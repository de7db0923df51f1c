"""Plots of a run from its rows by patient; no patient's picture is in them."""

# pandas types every selection as Series or DataFrame or array.
# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false, reportAttributeAccessIssue=false

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scarmass.evaluation.agreement.figures import bland_altman_figure, correlation_figure, save_figure
from scarmass.evaluation.segmentation.measures import QUANTITIES, relative_error_percent
from scarmass.evaluation.segmentation.methods import FIXED, FOLLOWS, USES, Method

LABELS = {
    Method.AUTOMATIC: "automatic",
    Method.BOX: "drawn boxes",
    Method.ONE_CLICK: "one click a slice",
    Method.TWO_CLICKS: "two clicks a slice",
    Method.INTERACTIVE: "boxes and clicks",
    Method.FOLLOWING_BOX: "boxes, outlines following",
    Method.FOLLOWING_ONE_CLICK: "one click a slice, outlines following",
    Method.FOLLOWING_TWO_CLICKS: "two clicks a slice, outlines following",
    Method.FOLLOWING: "boxes and clicks, outlines following",
    Method.FWHM: "FWHM",
    Method.SD_2: "2 SD",
    Method.SD_3: "3 SD",
    Method.SD_5: "5 SD",
    Method.SD_6: "6 SD",
}
COLOURS = {
    Method.AUTOMATIC: "#b5532a",
    Method.BOX: "#2a6fb5",
    Method.INTERACTIVE: "#2a8a57",
    Method.FOLLOWING: "#8a4fb5",
}


def write_charts(patients: pd.DataFrame, folder: Path, prefix: str) -> list[tuple[str, str]]:
    """Every plot as PNG and SVG in the folder; returns the name and sentence of each."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, sentence, figure in charts(patients):
        save_figure(figure, folder, f"{prefix}{name}")
        written.append((f"{prefix}{name}", sentence))
    return written


def charts(patients: pd.DataFrame) -> Iterator[tuple[str, str, Figure]]:
    """(Name, what it shows in a sentence, plot): each use's correlation and Bland-Altman, Dice by scar size and by
    clicks."""
    quantity = headline_quantity(patients)
    label = QUANTITIES[quantity]
    unit = "% of myocardium" if quantity == "scar_percent" else "g"
    infarct = patients[patients["has_scar"]]
    for use in USES:
        rows = infarct[infarct["method"] == use].dropna(subset=[quantity])
        measured, reference = rows[quantity].to_numpy(float), rows[f"reference_{quantity}"].to_numpy(float)
        if len(rows) < 3:
            continue
        name = LABELS[use]
        labels = {"measured_label": name, "reference_label": "reference", "unit": unit}
        yield (
            f"correlation-{use}",
            f"Patients with scar, {name}: {label}, measured against reference.",
            correlation_figure(measured, reference, **labels),
        )
        yield (
            f"bland-altman-{use}",
            f"Patients with scar, {name}: difference against mean, with bias and limits of agreement.",
            bland_altman_figure(measured, reference, **labels),
        )
    if len(infarct):
        yield (
            "dice-by-scar-size",
            "Dice of every patient with scar, slices pooled, against the size of the reference scar.",
            dice_by_scar_size(infarct),
        )
        yield (
            "clicks-against-dice",
            "Dice after drawn boxes and after up to one, two and three clicks a slice: each patient in grey, means in "
            "colour, at one sensitivity and where outlines follow the reader.",
            clicks_against(infarct, "dice", "Dice"),
        )
        yield (
            "clicks-against-error",
            f"Relative error of {label} after as many clicks, likewise.",
            clicks_against(infarct.assign(error=relative_error_percent(infarct, quantity)), "error", "error, %"),
        )


def headline_quantity(patients: pd.DataFrame) -> str:
    """Grams where every patient's geometry knows them, else the percentage of the myocardium."""
    grams = "mass_by_slice_thickness_g", "mass_by_slice_spacing_g"
    return next((quantity for quantity in grams if patients[quantity].notna().all()), "scar_percent")


def dice_by_scar_size(infarct: pd.DataFrame) -> Figure:
    quantity = headline_quantity(infarct)
    figure, axes = _axes(f"reference {QUANTITIES[quantity]}", "Dice")
    for use in USES:
        rows = infarct[infarct["method"] == use]
        axes.scatter(rows[f"reference_{quantity}"], rows["dice"], s=22, color=COLOURS[use], label=LABELS[use])
    axes.set_ylim(0, 1.02)
    axes.legend(frameon=False, loc="lower right")
    return figure


def clicks_against(infarct: pd.DataFrame, column: str, label: str) -> Figure:
    figure, axes = _axes("most clicks a slice", label)
    for clicks, last in ((FIXED, Method.INTERACTIVE), (FOLLOWS, Method.FOLLOWING)):
        rows = infarct[infarct["method"].isin(clicks)]
        by_clicks = rows.pivot_table(index="patient", columns="method", values=column)[[m.value for m in clicks]]
        most = list(clicks.values())
        axes.plot(most, by_clicks.to_numpy().T, color="0.85", linewidth=0.6, zorder=1)
        mean = np.asarray(by_clicks.mean())
        axes.plot(most, mean, color=COLOURS[last], linewidth=2.5, marker="o", label=LABELS[last])
    axes.set_xticks(most)
    axes.set_ylim(0, 1.02 if column == "dice" else None)
    axes.legend(frameon=False)
    return figure


def _axes(x: str, y: str):
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
