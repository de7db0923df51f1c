"""The two plots of a method comparison, in matplotlib alone: no window, no global state, the same bytes each time."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from scarmass.domain.agreement import Estimate, limits_of_agreement
from scarmass.evaluation.agreement.statistics import Agreement, agreement

INK, QUIET, POINTS, LINE = "#222222", "#767676", "#0072B2", "#D55E00"
"""Blue and vermillion of Okabe and Ito's palette, told apart by colour-blind readers and in grey."""

SIZE_INCHES = (4.2, 4.0)
PNG_DOTS_PER_INCH = 200


def correlation_figure(
    measured: ArrayLike, reference: ArrayLike, *, measured_label: str, reference_label: str, unit: str
) -> Figure:
    """Measured against reference, (n,) each, with the identity and the least-squares line.

    Axes are alike, so that the identity is the diagonal. Raises PairsInvalid, as agreement does.
    """
    x, y = np.asarray(reference, dtype=float), np.asarray(measured, dtype=float)
    found = agreement(y, x)
    figure, axes = _canvas()
    low, high = min(x.min(), y.min(), 0.0), max(x.max(), y.max())
    ends = np.array([low, high]) + 0.04 * (high - low or 1) * np.array([-1, 1])
    axes.plot(ends, ends, color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)), label="identity")
    if np.ptp(x) > 0:
        slope, intercept = np.polyfit(x, y, 1)
        sign = "+" if intercept >= 0 else "−"
        label = f"y = {slope:.2f} x {sign} {abs(intercept):.2f}"
        axes.plot(ends, slope * ends + intercept, color=LINE, linewidth=1.2, label=label)
    _scatter(axes, x, y)
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    axes.set_xlabel(f"{reference_label} ({unit})")
    axes.set_ylabel(f"{measured_label} ({unit})")
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    axes.text(0.03, 0.97, _correlation_text(found, unit), transform=axes.transAxes, va="top", fontsize=8, color=INK)
    return figure


def bland_altman_figure(
    measured: ArrayLike, reference: ArrayLike, *, measured_label: str, reference_label: str, unit: str
) -> Figure:
    """Difference (measured - reference) against the mean of both, (n,) each, with bias and 95 % limits of agreement.

    Bands are their 95 % confidence intervals. Raises PairsInvalid, as agreement does.
    """
    x, y = np.asarray(reference, dtype=float), np.asarray(measured, dtype=float)
    bias, lower, upper = limits_of_agreement(y, x)
    figure, axes = _canvas()
    axes.axhline(0, color=QUIET, linewidth=0.6)
    lines = ((upper, "bias + 1.96 SD", (0, (5, 3))), (bias, "bias", "-"), (lower, "bias − 1.96 SD", (0, (5, 3))))
    for estimate, name, style in lines:
        axes.axhspan(estimate.low, estimate.high, color=LINE, alpha=0.12, linewidth=0)
        axes.axhline(estimate.value, color=LINE, linewidth=1.2, linestyle=style)
        _name_line(axes, estimate, name)
    _scatter(axes, (x + y) / 2, y - x)
    farthest = 1.08 * max(np.abs([lower.low, upper.high]).max(), np.abs(y - x).max()) or 1.0
    axes.set_ylim(-farthest, farthest)
    axes.margins(x=0.06)
    axes.set_xlabel(f"Mean of both ({unit})")
    axes.set_ylabel(f"{measured_label} − {reference_label} ({unit})")
    return figure


def save_figure(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write folder/name.png and folder/name.svg and return them; the same figure gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    figure.savefig(png, dpi=PNG_DOTS_PER_INCH, metadata={"Software": None})
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        figure.savefig(svg, metadata={"Date": None, "Creator": None})
    return png, svg


def _canvas() -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE_INCHES, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(QUIET)
    axes.tick_params(color=QUIET, labelcolor=INK, labelsize=8)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=INK, size=9, parse_math=False)
    return figure, axes


def _scatter(axes: Axes, x: ArrayLike, y: ArrayLike) -> None:
    axes.scatter(x, y, s=22, color=POINTS, alpha=0.75, edgecolors="white", linewidths=0.5, zorder=3)


def _name_line(axes: Axes, estimate: Estimate, name: str) -> None:
    """Text just above the line at the right edge, outside of the data's way."""
    axes.annotate(
        f"{name}: {estimate.value:.2f}".replace("-", "−"),
        (0.99, estimate.value),
        xycoords=axes.get_yaxis_transform(),
        xytext=(0, 2),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=8,
        color=INK,
    )


def _correlation_text(found: Agreement, unit: str) -> str:
    mae = found.mae
    return "\n".join(
        (
            f"n = {found.n}",
            f"R² = {found.r2_pearson:.2f} (identity line {found.r2_identity:.2f})".replace("-", "−"),
            f"MAE = {mae.value:.2f} {unit} ({mae.low:.2f} to {mae.high:.2f})",
        )
    )
