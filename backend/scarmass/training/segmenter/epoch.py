"""Which slices come in an epoch, and how often each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.structures import Structure
from scarmass.training.segmenter.slices import SliceTensors, slice_tensors
from scarmass.training.segmenter.views import ViewSettings


@dataclass(frozen=True)
class Epoch:
    """order: indices (k,) into the slices, each as often as its slice comes."""

    slices: SliceTensors
    order: NDArray[np.int64]


def epoch_of(
    real: Sequence[AnnotatedSlice],
    phantoms: Sequence[AnnotatedSlice],
    settings: ViewSettings,
    sensitivities: Mapping[str, float],
) -> Epoch:
    """All slices that show myocardium, those with scar more often, those of small centres as often as is asked for.

    sensitivities: at which references count, by centre; else 0.
    """
    shown = [annotated for annotated in [*real, *phantoms] if annotated.myocardium.any()]
    is_phantom = {id(annotated) for annotated in phantoms}
    by_centre: dict[str, list[int]] = defaultdict(list)
    of_phantoms: list[int] = []
    for number, annotated in enumerate(shown):
        if id(annotated) in is_phantom:
            of_phantoms += [number] * settings.per_phantom_slice
        else:
            has_scar = annotated.masks[Structure.SCAR].any()
            by_centre[annotated.centre] += [number] * (
                settings.per_scar_slice if has_scar else settings.per_other_slice
            )
    largest = max(map(len, by_centre.values()), default=0)
    order = list(of_phantoms)
    for own in by_centre.values():
        # A centre's share of two, were the other one the largest: repeated, whole, until it is reached.
        wanted = settings.least_centre_share / (1 - settings.least_centre_share) * largest
        order += own * max(1, round(wanted / len(own)))
    return Epoch(slice_tensors(shown, sensitivities), np.array(order))
