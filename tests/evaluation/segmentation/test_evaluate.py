"""Whole evaluations of models whose figures are known beforehand."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.structures import Structure
from scarmass.evaluation.segmentation.evaluate import measure
from scarmass.evaluation.segmentation.measures import tables
from scarmass.evaluation.segmentation.predict import Prediction
from scarmass.evaluation.segmentation.run import Patients, by_patient, predict_patients
from scarmass.evaluation.segmentation.scores import scores
from tests.evaluation.segmentation.hearts import (
    ClickedSegmenter,
    KnowingDetector,
    PerfectSegmenter,
    RecordingSegmenter,
    SilentSegmenter,
    cohort,
)

USES = ("automatic", "box", "interactive", "following")


def predicted(
    folder: Path, segmenter: RecordingSegmenter, slices: Sequence[AnnotatedSlice], *, finds_scar: bool = True
) -> tuple[Patients, dict[str, Prediction]]:
    patients = by_patient(slices)
    detector = KnowingDetector(slices, finds_scar=finds_scar)
    return patients, predict_patients(patients, detector, segmenter, folder, 0)


def scores_of(patients: Patients, predictions: Mapping[str, Prediction], *methods: str) -> dict[str, dict[str, Any]]:
    """The scores of some methods by name, all patients taken for those of one centre."""
    chosen = [table[table.method.isin(methods)].assign(centre="here") for table in tables(patients, predictions)]
    return scores(*chosen)["methods"]


@pytest.fixture(scope="module")
def perfect(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:
    folder = tmp_path_factory.mktemp("perfect")
    return measure(*predicted(folder, PerfectSegmenter(cohort()), cohort()), folder), folder


@pytest.mark.slow
@pytest.mark.parametrize("use", USES)
def test_a_perfect_segmenter_has_dice_1_no_bias_and_needs_no_click(perfect: tuple[dict, Path], use: str) -> None:
    own = perfect[0]["methods"][use]
    assert own["dice"]["mean"] == own["slice_dice"]["mean"] == 1
    assert own["dice"]["n"] == 4
    assert own["hd95_mm"] == {"n": 7, "missed": 0, "median": 0, "mean_where_found": 0}
    agreement = own["agreement"]["mass_by_slice_spacing_g"]
    assert agreement["mae"]["value"] == agreement["bias"]["value"] == 0
    assert agreement["r2_identity"] == agreement["icc"]["value"] == 1
    assert own["clicks_per_patient"] == (None if use == "automatic" else 0)


@pytest.mark.slow
def test_grams_are_those_of_the_masks_by_both_extents(perfect: tuple[dict, Path]) -> None:
    rows = pd.read_csv(perfect[1] / "patients.csv")
    row = rows[(rows.patient == "infarct 2") & (rows.method == "box")].iloc[0]
    pixels = sum(s.masks[Structure.SCAR].sum() for s in cohort() if s.patient == "infarct 2")
    assert row.mass_by_slice_thickness_g == pytest.approx(pixels * 4 * 8 / 1000 * 1.05)
    assert row.mass_by_slice_spacing_g == pytest.approx(pixels * 4 * 10 / 1000 * 1.05)


@pytest.mark.slow
def test_every_patient_and_slice_is_in_the_tables_and_nothing_of_a_centre_is_lost(perfect: tuple[dict, Path]) -> None:
    figures, folder = perfect
    rows, slices = pd.read_csv(folder / "patients.csv"), pd.read_csv(folder / "slices.csv")
    assert rows.groupby("method").patient.nunique().unique().tolist() == [5]
    assert slices.groupby("method").size().unique().tolist() == [10]
    assert figures["cohort"]["patients_by_centre"] == {"here": 4, "there": 1}
    assert set(figures["centres"]) == {"here", "there"}
    assert figures["centres"]["there"]["box"]["dice"]["n"] == 0
    assert json.loads((folder / "scores.json").read_text()) == figures


@pytest.mark.slow
def test_plots_are_written_in_both_forms_and_overlays_apart_from_them(perfect: tuple[dict, Path]) -> None:
    names = {path.name for path in (perfect[1] / "figures").iterdir()}
    for use in USES:
        assert {f"{kind}-{use}.{form}" for kind in ("correlation", "bland-altman") for form in ("png", "svg")} <= names
    assert {"dice-by-scar-size.png", "clicks-against-dice.svg"} <= names
    assert {f"{use}-{case}.png" for use in USES for case in ("worst-1", "median")} <= {
        path.name for path in (perfect[1] / "overlays").iterdir()
    }


def test_a_segmenter_that_answers_nothing_scores_0_and_it_is_said(tmp_path: Path) -> None:
    figures = scores_of(*predicted(tmp_path, SilentSegmenter(), cohort()), *USES)
    for use in USES:
        assert figures[use]["dice"]["mean"] == 0
        assert figures[use]["answered_with_nothing"] == 4
        assert figures[use]["hd95_mm"] == {"n": 7, "missed": 7, "median": None, "mean_where_found": None}
        assert figures[use]["agreement"]["scar_percent"]["bias"]["value"] < 0
    assert figures["interactive"]["clicks_per_slice_with_scar"] == 3


def test_a_detector_that_misses_lowers_the_automatic_use_alone(tmp_path: Path) -> None:
    segmenter = PerfectSegmenter(cohort())
    figures = scores_of(*predicted(tmp_path, segmenter, cohort(), finds_scar=False), "automatic", "box")
    assert figures["automatic"]["dice"]["mean"] == 0
    assert figures["box"]["dice"]["mean"] == 1


def test_where_the_geometry_is_lost_there_are_percentages_and_no_grams(tmp_path: Path) -> None:
    slices = cohort(nominal=True)
    agreement = scores_of(*predicted(tmp_path, PerfectSegmenter(slices), slices), "box")["box"]["agreement"]
    for grams in ("mass_by_slice_thickness_g", "mass_by_slice_spacing_g"):
        assert agreement[grams] == {"n": 0, "not_had_because": "no patient's geometry knows it"}
    assert agreement["scar_percent"]["n"] == 4


def test_what_is_found_on_patients_without_scar_is_scored_apart(tmp_path: Path) -> None:
    slices = cohort()
    detector = KnowingDetector([AnnotatedSlice(**{**vars(s), "masks": cohort()[1].masks}) for s in slices])
    patients = by_patient(slices)
    predictions = predict_patients(patients, detector, ClickedSegmenter(), tmp_path, 0)
    figures = scores_of(patients, predictions, "automatic", "box")
    found = figures["automatic"]["found_on_scar_free"]["mass_by_slice_thickness_g"]
    assert (found["n"], found["patients_with_any"]) == (1, 1)
    assert found["mean"] > 0
    assert figures["box"]["found_on_scar_free"]["scar_percent"]["patients_with_any"] == 0


def test_dice_after_each_number_of_clicks_is_in_the_table(tmp_path: Path) -> None:
    methods = ("box", "box_1_click", "box_2_clicks", "interactive")
    rows, _ = tables(*predicted(tmp_path, ClickedSegmenter(), cohort()))
    by_clicks = [rows[rows.has_scar & (rows.method == method)].dice.mean() for method in methods]
    assert by_clicks == sorted(by_clicks)
    assert by_clicks[0] < by_clicks[3]
