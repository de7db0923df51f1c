"""The detector's report: intervals over patients, centres apart, and what a model card shows."""

import json
from dataclasses import replace

import numpy as np
import pytest

from scarmass.domain.structures import Structure
from scarmass.evaluation.detection.evaluate import MAIN_SCORES, CentreReport, DetectorReport, intervals_of
from scarmass.evaluation.detection.scores import Outcome, Ranked, by_patient, scores_over

RIGHT, WRONG = np.array([True]), np.array([False])


def infarct(patient: str, found: bool) -> Outcome:
    """A slice with a ventricle that is found and a scar that is or is not."""
    return Outcome(
        patient=patient,
        centre="one",
        ranked={
            Structure.LEFT_VENTRICLE: Ranked(np.array([0.9]), RIGHT, 1),
            Structure.SCAR: Ranked(np.array([0.9]), RIGHT if found else WRONG, 1),
        },
        met={Structure.LEFT_VENTRICLE: (True,), Structure.SCAR: (found,)},
        scar_boxes=1,
        shows_scar=True,
    )


def healthy(patient: str, boxes: int) -> Outcome:
    nothing = Ranked(np.array([]), np.array([], dtype=bool), 0)
    met = {Structure.LEFT_VENTRICLE: (), Structure.SCAR: ()}
    return replace(
        infarct(patient, True), ranked=dict.fromkeys(met, nothing), met=met, scar_boxes=boxes, shows_scar=False
    )


def report(patients: list[list[Outcome]]) -> DetectorReport:
    whole = CentreReport(scores_over(patients), intervals_of(patients, resamples=50))
    return DetectorReport("a" * 64, "validation", "b" * 64, "c" * 64, {"scar": 0.2}, 0.05, {"all": whole})


def test_where_all_patients_are_alike_the_interval_is_a_point() -> None:
    patients = [[infarct(f"P{i}", True)] for i in range(5)]
    intervals = intervals_of(patients, resamples=50)
    assert intervals["scar_recall_30"] == (1, 1)
    assert intervals["mean_average_precision_50"] == (1, 1)


def test_the_interval_of_a_share_is_that_of_its_binomial() -> None:
    """Half of 40 patients: mean 0.5, standard error 0.079, so about 0.345 to 0.655."""
    patients = [[infarct(f"P{i}", i % 2 == 0)] for i in range(40)]
    low, high = intervals_of(patients, resamples=1000)["scars_found_per_patient"]
    assert (low, high) == pytest.approx((0.345, 0.655), abs=0.03)


def test_a_patients_slices_are_drawn_together() -> None:
    """Ten slices of one patient are no ten patients: with two patients, one right and one wrong, all is possible."""
    slices = [infarct("P1", True)] * 10 + [infarct("P2", False)] * 10
    assert intervals_of(by_patient(slices), resamples=200)["scar_recall_30"] == (0, 1)


def test_what_no_patient_could_tell_has_no_interval_and_is_null_in_json() -> None:
    evaluated = report([[infarct("P1", True)], [infarct("P2", True)]])
    scores = json.loads(evaluated.json())["centres"]["all"]
    assert scores["scores"]["false_boxes_per_scar_free_patient"] is None
    assert scores["intervals"]["false_boxes_per_scar_free_patient"] == [None, None]
    assert scores["intervals"]["scar_recall_30"] == [1, 1]


def test_the_model_cards_table_names_every_main_score() -> None:
    lines = report([[infarct("P1", True)], [healthy("N1", 2)]]).markdown().splitlines()
    labels = [line.split("|")[1].strip() for line in lines if line.startswith("|")]
    assert set(MAIN_SCORES.values()) <= set(labels)
    assert "| patients (without scar) | 2 (1) |" in lines
    assert any(line.startswith("| false boxes per scar-free patient | 2.00 (2.00 to 2.00) |") for line in lines)
