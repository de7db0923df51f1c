"""The figures of a run, from its rows by patient and by slice: over all centres, and for each of several."""

# pandas types every selection as Series or DataFrame or array.
# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false, reportAttributeAccessIssue=false

from typing import Any

import numpy as np
import pandas as pd

from scarmass.domain.errors import PairsInvalid
from scarmass.evaluation.agreement.statistics import agreement, bootstrap_mean_ci
from scarmass.evaluation.segmentation.measures import QUANTITIES, relative_error_percent
from scarmass.evaluation.segmentation.methods import Method

Json = dict[str, Any]


def scores(patients: pd.DataFrame, slices: pd.DataFrame) -> Json:
    """What scores.json holds beside the run's origin."""
    centres = sorted(patients["centre"].unique())
    by_centre = {
        centre: _scores_by_method(patients[patients["centre"] == centre], slices[slices["centre"] == centre])
        for centre in (centres if len(centres) > 1 else [])
    }
    return {"cohort": _cohort(patients), "methods": _scores_by_method(patients, slices), "centres": by_centre}


def _cohort(patients: pd.DataFrame) -> Json:
    one = patients.drop_duplicates("patient")
    return {
        "patients": len(one),
        "patients_with_scar": int(one["has_scar"].sum()),
        "slices": int(one["slices"].sum()),
        "patients_by_centre": {str(centre): int(n) for centre, n in one["centre"].value_counts().sort_index().items()},
        "patients_of_nominal_spacing": int(one["spacing_is_nominal"].sum()),
        "patients_without_heart_found": int((~one["heart_found"]).sum()),
    }


def _scores_by_method(patients: pd.DataFrame, slices: pd.DataFrame) -> Json:
    return {
        method.value: _scores(patients[patients["method"] == method], slices[slices["method"] == method])
        for method in Method
        if (patients["method"] == method).any()
    }


def _scores(patients: pd.DataFrame, slices: pd.DataFrame) -> Json:
    """The figures of one method; Dice and HD95 of patients and slices with scar, and what was found where none is."""
    infarct, scar_free = patients[patients["has_scar"]], patients[~patients["has_scar"]]
    with_scar = slices[slices["has_scar"]]
    return {
        "dice": mean_with_ci(infarct["dice"]),
        "slice_dice": mean_with_ci(with_scar["dice"]),
        "hd95_mm": _distances(with_scar["hd95_mm"]),
        "answered_with_nothing": int((infarct["scar_percent"] == 0).sum()),
        "agreement": {quantity: _agreement(infarct, quantity) for quantity in QUANTITIES},
        "agreement_with_scar_free": {quantity: _agreement(patients, quantity) for quantity in QUANTITIES},
        "found_on_scar_free": {quantity: _found(scar_free[quantity]) for quantity in QUANTITIES},
        "relative_error_percent": {q: mean_with_ci(relative_error_percent(infarct, q).dropna()) for q in QUANTITIES},
        "clicks_per_patient": _mean(patients["clicks"]),
        "gestures_per_patient_with_scar": _mean(infarct["boxes"] + infarct["clicks"]),
        "clicks_per_slice_with_scar": _mean(with_scar["clicks"]),
        "machine_seconds_per_patient": _mean(patients["machine_seconds"]),
    }


def mean_with_ci(values: pd.Series) -> Json:
    """Mean, SD and bootstrap 95 % CI of the mean; null where there are too few values for one."""
    known = values.to_numpy(dtype=float)
    mean, low, high = bootstrap_mean_ci(known, seed=0)
    deviation = float(known.std(ddof=1)) if len(known) > 1 else None
    return {"n": len(known), "mean": _or_none(mean), "sd": deviation, "ci95": [_or_none(low), _or_none(high)]}


def _distances(hd95_mm: pd.Series) -> Json:
    """A slice whose scar was missed whole is infinitely far: it counts in the median, and the mean cannot have it."""
    finite = hd95_mm[np.isfinite(hd95_mm)]
    median = float(hd95_mm.median()) if len(hd95_mm) else np.nan
    return {
        "n": len(hd95_mm),
        "missed": len(hd95_mm) - len(finite),
        "median": _or_none(median),
        "mean_where_found": _mean(finite),
    }


def _agreement(patients: pd.DataFrame, quantity: str) -> Json:
    """Measured against reference, patients whose geometry knows the quantity; why not, where it cannot be had."""
    known = patients.dropna(subset=[quantity, f"reference_{quantity}"])
    found: Json = {"n": len(known)}
    if known.empty:
        return found | {"not_had_because": "no patient's geometry knows it"}
    measured, reference = known[quantity].to_numpy(float), known[f"reference_{quantity}"].to_numpy(float)
    try:
        return found | agreement(measured, reference).as_json()
    except PairsInvalid as fact:
        return found | {"not_had_because": str(fact)}


def _found(values: pd.Series) -> Json:
    known = values.dropna()
    return {
        "n": len(known),
        "patients_with_any": int((known > 0).sum()),
        "mean": _mean(known),
        "most": float(known.max()) if len(known) else None,
    }


def _mean(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.mean()) if len(known) else None


def _or_none(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
