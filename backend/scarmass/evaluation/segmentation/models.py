"""The models under evaluation."""

from pathlib import Path

from scarmass.domain.protocols import Detector, Model, Segmenter
from scarmass.inference.detector import YoloDetector
from scarmass.inference.segmenter.engine import SegmenterEngine
from scarmass.inference.weights.load import load, resolve, verify


def load_models(
    detector: str, segmenter: str, weights_folder: Path, export_folder: Path, device: str = "auto"
) -> tuple[Detector, Segmenter]:
    """The models by name in the catalog or by file, as the server loads them. Raises WeightsMissing,
    WeightsInvalid."""
    entry, file = resolve(detector, weights_folder)
    return (
        YoloDetector(file, Model(entry.name, verify(entry, file)), device),
        SegmenterEngine(load(segmenter, weights_folder), device=device, export_folder=export_folder),
    )
