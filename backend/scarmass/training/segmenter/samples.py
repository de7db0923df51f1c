"""What the segmenter is trained on: augmented views of annotated slices, each with its window."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.datasets.layouts.emidec_png import NOMINAL_DIAMETER_MM
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.prompts import box_around
from scarmass.domain.structures import Structure
from scarmass.inference.segmenter.window import SIDE_PER_DIAMETER, Window, stack_window
from scarmass.training.augment import Augmentation, seen_anew, with_new_contrast

VIEW_SIDE = 256
"""Pixels on the longer side of an augmented view; with the ventricle's share it sets the native resolution."""


@dataclass(frozen=True)
class Views:
    """How many views of a training slice there are, and how far their windows may be off.

    fresh_contrast_share: how often the refiner sees a view in another contrast than the one that was encoded.
    """

    scar_slices: int
    other_slices: int
    phantom_slices: int
    phantom_seeds: tuple[int, int]
    side_per_diameter: tuple[float, float]
    centre_jitter_mm: float
    fresh_contrast_share: float


@dataclass(frozen=True)
class Example:
    """A slice, or a view of one, and its window. source: the slice; base: the view before its contrast was changed."""

    name: str
    source: AnnotatedSlice
    base: AnnotatedSlice
    annotated: AnnotatedSlice
    window: Window


def training_examples(
    slices: Sequence[AnnotatedSlice],
    phantoms: Sequence[AnnotatedSlice],
    views: Views,
    augmentation: Augmentation,
    seed: int,
) -> list[Example]:
    """Augmented views of the slices that show myocardium, each with a window as a detector might have placed it."""
    wanted = [(s, views.scar_slices if s.masks[Structure.SCAR].any() else views.other_slices) for s in slices]
    wanted += [(s, views.phantom_slices) for s in phantoms]
    examples: list[Example] = []
    for annotated, count in wanted:
        for number in range(count):
            name = f"{annotated.patient}-{annotated.index}-{number}"
            generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
            example = _view(name, annotated, views, augmentation, generator)
            if example.annotated.myocardium.any():
                examples.append(example)
    return examples


def seen_again(example: Example, views: Views, augmentation: Augmentation, generator: np.random.Generator) -> Example:
    """Another view of the same slice, for once."""
    view = _view(example.name, example.source, views, augmentation, generator)
    return view if view.annotated.myocardium.any() else example


def in_another_contrast(example: Example, augmentation: Augmentation, generator: np.random.Generator) -> Example:
    """The same view, its contrast, coil and noise drawn anew."""
    return replace(example, annotated=with_new_contrast(example.base, augmentation, generator))


def _view(
    name: str, source: AnnotatedSlice, views: Views, augmentation: Augmentation, generator: np.random.Generator
) -> Example:
    base = seen_anew(source, VIEW_SIDE, augmentation, generator)
    view = with_new_contrast(base, augmentation, generator)
    return Example(name, source, base, view, _jittered_window(view, views, generator))


def _jittered_window(view: AnnotatedSlice, views: Views, generator: np.random.Generator) -> Window:
    row_mm, column_mm = view.pixel_spacing_mm
    ventricle = view.masks[Structure.LEFT_VENTRICLE]
    centre = (
        box_around(ventricle, 0).centre if ventricle.any() else (view.pixels.shape[1] / 2, view.pixels.shape[0] / 2)
    )
    x, y = centre + generator.normal(0, views.centre_jitter_mm, 2) / (column_mm, row_mm)
    diameter_mm = NOMINAL_DIAMETER_MM * generator.uniform(*views.side_per_diameter) / SIDE_PER_DIAMETER
    return stack_window(_shape(view), view.pixel_spacing_mm, HeartRegion(x, y, diameter_mm))


def _shape(annotated: AnnotatedSlice) -> tuple[int, int]:
    rows, columns = annotated.pixels.shape
    return rows, columns
