"""An evaluation from a prepared dataset to its run's folder.

run.json         what was measured: models, dataset, split, part, seed, versions of the code
predictions/     one .npz a patient: every mask, box and click
patients.csv     one row a patient and method
slices.csv       one row a slice and method
scores.json      the figures
figures/         plots, PNG and SVG
overlays/        pictures of the worst and the median patients; they stay here
"""

import json
from collections.abc import Mapping
from pathlib import Path

from scarmass.datasets.prepared import Part, Prepared
from scarmass.domain.protocols import Detector, Segmenter
from scarmass.evaluation.code_version import code_version
from scarmass.evaluation.segmentation.charts import write_charts
from scarmass.evaluation.segmentation.measures import tables
from scarmass.evaluation.segmentation.overlays import write_overlays
from scarmass.evaluation.segmentation.predict import Prediction
from scarmass.evaluation.segmentation.run import Patients, by_patient, predict_patients
from scarmass.evaluation.segmentation.scores import Json, scores
from scarmass.evaluation.segmentation.store import PATIENTS_FILE, SCORES_FILE, SLICES_FILE, Provenance, open_run


def evaluate(
    prepared: Prepared,
    folder: Path,
    detector: Detector,
    segmenter: Segmenter,
    part: Part = "test",
    seed: int = 0,
    sensitivity: float = 0.0,
) -> Json:
    """Predict what the folder lacks, then measure all of it and write the figures.

    Raises RunConflict where the folder holds a run of something else, ValueError for a part without patients.
    """
    patients = by_patient(prepared.slices(part))
    if not patients:
        raise ValueError(f"{part} holds no patients")
    dataset = prepared.sha256, prepared.split.sha256
    provenance = Provenance(segmenter.model, detector.model, *dataset, part, seed, sensitivity)
    open_run(folder, provenance, code_version())
    return measure(patients, predict_patients(patients, detector, segmenter, folder, seed, sensitivity), folder)


def measure(patients: Patients, predictions: Mapping[str, Prediction], folder: Path) -> Json:
    """Write tables, scores, plots and overlays of what was predicted; returns the scores."""
    by_patients, by_slices = tables(patients, predictions)
    by_patients.to_csv(folder / PATIENTS_FILE, index=False)
    by_slices.to_csv(folder / SLICES_FILE, index=False)
    figures = scores(by_patients, by_slices)
    (folder / SCORES_FILE).write_text(json.dumps(figures, indent=1, allow_nan=False) + "\n")
    write_charts(by_patients, folder / "figures", "")
    write_overlays(folder / "overlays", by_patients, patients, predictions)
    return figures
