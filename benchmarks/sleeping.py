"""Replicas of a model that only takes time, as a GPU would: one run after the other, of what came together.

`python -m benchmarks.sleeping PORT PORT_OF_RAY FOLDER REPLICAS RUN_MS`
"""

import os
import signal
import sys
import time
from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask
from scarmass.domain.promotion import ModelKind
from scarmass.domain.prompts import Box, Prompt, within
from scarmass.domain.protocols import (
    DetectedBox,
    Detector,
    Model,
    Segmentation,
    Segmenter,
    SliceImage,
    VentricleOutline,
)
from scarmass.domain.structures import Structure
from scarmass.inference.remote.cluster import Machine
from scarmass.inference.together import Together
from scarmass.inference.weights.load import sha256_of
from scarmass.replicas import run_replicas
from scarmass.settings import Settings

RUN_MS = "SCARMASS_SLEEPING_RUN_MS"
IN_ONE_RUN = 8


class SleepingSegmenter:
    """Answers a prompt with what lies in its boxes, after a run. Encoding takes a run as well. What was answered before
    is known, as an engine keeps what it decoded."""

    is_structure_conditioned = False
    device_and_precision = "asleep"
    encodes_at_once = 1
    kept_bytes: Mapping[str, int] = MappingProxyType({})

    def __init__(self, model: Model, run_s: float) -> None:
        self.model = model
        self._run_s = run_s
        self._known: set[Hashable] = set()
        self._run = Together(self._sleep, IN_ONE_RUN)

    def embed(self, image: SliceImage, region: HeartRegion | None) -> None:
        self._answer(image.key)

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        self._answer(image.key)
        before = None if prompt.previous is None else prompt.previous.tobytes()
        self._answer((image.key, prompt.structure, prompt.boxes, prompt.points, before))
        mask: Mask = np.zeros(image.pixels.shape, bool) if prompt.previous is None else prompt.previous
        for box in prompt.boxes:
            mask = mask | within(box, mask.shape)
        return Segmentation(mask, 0.9, np.where(mask, np.float32(4), -np.float32(np.inf)))

    def outline_ventricle(
        self, image: SliceImage, region: HeartRegion | None, box: Box | None
    ) -> VentricleOutline | None:
        return None

    def forget(self) -> None:
        self._known.clear()

    def _answer(self, asked: Hashable) -> None:
        if asked not in self._known:
            self._run(asked)
            self._known.add(asked)

    def _sleep(self, asked: Sequence[Hashable]) -> Sequence[Hashable]:
        time.sleep(self._run_s)
        return asked


class SleepingDetector:
    """Finds the left ventricle in the middle of each slice, at once."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def detect(self, images: Sequence[SliceImage], region: HeartRegion | None = None) -> list[list[DetectedBox]]:
        return [[DetectedBox(_middle(image), Structure.LEFT_VENTRICLE, 0.9)] for image in images]


def open_sleeping(kind: ModelKind, weights: Path) -> Detector | Segmenter:
    model = Model(f"sleeping {kind}", sha256_of(weights))
    if kind is ModelKind.DETECTOR:
        return SleepingDetector(model)
    return SleepingSegmenter(model, float(os.environ[RUN_MS]) / 1000)


def _middle(image: SliceImage) -> Box:
    rows, columns = image.pixels.shape
    return Box(0.3 * columns, 0.3 * rows, 0.7 * columns, 0.7 * rows)


def main(port: str, cluster_port: str, folder: str, replicas: str, run_ms: str) -> None:
    os.environ[RUN_MS] = run_ms
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        run_replicas(
            Settings(device="cpu"),
            Machine("127.0.0.1", int(cluster_port), processors=int(replicas)),
            int(port),
            int(replicas),
            opens=open_sleeping,
            kept=partial(Path, folder),
            at_once=2 * IN_ONE_RUN,
            waiting=256,
            started=lambda: print("started", flush=True),
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
