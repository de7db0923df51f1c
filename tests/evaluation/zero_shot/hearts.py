"""Slices and backbones that a benchmark's tests can see through."""

from collections.abc import Sequence

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask
from scarmass.domain.prompts import PromptGroup, within
from scarmass.domain.protocols import Model, SliceImage
from scarmass.domain.structures import Structure
from scarmass.evaluation.zero_shot.backbone import EmbeddedSlice, Seconds
from scarmass.inference.segmenter.window import stack_window


def heart(patient: str = "one", index: int = 0, with_scar: bool = True) -> AnnotatedSlice:
    """A ring with two scars, of 28 and 9 degrees to either side, and a speck too small for a prompt of its own."""
    y, x = np.mgrid[:100, :100] + 0.5
    radius, angle = np.hypot(x - 50, y - 50), np.arctan2(y - 50, x - 50)
    ventricle, blood = radius < 30, radius < 20
    scar = ventricle & ~blood & ((np.abs(angle) < 0.5) | (np.abs(angle - 1.8) < 0.16))
    scar[50, 24:27] = True
    masks = {
        Structure.LEFT_VENTRICLE: ventricle,
        Structure.BLOOD_POOL: blood,
        Structure.SCAR: scar & with_scar,
        Structure.NO_REFLOW: np.zeros_like(scar),
    }
    return AnnotatedSlice(patient, index, (x + index).astype(np.float32), (1.4, 1.4), masks)


class EchoBackbone:
    """Answers with the boxes themselves. cut_off_after: slices embedded before the power fails."""

    def __init__(self, name: str = "echo", cut_off_after: int | None = None) -> None:
        self.model = Model(name, "1" * 64)
        self.embedded: list[str] = []
        self._cut_off_after = cut_off_after

    def embed(self, image: SliceImage, region: HeartRegion | None) -> EmbeddedSlice:
        if self._cut_off_after == len(self.embedded):
            raise KeyboardInterrupt
        self.embedded.append(image.key)
        rows, columns = image.pixels.shape
        window = stack_window((rows, columns), image.pixel_spacing_mm, region)
        return EmbeddedSlice(image, window, Seconds(2.0, 1.0), {window: None})

    def answer(self, embedded: EmbeddedSlice, groups: Sequence[PromptGroup]) -> Mask:
        mask = np.zeros(embedded.image.pixels.shape, dtype=bool)
        for group in groups:
            if group.box is not None:
                mask |= within(group.box, mask.shape)
        return mask
