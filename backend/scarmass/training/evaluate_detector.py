"""Measure a detector on patients it was not trained on, on phantoms, and on a volume in native geometry.

python -m scarmass.training.evaluate_detector --weights FILE --dataset FOLDER [--volume NIFTI --labels NIFTI]
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from scarmass.domain.models import Model
from scarmass.inference.detector import STRUCTURES, YoloDetector
from scarmass.inference.weights import sha256_of
from scarmass.training.dataset import (
    AnnotatedSlice,
    emidec_split,
    phantom_slices,
    read_patients,
)
from scarmass.training.detection_scores import DetectionScores, detection_scores
from scarmass.training.to_dicom import nifti_masks, read_nifti

LOWEST_SCORE = 0.01
"""Boxes down to this score enter the average precision."""

PHANTOM_SEEDS = range(20000, 20008)
"""Used neither in training nor in the demonstration studies."""


def scores_of(weights: Path, slices: Sequence[AnnotatedSlice]) -> DetectionScores:
    """Scores of a weights file on annotated slices, through the very code that serves it."""
    model, images = Model(weights.stem, sha256_of(weights)), [annotated.image for annotated in slices]
    proposed = YoloDetector(weights, model, "cpu").detect(images)
    every_box = YoloDetector(weights, model, "cpu", dict.fromkeys(STRUCTURES, LOWEST_SCORE)).detect(images)
    return detection_scores(slices, proposed, every_box)


def volume_slices(volume: Path, labels: Path) -> list[AnnotatedSlice]:
    """The slices of a NIfTI volume with EMIDEC's labels, in native pixels. Raises ObjectRefused, GeometryInvalid."""
    nifti, masks = read_nifti(volume), nifti_masks(labels)
    return [
        AnnotatedSlice(
            patient=volume.name,
            index=index,
            pixels=nifti.values[index].astype(np.float32),
            pixel_spacing_mm=plane.pixel_spacing_mm,
            masks={structure: mask[index] for structure, mask in masks.items()},
        )
        for index, plane in enumerate(nifti.planes)
    ]


def seconds_per_slice(weights: Path, slices: Sequence[AnnotatedSlice]) -> float:
    """Median time of a slice detected alone, after one to warm up."""
    detector = YoloDetector(weights, Model(weights.stem, sha256_of(weights)), "cpu")
    seconds = []
    for annotated in slices[:13]:
        started = time.perf_counter()
        detector.detect([annotated.image])
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds[1:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--dataset", type=Path, required=True, help="EMIDEC in PNG form")
    parser.add_argument("--volume", type=Path, help="a NIfTI volume kept out of training")
    parser.add_argument("--labels", type=Path, help="its labels")
    arguments = parser.parse_args()

    split = emidec_split(arguments.dataset)
    parts = {
        "validation": read_patients(arguments.dataset, split.validation),
        "test": read_patients(arguments.dataset, split.test),
        "phantoms": phantom_slices(PHANTOM_SEEDS),
    }
    if arguments.volume and arguments.labels:
        parts[arguments.volume.name] = volume_slices(arguments.volume, arguments.labels)
    report = {
        "sha256": sha256_of(arguments.weights),
        "split_sha256": split.sha256,
        "seconds_per_slice": seconds_per_slice(arguments.weights, parts["test"]),
        **{name: asdict(scores_of(arguments.weights, slices)) for name, slices in parts.items()},
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
