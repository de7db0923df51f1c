from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scarmass.domain.errors import RunConflict
from scarmass.domain.protocols import Model
from scarmass.evaluation.segmentation.predict import Correction, Prediction
from scarmass.evaluation.segmentation.run import by_patient, predict_patients
from scarmass.evaluation.segmentation.store import Provenance, load_prediction, open_run, prediction_file, read_run
from tests.evaluation.segmentation.hearts import ClickedSegmenter, KnowingDetector, cohort

RUN = Provenance(Model("a", "1"), Model("b", "2"), "3", "4", "validation", 0)


def read(prediction: Prediction) -> tuple[Correction, ...]:
    return prediction.corrections + prediction.following


def drawn(correction: Correction) -> tuple[object, ...]:
    return correction.boxes, correction.points, correction.sensitivity


def assert_same(one: Prediction, other: Prediction) -> None:
    assert [p.boxes for p in one.proposals] == [p.boxes for p in other.proposals]
    assert [drawn(c) for c in read(one)] == [drawn(c) for c in read(other)]
    for a, b in zip(one.proposals, other.proposals, strict=True):
        assert np.array_equal(a.mask, b.mask)
    for a, b in zip(read(one), read(other), strict=True):
        assert np.array_equal(a.answers, b.answers)


def test_a_run_that_was_cut_off_ends_like_one_that_was_not(tmp_path: Path) -> None:
    patients, detector = by_patient(cohort()), KnowingDetector(cohort())
    whole = predict_patients(patients, detector, ClickedSegmenter(), tmp_path / "whole", seed=1)
    first_two = dict(list(patients.items())[:2])
    predict_patients(first_two, detector, ClickedSegmenter(), tmp_path / "interrupted", seed=1)
    again = ClickedSegmenter()
    resumed = predict_patients(patients, detector, again, tmp_path / "interrupted", seed=1)
    assert not {key.split("/")[0] for key, _ in again.asked} & set(first_two)
    for patient in patients:
        assert_same(whole[patient], resumed[patient])


def test_a_folder_of_another_run_is_refused_by_what_differs(tmp_path: Path) -> None:
    open_run(tmp_path, RUN, "v1")
    with pytest.raises(RunConflict, match="segmenter and seed"):
        open_run(tmp_path, replace(RUN, segmenter=Model("c", "5"), seed=1), "v1")


def test_a_run_tells_every_version_of_the_code_that_it_was_made_with(tmp_path: Path) -> None:
    for version in ("v1", "v2", "v1"):
        open_run(tmp_path, RUN, version)
    assert read_run(tmp_path)["code"] == ["v1", "v2"]


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunConflict, match="no run"):
        read_run(tmp_path)


def test_a_patient_s_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    assert prediction_file(tmp_path, "../other/patient 1").parent == tmp_path / "predictions"
    assert prediction_file(tmp_path, "a/b") != prediction_file(tmp_path, "a_b")


def test_what_is_loaded_is_what_was_predicted(tmp_path: Path) -> None:
    patients = by_patient(cohort())
    made = predict_patients(patients, KnowingDetector(cohort()), ClickedSegmenter(), tmp_path, seed=1)
    kept = load_prediction(prediction_file(tmp_path, "infarct 1"))
    assert kept.seconds == made["infarct 1"].seconds
    assert kept.heart_found
    assert_same(kept, made["infarct 1"])
