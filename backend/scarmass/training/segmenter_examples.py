"""What the segmenter is fine-tuned on: slices and augmented views of them, each with its window and embedding."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from scarmass.domain.left_ventricle import HeartRegion, heart_region
from scarmass.domain.prompts import Structure
from scarmass.inference.window import SIDE_PER_DIAMETER, Float32, Normalisation, Window, encoder_input, stack_window
from scarmass.training.augment import Augmentation, augmented
from scarmass.training.dataset import NOMINAL_DIAMETER_MM, AnnotatedSlice
from scarmass.training.drawn_prompts import box_around

VIEW_SIDE = 256
"""Pixels on the longer side of an augmented view; with the ventricle's share it sets the native resolution."""


@dataclass(frozen=True)
class Views:
    """How many augmented views of a training slice are encoded, and how far their windows may be off."""

    scar_slices: int
    other_slices: int
    side_per_diameter: tuple[float, float]
    centre_jitter_mm: float


@dataclass(frozen=True)
class Example:
    """A slice or an augmented view of one, its window, and the file that keeps the window's embedding."""

    annotated: AnnotatedSlice
    window: Window
    embedding_file: Path

    def embedding(self) -> Tensor:
        """float32 (1, 256, 64, 64)."""
        return torch.from_numpy(np.load(self.embedding_file)).float()


@dataclass(frozen=True)
class KeptEmbeddings:
    """Encodes windows and keeps the embeddings in a folder, so that another run need not."""

    folder: Path
    encode: Callable[[Float32], Tensor]
    input_size: int
    normalisation: Normalisation

    def example(self, annotated: AnnotatedSlice, window: Window, name: str) -> Example:
        file = self.folder / f"{name}.npy"
        if not file.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            pixels = encoder_input(annotated.pixels, window, self.input_size, self.normalisation)
            np.save(file, self.encode(pixels).numpy().astype(np.float16))
        return Example(annotated, window, file)


def training_examples(
    slices: Sequence[AnnotatedSlice], views: Views, augmentation: Augmentation, seed: int, kept: KeptEmbeddings
) -> list[Example]:
    """Augmented views of the slices that show a ventricle, each with a window as a detector might have placed it."""
    examples: list[Example] = []
    for annotated in slices:
        if not annotated.masks[Structure.LEFT_VENTRICLE].any():
            continue
        has_scar = annotated.masks[Structure.SCAR].any()
        for number in range(views.scar_slices if has_scar else views.other_slices):
            name = f"{annotated.patient}-{annotated.index}-{number}"
            generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
            view = augmented(annotated, VIEW_SIDE, augmentation, generator)
            if view.masks[Structure.LEFT_VENTRICLE].any():
                examples.append(kept.example(view, _jittered_window(view, views, generator), name))
    return examples


def plain_examples(slices: Sequence[AnnotatedSlice], kept: KeptEmbeddings) -> list[Example]:
    """The slices with scar as they are, in their patient's window."""
    regions = heart_regions(slices)
    examples: list[Example] = []
    for annotated in slices:
        if annotated.masks[Structure.SCAR].any():
            window = stack_window(_shape(annotated), annotated.pixel_spacing_mm, regions[annotated.patient])
            examples.append(kept.example(annotated, window, f"{annotated.patient}-{annotated.index}"))
    return examples


def heart_regions(slices: Sequence[AnnotatedSlice]) -> dict[str, HeartRegion | None]:
    """Each patient's heart, from the reference outlines of the ventricle."""
    regions: dict[str, HeartRegion | None] = {}
    for patient in {annotated.patient for annotated in slices}:
        own = [annotated for annotated in slices if annotated.patient == patient]
        ventricles = [annotated.masks[Structure.LEFT_VENTRICLE] for annotated in own]
        boxes = [box_around(ventricle, 0) for ventricle in ventricles if ventricle.any()]
        regions[patient] = heart_region(boxes, own[0].pixel_spacing_mm)
    return regions


def _jittered_window(view: AnnotatedSlice, views: Views, generator: np.random.Generator) -> Window:
    row_mm, column_mm = view.pixel_spacing_mm
    centre = box_around(view.masks[Structure.LEFT_VENTRICLE], 0).centre
    x, y = centre + generator.normal(0, views.centre_jitter_mm, 2) / (column_mm, row_mm)
    diameter_mm = NOMINAL_DIAMETER_MM * generator.uniform(*views.side_per_diameter) / SIDE_PER_DIAMETER
    return stack_window(_shape(view), view.pixel_spacing_mm, HeartRegion(x, y, diameter_mm))


def _shape(annotated: AnnotatedSlice) -> tuple[int, int]:
    rows, columns = annotated.pixels.shape
    return rows, columns
