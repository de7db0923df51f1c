"""Measure segmenters on patients they were not trained on, on phantoms, and on a volume in native geometry.

python -m scarmass.training.evaluate_segmenter --dataset FOLDER --weights FOLDER --exports FOLDER NAME_OR_FILE...
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from scarmass.inference.engine import SegmenterEngine
from scarmass.inference.weights import load
from scarmass.training.dataset import emidec_split, phantom_slices, read_patients
from scarmass.training.evaluate_detector import PHANTOM_SEEDS, volume_slices
from scarmass.training.segmenter_scores import segmenter_scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("segmenters", nargs="+", help="names in the catalog of weights, or files")
    parser.add_argument("--weights", type=Path, required=True, help="folder of the catalog of weights")
    parser.add_argument("--exports", type=Path, required=True, help="folder for the encoder's ONNX export")
    parser.add_argument("--dataset", type=Path, required=True, help="EMIDEC in PNG form")
    parser.add_argument("--volume", type=Path, help="a NIfTI volume kept out of training")
    parser.add_argument("--labels", type=Path, help="its labels")
    arguments = parser.parse_args()

    split = emidec_split(arguments.dataset)
    parts = {
        "test": read_patients(arguments.dataset, split.test),
        "phantoms": phantom_slices(PHANTOM_SEEDS),
    }
    if arguments.volume and arguments.labels:
        parts[arguments.volume.name] = volume_slices(arguments.volume, arguments.labels)
    for segmenter in arguments.segmenters:
        engine = SegmenterEngine(load(segmenter, arguments.weights), device="cpu", export_folder=arguments.exports)
        scores = {name: segmenter_scores(engine, slices) for name, slices in parts.items()}
        report = {"model": asdict(engine.model), "split_sha256": split.sha256, **scores}
        print(json.dumps(report, indent=2), flush=True)


if __name__ == "__main__":
    main()
