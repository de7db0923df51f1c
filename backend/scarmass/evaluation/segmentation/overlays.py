"""Pictures of patients with the answers drawn over them: for a run's own folder, never for documents."""

# pandas types every selection as Series or DataFrame or array.
# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false, reportAttributeAccessIssue=false

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.structures import Structure
from scarmass.evaluation.segmentation.methods import CLICKS, USES, Method, corrections, predicted_answers
from scarmass.evaluation.segmentation.predict import Correction, Prediction

WORST = 3
REFERENCE, ANSWER = "#35d07f", "#ff4fa3"


def write_overlays(
    folder: Path,
    patients: pd.DataFrame,
    slices: Mapping[str, Sequence[AnnotatedSlice]],
    predictions: Mapping[str, Prediction],
) -> list[Path]:
    """The worst patients with scar and the median one by Dice, in every use: one PNG each in folder."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for use in USES:
        infarct = patients[patients["has_scar"] & (patients["method"] == use)].sort_values("dice")
        ranks = {f"worst-{rank + 1}": rank for rank in range(min(WORST, len(infarct)))}
        for name, rank in (ranks | {"median": len(infarct) // 2} if len(infarct) else {}).items():
            patient, dice = infarct.iloc[rank][["patient", "dice"]]
            path = folder / f"{use}-{name}.png"
            title = f"{patient}, {use}: Dice {dice:.2f} (reference green, answer pink)"
            overlay(slices[patient], predictions[patient], use, title).savefig(path, dpi=110)
            written.append(path)
    return written


def overlay(slices: Sequence[AnnotatedSlice], prediction: Prediction, use: Method, title: str) -> Figure:
    """Every slice close up on the ventricle: reference and answer outlined, boxes and clicks as they were drawn."""
    columns = min(6, len(slices))
    rows = -(-len(slices) // columns)
    figure = Figure(figsize=(2.4 * columns, 2.5 * rows + 0.4), layout="constrained")
    figure.suptitle(title, fontsize=8)
    answers = predicted_answers(prediction)[use]
    for axes in (every := np.atleast_1d(figure.subplots(rows, columns)).ravel()):
        axes.set_axis_off()
    for index, (axes, annotated) in enumerate(zip(every, slices, strict=False)):
        row_mm, column_mm = annotated.pixel_spacing_mm
        axes.imshow(annotated.pixels, cmap="gray", aspect=row_mm / column_mm)
        for mask, colour in ((annotated.masks[Structure.SCAR], REFERENCE), (answers[index], ANSWER)):
            if mask.any():
                axes.contour(mask, [0.5], colors=[colour], linewidths=1)
        read = None if use is Method.AUTOMATIC else corrections(prediction, use)[index]
        boxes = read.boxes if read else prediction.proposals[index].boxes
        for box in boxes:
            x, y = [box.x0, box.x1, box.x1, box.x0, box.x0], [box.y0, box.y0, box.y1, box.y1, box.y0]
            axes.plot(np.array(x) - 0.5, np.array(y) - 0.5, color="#f6c945", linewidth=0.7)
        if read and CLICKS[use]:
            _draw_clicks(axes, read)
        _close_up(axes, annotated)
    return figure


def _draw_clicks(axes, correction: Correction) -> None:
    for number, point in enumerate(correction.points, 1):
        mark, colour = ("+", "#35b6ff") if point.positive else ("x", "#ff5a3c")
        axes.plot(point.x - 0.5, point.y - 0.5, mark, color=colour, markersize=6)
        axes.annotate(str(number), (point.x, point.y), color=colour, fontsize=6)


def _close_up(axes, annotated: AnnotatedSlice) -> None:
    rows, columns = np.nonzero(annotated.masks[Structure.LEFT_VENTRICLE])
    if len(rows):
        margin = 0.15 * max(np.ptp(rows), np.ptp(columns))
        axes.set_xlim(columns.min() - margin, columns.max() + margin)
        axes.set_ylim(rows.max() + margin, rows.min() - margin)
