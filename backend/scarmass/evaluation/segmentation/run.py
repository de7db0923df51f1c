"""Predictions on a part of a prepared dataset, patient by patient, kept as they are made."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.protocols import Detector, Segmenter
from scarmass.evaluation.segmentation.predict import Prediction, predict
from scarmass.evaluation.segmentation.store import load_prediction, prediction_file, save_prediction
from scarmass.evaluation.simulated_reader import reader_of

Patients = Mapping[str, Sequence[AnnotatedSlice]]


def by_patient(slices: Iterable[AnnotatedSlice]) -> Patients:
    """The slices of each patient, in their stack's order."""
    patients: dict[str, list[AnnotatedSlice]] = defaultdict(list)
    for annotated in slices:
        patients[annotated.patient].append(annotated)
    return {patient: sorted(patients[patient], key=lambda s: s.index) for patient in sorted(patients)}


def predict_patients(
    patients: Patients, detector: Detector, segmenter: Segmenter, folder: Path, seed: int, sensitivity: float = 0.0
) -> dict[str, Prediction]:
    """Every patient's prediction, from the run's folder where it is there already."""
    predictions: dict[str, Prediction] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("Predicting patients", total=len(patients))
        for patient, slices in patients.items():
            file = prediction_file(folder, patient)
            if not file.is_file():
                readers = [reader_of(annotated, seed) for annotated in slices]
                images = [annotated.image for annotated in slices]
                save_prediction(predict(detector, segmenter, images, readers, sensitivity), file)
            predictions[patient] = load_prediction(file)
            progress.advance(task)
    return predictions
