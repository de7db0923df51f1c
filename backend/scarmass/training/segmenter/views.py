"""Augmented views of annotated slices, each with its window."""

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
from scarmass.training.augment import Augmentation, with_new_contrast, with_new_field_of_view

VIEW_SIDE = 256
"""Pixels on the longer side of an augmented view; with the ventricle's share it sets the native resolution."""


@dataclass(frozen=True)
class ViewSettings:
    """per_scar_slice, per_other_slice, per_phantom_slice: how many kept views there are of each such slice.

    side_per_diameter: range of the window's side over the ventricle's diameter. fresh_contrast_share: how often the
    refiner gets a view in another contrast than the one that was encoded.
    """

    per_scar_slice: int
    per_other_slice: int
    per_phantom_slice: int
    phantom_seeds: tuple[int, int]
    side_per_diameter: tuple[float, float]
    centre_jitter_mm: float
    fresh_contrast_share: float


@dataclass(frozen=True)
class AugmentedView:
    """An augmented slice and its window. source: the slice; base: the view before its contrast was changed."""

    name: str
    source: AnnotatedSlice
    base: AnnotatedSlice
    annotated: AnnotatedSlice
    window: Window


def training_views(
    slices: Sequence[AnnotatedSlice],
    phantoms: Sequence[AnnotatedSlice],
    settings: ViewSettings,
    augmentation: Augmentation,
    seed: int,
) -> list[AugmentedView]:
    """The kept views of all slices that show myocardium, each with a window as a detector might have placed it."""
    counts = [
        (s, settings.per_scar_slice if s.masks[Structure.SCAR].any() else settings.per_other_slice) for s in slices
    ]
    counts += [(s, settings.per_phantom_slice) for s in phantoms]
    views: list[AugmentedView] = []
    for annotated, count in counts:
        for number in range(count):
            name = f"{annotated.patient}-{annotated.index}-{number}"
            generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
            view = _view(name, annotated, settings, augmentation, generator)
            if view.annotated.myocardium.any():
                views.append(view)
    return views


def fresh_view(
    view: AugmentedView, settings: ViewSettings, augmentation: Augmentation, generator: np.random.Generator
) -> AugmentedView:
    """Another view of the same slice; the given one where the other would show no myocardium."""
    fresh = _view(view.name, view.source, settings, augmentation, generator)
    return fresh if fresh.annotated.myocardium.any() else view


def in_another_contrast(
    view: AugmentedView, augmentation: Augmentation, generator: np.random.Generator
) -> AugmentedView:
    """The same view with another contrast, coil and noise."""
    return replace(view, annotated=with_new_contrast(view.base, augmentation, generator))


def _view(
    name: str,
    source: AnnotatedSlice,
    settings: ViewSettings,
    augmentation: Augmentation,
    generator: np.random.Generator,
) -> AugmentedView:
    base = with_new_field_of_view(source, VIEW_SIDE, augmentation, generator)
    annotated = with_new_contrast(base, augmentation, generator)
    return AugmentedView(name, source, base, annotated, _jittered_window(annotated, settings, generator))


def _jittered_window(view: AnnotatedSlice, settings: ViewSettings, generator: np.random.Generator) -> Window:
    row_mm, column_mm = view.pixel_spacing_mm
    ventricle = view.masks[Structure.LEFT_VENTRICLE]
    centre = (
        box_around(ventricle, 0).centre if ventricle.any() else (view.pixels.shape[1] / 2, view.pixels.shape[0] / 2)
    )
    x, y = centre + generator.normal(0, settings.centre_jitter_mm, 2) / (column_mm, row_mm)
    diameter_mm = NOMINAL_DIAMETER_MM * generator.uniform(*settings.side_per_diameter) / SIDE_PER_DIAMETER
    return stack_window(_shape(view), view.pixel_spacing_mm, HeartRegion(x, y, diameter_mm))


def _shape(annotated: AnnotatedSlice) -> tuple[int, int]:
    rows, columns = annotated.pixels.shape
    return rows, columns
