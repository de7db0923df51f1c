"""Two patients that tests can work out by hand, and models that answer from what they know of them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Box, Prompt, box_around
from scarmass.domain.protocols import DetectedBox, Model, Segmentation, SliceImage, VentricleOutline
from scarmass.domain.sensitivity import mask_at
from scarmass.domain.structures import Structure
from tests.fakes import certain

SIDE = 64


def heart(
    patient: str = "infarct", index: int = 0, scar_degrees: float = 40, *, nominal: bool = False, centre: str = "here"
) -> AnnotatedSlice:
    """A round ventricle in the middle; scar in its wall to either side of the horizontal, 0 degrees: none."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    radius, angle = np.hypot(x - 32, y - 32), np.degrees(np.arctan2(y - 32, x - 32))
    ventricle, blood = radius < 20, radius < 12
    scar = ventricle & ~blood & (np.abs(angle) < scar_degrees)
    pixels = 50 + 40 * blood + 150 * scar + np.random.default_rng(index).normal(0, 5, scar.shape)
    return AnnotatedSlice(
        patient=patient,
        index=index,
        pixels=pixels.astype(np.float32),
        pixel_spacing_mm=(2.0, 2.0),
        masks={
            Structure.LEFT_VENTRICLE: ventricle,
            Structure.BLOOD_POOL: blood,
            Structure.SCAR: scar,
            Structure.NO_REFLOW: np.zeros_like(scar),
        },
        centre=centre,
        slice_thickness_mm=None if nominal else 8.0,
        slice_spacing_mm=None if nominal else 10.0,
        spacing_is_nominal=nominal,
    )


def cohort(*, nominal: bool = False) -> list[AnnotatedSlice]:
    """Four patients with ever larger scars and one without, two slices each."""
    slices = []
    for number in range(4):
        for index, degrees in enumerate((0 if number == 0 else 20 + 15 * number, 30 + 20 * number)):
            slices.append(heart(f"infarct {number}", index, degrees, nominal=nominal, centre="here"))
    return slices + [heart("scar-free", index, 0, nominal=nominal, centre="there") for index in range(2)]


class KnowingDetector:
    """The ventricle of every slice, and a box around all scar where it is told to find it."""

    model = Model("knowing detector", "d" * 64)

    def __init__(self, slices: Sequence[AnnotatedSlice], *, finds_scar: bool = True) -> None:
        self._masks = {annotated.image.key: annotated.masks for annotated in slices}
        self._finds_scar = finds_scar

    def detect(self, images: Sequence[SliceImage], region: HeartRegion | None = None) -> list[list[DetectedBox]]:
        return [self._boxes(self._masks[image.key]) for image in images]

    def _boxes(self, masks) -> list[DetectedBox]:
        found = [DetectedBox(box_around(masks[Structure.LEFT_VENTRICLE]), Structure.LEFT_VENTRICLE, 0.9)]
        if self._finds_scar and masks[Structure.SCAR].any():
            found.append(DetectedBox(box_around(masks[Structure.SCAR]), Structure.SCAR, 0.8))
        return found


class RecordingSegmenter(ABC):
    """Keeps what it was asked and what it answered; embeds at no cost."""

    model = Model("recording segmenter", "e" * 64)
    is_structure_conditioned = False
    device_and_precision = "nothing, bool"
    encodes_at_once = 1
    kept_bytes: Mapping[str, int] = MappingProxyType({})

    def __init__(self) -> None:
        self.asked: list[tuple[str, Prompt]] = []
        self.regions: list[HeartRegion | None] = []
        self.answered: list[Mask] = []
        self.embedded: list[str] = []

    def embed(self, image: SliceImage, region: HeartRegion | None) -> None:
        self.embedded.append(image.key)
        self.regions.append(region)

    def forget(self) -> None:
        self.embedded.clear()

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        self.asked.append((image.key, prompt))
        self.regions.append(region)
        mask = self.mask(image, prompt)
        self.answered.append(mask)
        return Segmentation(mask, 1.0, self.logits(image, mask))

    def outline_ventricle(
        self, image: SliceImage, region: HeartRegion | None, box: Box | None
    ) -> VentricleOutline | None:
        return None

    def logits(self, image: SliceImage, mask: Mask) -> NDArray[np.float32]:
        return certain(mask)

    @abstractmethod
    def mask(self, image: SliceImage, prompt: Prompt) -> Mask:
        """The answer to a prompt."""


class PerfectSegmenter(RecordingSegmenter):
    """Knows the scar of every slice, and answers with all of it."""

    def __init__(self, slices: Sequence[AnnotatedSlice]) -> None:
        super().__init__()
        self._scars = {annotated.image.key: annotated.masks[Structure.SCAR] for annotated in slices}

    def mask(self, image: SliceImage, prompt: Prompt) -> Mask:
        return self._scars[image.key]


class GenerousSegmenter(PerfectSegmenter):
    """Draws the middle of the scar alone, and its rim too from a sensitivity of 2 on, or where it is clicked."""

    def mask(self, image: SliceImage, prompt: Prompt) -> Mask:
        scar = super().mask(image, prompt)
        return (
            scar
            if any(point.positive for point in prompt.points)
            else scar & (mask_at(self.logits(image, scar), prompt.sensitivity))
        )

    def logits(self, image: SliceImage, mask: Mask) -> NDArray[np.float32]:
        scar = self._scars[image.key]
        middle = ndimage.binary_erosion(scar, iterations=2)
        return np.where(middle, 9, np.where(scar, -1.75, -9)).astype(np.float32)


class SilentSegmenter(RecordingSegmenter):
    """Finds nothing in any prompt."""

    def mask(self, image: SliceImage, prompt: Prompt) -> Mask:
        return np.zeros(image.pixels.shape, dtype=bool)


class ClickedSegmenter(RecordingSegmenter):
    """Answers the boxes themselves, and then adds or takes away 5 x 5 pixels around every click."""

    def mask(self, image: SliceImage, prompt: Prompt) -> Mask:
        y, x = np.mgrid[: image.pixels.shape[0], : image.pixels.shape[1]] + 0.5
        mask = np.zeros(image.pixels.shape, dtype=bool)
        for box in prompt.boxes:
            mask |= (x > box.x0) & (x < box.x1) & (y > box.y0) & (y < box.y1)
        for point in prompt.points:
            mask[(np.abs(x - point.x) < 3) & (np.abs(y - point.y) < 3)] = point.positive
        return mask
