"""Masks against their reference: one row a slice and one row a patient for every method."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.masks import Mask
from scarmass.domain.mass import Mass, SliceArea, slice_mass, total_mass
from scarmass.domain.overlap import dice, hausdorff_95_mm, pooled_dice
from scarmass.domain.structures import Structure
from scarmass.evaluation.segmentation.methods import (
    CLICKS,
    Answers,
    Method,
    corrections,
    predicted_answers,
    threshold_answers,
)
from scarmass.evaluation.segmentation.predict import Prediction, Seconds

Row = dict[str, Any]

QUANTITIES = {
    "scar_percent": "scar, % of myocardium",
    "mass_by_slice_thickness_g": "scar mass by slice thickness, g",
    "mass_by_slice_spacing_g": "scar mass by slice spacing, g",
}
"""What is measured of a patient; the reference's has reference_ before its name. Grams only where geometry exists."""


def tables(
    patients: Mapping[str, Sequence[AnnotatedSlice]], predictions: Mapping[str, Prediction]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(Rows by patient and method, rows by slice and method) of all predicted patients."""
    by_patient: list[Row] = []
    by_slice: list[Row] = []
    for patient, slices in patients.items():
        prediction = predictions[patient]
        answers: Answers = {**predicted_answers(prediction), **threshold_answers(slices)}
        for method, masks in answers.items():
            by_patient.append(_patient_row(slices, prediction, method, masks))
            by_slice += _slice_rows(slices, prediction, method, masks)
    return pd.DataFrame(by_patient), pd.DataFrame(by_slice)


def relative_error_percent(patients: pd.DataFrame, quantity: str) -> pd.Series:
    """|measured - reference| of a quantity in % of the reference, row by row of patients with scar."""
    measured, reference = (patients[name].to_numpy(float) for name in (quantity, f"reference_{quantity}"))
    return pd.Series(100 * np.abs(measured - reference) / reference, patients.index)


def _patient_row(
    slices: Sequence[AnnotatedSlice], prediction: Prediction, method: Method, masks: Sequence[Mask]
) -> Row:
    truth = [annotated.masks[Structure.SCAR] for annotated in slices]
    measured, reference = _quantities(slices, masks), _quantities(slices, truth)
    return {
        "patient": slices[0].patient,
        "centre": slices[0].centre,
        "has_scar": any(mask.any() for mask in truth),
        "spacing_is_nominal": slices[0].spacing_is_nominal,
        "heart_found": prediction.heart_found,
        "slices": len(slices),
        "method": method.value,
        "dice": pooled_dice(masks, truth),
        **measured,
        **{f"reference_{name}": value for name, value in reference.items()},
        "boxes": sum(len(c.boxes) for c in corrections(prediction, method)) if method in CLICKS else np.nan,
        "clicks": sum(_clicks(prediction, method)) if method in CLICKS else np.nan,
        "machine_seconds": _machine_seconds(prediction.seconds, method),
    }


def _slice_rows(
    slices: Sequence[AnnotatedSlice], prediction: Prediction, method: Method, masks: Sequence[Mask]
) -> list[Row]:
    clicks = _clicks(prediction, method) if method in CLICKS else [np.nan] * len(slices)
    return [
        {
            "patient": annotated.patient,
            "centre": annotated.centre,
            "index": annotated.index,
            "method": method.value,
            "has_scar": bool(annotated.masks[Structure.SCAR].any()),
            "dice": dice(mask, annotated.masks[Structure.SCAR]),
            "hd95_mm": hausdorff_95_mm(mask, annotated.masks[Structure.SCAR], annotated.pixel_spacing_mm),
            "pixels": int(mask.sum()),
            "reference_pixels": int(annotated.masks[Structure.SCAR].sum()),
            "clicks": own,
        }
        for annotated, mask, own in zip(slices, masks, clicks, strict=True)
    ]


def _quantities(slices: Sequence[AnnotatedSlice], masks: Sequence[Mask]) -> Row:
    """Every quantity of one patient's masks, NaN where the geometry does not know it."""
    myocardium = sum(int(annotated.myocardium.sum()) for annotated in slices)
    scar = sum(int(mask.sum()) for mask in masks)
    mass = _mass(slices, masks)
    grams = (mass.by_slice_thickness, mass.by_slice_spacing)
    values = [100 * scar / myocardium if myocardium else np.nan, *(q.mass_g if q else np.nan for q in grams)]
    return dict(zip(QUANTITIES, values, strict=True))


def _mass(slices: Sequence[AnnotatedSlice], masks: Sequence[Mask]) -> Mass:
    if slices[0].spacing_is_nominal:
        return Mass(None, None)
    return total_mass(
        [
            slice_mass(SliceArea(_area_mm2(annotated, mask), annotated.slice_thickness_mm, annotated.slice_spacing_mm))
            for annotated, mask in zip(slices, masks, strict=True)
        ]
    )


def _area_mm2(annotated: AnnotatedSlice, mask: Mask) -> float:
    return float(mask.sum()) * annotated.pixel_spacing_mm[0] * annotated.pixel_spacing_mm[1]


def _clicks(prediction: Prediction, method: Method) -> list[int]:
    """Clicks given on each slice."""
    return [min(CLICKS[method], len(correction.points)) for correction in corrections(prediction, method)]


def _machine_seconds(seconds: Seconds, method: Method) -> float:
    """What the models took in this use, had it been the only one; NaN for what is no use of its own."""
    ahead = seconds.detect + seconds.embed
    by_method = {
        Method.AUTOMATIC: ahead + seconds.automatic,
        Method.BOX: ahead + seconds.box,
        Method.INTERACTIVE: ahead + seconds.box + seconds.clicks,
        Method.FOLLOWING: ahead + seconds.following,
    }
    return by_method.get(method, np.nan)
