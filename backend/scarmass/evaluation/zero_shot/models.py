"""The models of a benchmark, opened from the weights folder, one backbone in memory at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from scarmass.domain.protocols import Detector, Model
from scarmass.evaluation.zero_shot.backbone import Backbone, PublishedBackbone
from scarmass.inference.detector import YoloDetector
from scarmass.inference.weights.load import load, resolve, verify


def opened_backbones(names: Sequence[str], folder: Path) -> Iterator[Backbone]:
    """Each when its turn comes, but all are found before the first: WeightsMissing, WeightsInvalid at once."""
    for name in names:
        resolve(name, folder)
    return (PublishedBackbone(load(name, folder)) for name in names)


def opened_detector(name: str, folder: Path) -> Detector:
    """Raises WeightsMissing, WeightsInvalid."""
    entry, path = resolve(name, folder)
    return YoloDetector(path, Model(entry.name, verify(entry, path)), "cpu")
