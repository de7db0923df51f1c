"""Readers differ in where they draw the border of scar: views with the one that a more or less generous reader draws.

A step of sensitivity is the same distance along the wall wherever it is taken, so that every cut of the logits, from a
core of the scar to the whole wall, is a mask that a reader might have drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from scarmass.domain.structures import Structure
from scarmass.training.segmenter.contrast import uniform
from scarmass.training.segmenter.masks import distance_to
from scarmass.training.segmenter.prompts import BLOOD_POOL, LEFT_VENTRICLE, SCAR, SMALLEST_PART_PIXELS, part_sizes
from scarmass.training.segmenter.slices import WITH_PARTS
from scarmass.training.segmenter.views import Views


@dataclass(frozen=True)
class BorderSettings:
    """moved_share: share of views whose border is moved to a sensitivity between the two of `sensitivity`.

    mm_per_step: by how much it moves for each unit. by_centre: the sensitivity at which a centre's references count,
    which are where the moving starts from; 0 for centres that are not named.
    """

    moved_share: float
    sensitivity: tuple[float, float]
    mm_per_step: float
    by_centre: Mapping[str, float]


def draw_steps(own: Tensor, settings: BorderSettings) -> Tensor:
    """By how much sensitivity each view's border is to be moved (n,), 0 where it stays. own: where it is (n,)."""
    if not settings.moved_share:
        return torch.zeros_like(own)
    is_moved = torch.rand_like(own) < settings.moved_share
    return torch.where(is_moved, uniform(len(own), settings.sensitivity, own.device) - own, 0.0)


@torch.no_grad()
def move_borders(views: Views, outwards_mm: Tensor) -> tuple[Views, Tensor]:
    """The views with the border of their scar moved within the wall by so many mm (n,), and whether each was (n,).

    The border lies between scar and wall that is none: scar is lost from there alone, not from blood or epicardium. A
    view is left as it is where it shows no scar, or where a part of its scar would be lost.
    """
    scar, parts = views.masks[:, SCAR], views.parts[:, WITH_PARTS.index(Structure.SCAR)].long()
    wall = scar | (views.masks[:, LEFT_VENTRICLE] & ~views.masks[:, BLOOD_POOL])
    pixels = (outwards_mm / views.pixel_mm)[:, None, None]
    grows, reach = pixels >= 0, pixels.abs() + 0.5  # the border lies half a pixel from the centres beside it
    distance = distance_to(torch.where(grows, scar, wall & ~scar), int(reach.amax().ceil()))
    moved = torch.where(grows, wall & (distance <= reach), scar & (distance > reach))
    before, after = (part_sizes(mask, parts) >= SMALLEST_PART_PIXELS for mask in (scar, moved))
    is_moved = scar.flatten(1).any(1) & (after | ~before).all(1)
    masks = views.masks.clone()
    masks[:, SCAR] = torch.where(is_moved[:, None, None], moved, scar)
    return views._replace(masks=masks), is_moved
