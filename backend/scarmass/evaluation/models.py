"""The models under evaluation, by their name in the catalog or by file, as the server loads them."""

from pathlib import Path

from scarmass.domain.protocols import Detector, Model, Segmenter
from scarmass.inference.detector import YoloDetector
from scarmass.inference.segmenter.engine import SegmenterEngine
from scarmass.inference.weights.load import load, resolve, verify


def load_detector(name: str, weights_folder: Path, device: str = "auto") -> Detector:
    """Raises WeightsMissing, WeightsInvalid."""
    entry, file = resolve(name, weights_folder)
    return YoloDetector(file, Model(entry.name, verify(entry, file)), device)


def load_segmenter(name: str, weights_folder: Path, export_folder: Path, device: str = "auto") -> Segmenter:
    """Raises WeightsMissing, WeightsInvalid."""
    return SegmenterEngine(load(name, weights_folder), device=device, export_folder=export_folder)
