"""Models that tests can see through: one echoes its prompt, one knows the truth."""

import threading
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask, pixel_index
from scarmass.domain.prompts import Box, Prompt
from scarmass.domain.protocols import DetectedBox, Model, Segmentation, SliceImage, VentricleOutline
from scarmass.domain.structures import Structure


class FakeDetector:
    """One left ventricle in the middle half of each slice, and a scar in its upper left: a quarter of it, close up."""

    model = Model("fake-detector", "0" * 64)

    def __init__(self) -> None:
        self.calls = 0

    def detect(self, images: Sequence[SliceImage], region: HeartRegion | None = None) -> list[list[DetectedBox]]:
        self.calls += 1
        return [self._boxes(image, 0.6 if region is None else 0.5) for image in images]

    def _boxes(self, image: SliceImage, scar_ends: float) -> list[DetectedBox]:
        rows, columns = image.pixels.shape
        ventricle = Box(columns * 0.25, rows * 0.25, columns * 0.75, rows * 0.75)
        scar = Box(columns * 0.25, rows * 0.25, columns * scar_ends, rows * scar_ends)
        return [
            DetectedBox(ventricle, Structure.LEFT_VENTRICLE, 0.9),
            DetectedBox(scar, Structure.SCAR, 0.8),
        ]


class EchoSegmenter:
    """The mask is the prompt itself: pixels whose centre lies in a box, and the pixel under each positive point."""

    model = Model("echo", "1" * 64)
    is_structure_conditioned = False
    device_and_precision = "nothing, bool"
    encodes_at_once = 1
    kept_bytes: Mapping[str, int] = MappingProxyType({})

    def __init__(self) -> None:
        self.embedded: list[str] = []
        self.before_answer: Callable[[Prompt], None] = lambda _: None
        self._lock = threading.Lock()

    def embed(self, image: SliceImage, region: HeartRegion | None) -> None:
        with self._lock:
            self.embedded.append(image.key)

    def forget(self) -> None:
        with self._lock:
            self.embedded.clear()

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        self.before_answer(prompt)
        mask = np.zeros(image.pixels.shape, bool)
        rows, columns = image.pixels.shape
        y, x = np.mgrid[:rows, :columns] + 0.5
        for box in prompt.boxes:
            mask |= (x > box.x0) & (x < box.x1) & (y > box.y0) & (y < box.y1)
        logits = certain(mask)
        if prompt.previous is not None:
            mask |= prompt.previous
        for point in prompt.points:
            mask[pixel_index(point.x, point.y, mask.shape)] = point.positive
        return Segmentation(mask, 0.9, logits)

    def outline_ventricle(
        self, image: SliceImage, region: HeartRegion | None, box: Box | None
    ) -> VentricleOutline | None:
        """The round ventricle that the box holds, and blood within half its radius."""
        if box is None:
            return None
        y, x = np.mgrid[: image.pixels.shape[0], : image.pixels.shape[1]] + 0.5
        (middle_x, middle_y), radius = box.centre, (box.x1 - box.x0) / 2
        from_middle = np.hypot(x - middle_x, y - middle_y)
        return VentricleOutline(certain(from_middle < radius), certain(from_middle < radius / 2))


class WithoutOutlines(EchoSegmenter):
    """One whose readings come without contours: a test says which slices have them."""

    def outline_ventricle(
        self, image: SliceImage, region: HeartRegion | None, box: Box | None
    ) -> VentricleOutline | None:
        return None


class OracleSegmenter(EchoSegmenter):
    """Answers with the true mask of the slice, known by its pixels' key."""

    model = Model("oracle", "2" * 64)

    def __init__(self, truth: Mapping[str, Mask]) -> None:
        super().__init__()
        self.truth = truth

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        self.before_answer(prompt)
        return Segmentation(self.truth[image.key], 1.0, certain(self.truth[image.key]))


def certain(mask: Mask) -> NDArray[np.float32]:
    """Logits that no sensitivity cuts otherwise."""
    return np.where(mask, np.float32(np.inf), np.float32(-np.inf))
