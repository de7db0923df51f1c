"""What replicas of a test hold: models that echo, and tell who they are and what they remember."""

import os
import time
from pathlib import Path
from typing import Any

from scarmass.domain.errors import WeightsInvalid
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.promotion import ModelKind
from scarmass.domain.prompts import Prompt
from scarmass.domain.protocols import Model, Segmentation, SliceImage
from scarmass.inference.weights.load import sha256_of
from tests.fakes import EchoSegmenter, FakeDetector

BROKEN = b"broken"


class TellingSegmenter(EchoSegmenter):
    """score: the process that answered. is_likeliest: whether the slice was embedded. A key that names a file is
    answered once that file is there; one that says so fails."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model  # type: ignore[misc]

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        if image.key == "fails":
            raise RuntimeError("the model stumbled")
        if image.key.startswith("/"):
            Path(f"{image.key}.{os.getpid()}").touch()
            while not Path(image.key).exists():
                time.sleep(0.02)
        prompt.require_inside(*image.pixels.shape)
        said = super().segment(image, region, prompt)
        return Segmentation(said.mask, os.getpid(), said.logits, image.key in self.embedded)


def open_fake(kind: ModelKind, weights: Path) -> Any:
    if weights.read_bytes() == BROKEN:
        raise WeightsInvalid("broken")
    model = Model(f"fake {kind}", sha256_of(weights))
    if kind is ModelKind.SEGMENTER:
        return TellingSegmenter(model)
    detector = FakeDetector()
    detector.model = model  # type: ignore[misc]
    return detector
