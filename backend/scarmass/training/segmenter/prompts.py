"""The random prompts of training, in batches: what a reader might draw on a view, and the mask that answers it."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from scarmass.datasets.stack_arrays import STRUCTURES
from scarmass.domain.structures import Structure
from scarmass.inference.segmenter.window import LOGITS_SIDE
from scarmass.training.segmenter.contrast import uniform
from scarmass.training.segmenter.masks import box_around, filled, some_pixel
from scarmass.training.segmenter.slices import MOST_PARTS
from scarmass.training.segmenter.views import Views

SMALLEST_PART_PIXELS = 9
"""Smaller parts of a view's mask, in window pixels, are left over from resampling and get no prompt of their own."""

MOST_EXTRA_POINTS = 3

LEFT_VENTRICLE, BLOOD_POOL, SCAR, NO_REFLOW = (
    STRUCTURES.index(structure)
    for structure in (Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL, Structure.SCAR, Structure.NO_REFLOW)
)


@dataclass(frozen=True)
class PromptShares:
    """How often each kind of prompt comes. The rest of the structures' shares go to scar, on slices that show it."""

    no_reflow: float
    blood_pool: float
    left_ventricle: float
    around_all: float
    """Scar and no-reflow: one box around all parts rather than around one of them."""
    around_ventricle: float
    """Scar: a box around the left ventricle, which asks for all scar in it."""
    lone_point: float
    extra_points: float
    """One to three points beside the box, each inside the target or outside."""
    scar_on_no_scar: float
    """Slices without scar: a box on healthy myocardium or around the ventricle, to be answered with nothing."""
    tightest: float
    loosest: float
    """Each side of a box moves outwards by a fraction of the box's length between these two."""


class Prompts(NamedTuple):
    """n prompts. view: the view of each (n,). structure: its place among STRUCTURES (n,).

    boxes: x0, y0, x1, y1 (n, 4) in pixels of a window of 256, corner-based; all 0 where there is a point alone.
    points: x, y (n, k, 2) and labels (n, k): 1 positive, 0 negative, -1 no point. target: bool (n, 256, 256).
    """

    view: Tensor
    structure: Tensor
    boxes: Tensor
    points: Tensor
    labels: Tensor
    target: Tensor


@torch.no_grad()
def draw_prompts(views: Views, counts: Tensor, shares: PromptShares, clicks: int) -> Prompts:
    """So many prompts (views,) on each view, one view's after the other's: a box, a box with points, or a point, on one
    structure; larger parts of it more often. clicks: how many points there is room for besides."""
    device = views.grey.device
    view = torch.arange(len(views.grey), device=device).repeat_interleave(counts)
    n = len(view)
    masks = views.masks[view]
    structure = _chosen_structures(masks, shares)
    each = torch.arange(n, device=device)
    mask = masks[each, structure]
    parts = torch.where((structure == NO_REFLOW)[:, None, None], *views.parts[view].flip(1).unbind(1)).long()
    sizes = part_sizes(mask, parts)
    whole = (structure == LEFT_VENTRICLE) | (structure == BLOOD_POOL)
    has_part = (sizes >= SMALLEST_PART_PIXELS).any(1)
    chances = sizes.sqrt() * (sizes >= SMALLEST_PART_PIXELS)
    chosen = torch.where(has_part[:, None], chances, 1).multinomial(1)
    part = mask & ((parts == chosen[:, :, None]) | whole[:, None, None])
    ventricle = masks[:, LEFT_VENTRICLE]

    around_all = whole | _some(n, shares.around_all, device)
    around_ventricle = (structure == SCAR) & (
        torch.rand(n, device=device) < has_part * (shares.around_ventricle - 0.4) + 0.4
    )
    outwards = shares.tightest + (shares.loosest - shares.tightest) * torch.rand(n, 4, device=device)
    drawn_around = torch.where(around_all[:, None, None], mask, part)
    boxes = box_around(torch.where(around_ventricle[:, None, None], ventricle, drawn_around), outwards)
    healthy = ~has_part & ~around_ventricle
    myocardium = ventricle & ~masks[:, BLOOD_POOL]
    boxes = torch.where(healthy[:, None], _boxes_on(myocardium, views.pixel_mm[view]), boxes)

    alone = has_part & ~around_ventricle & _some(n, shares.lone_point, device)
    held = filled(boxes, LOGITS_SIDE)
    mostly_held = 2 * part_sizes(mask & held, parts) >= sizes
    others = held | mostly_held.gather(1, parts.flatten(1)).view_as(held)
    target = torch.where((whole | around_ventricle)[:, None, None], mask, mask & (part | others))
    target = torch.where(alone[:, None, None], part, target) & has_part[:, None, None]
    points, labels = _points(target, part, held, alone, shares, clicks)
    return Prompts(view, structure, boxes * ~alone[:, None], points, labels, target)


def _chosen_structures(masks: Tensor, shares: PromptShares) -> Tensor:
    """Places among STRUCTURES (n,): of masks (n, 4, 256, 256)."""
    n, device = len(masks), masks.device
    sizes = masks.flatten(2).sum(2)
    bounds = torch.tensor([shares.no_reflow, shares.blood_pool, shares.left_ventricle], device=device).cumsum(0)
    kind = torch.bucketize(torch.rand(n, device=device), bounds)
    wanted = torch.tensor([NO_REFLOW, BLOOD_POOL, LEFT_VENTRICLE, SCAR], device=device)[kind]
    large_enough = sizes.gather(1, wanted[:, None])[:, 0] >= SMALLEST_PART_PIXELS
    wanted = torch.where(large_enough, wanted, SCAR)
    either = torch.where(_some(n, 0.5, device) & (sizes[:, BLOOD_POOL] > 0), BLOOD_POOL, LEFT_VENTRICLE)
    other = (sizes[:, SCAR] == 0) & ~_some(n, shares.scar_on_no_scar, device)
    return torch.where(other, either, wanted)


def part_sizes(mask: Tensor, parts: Tensor) -> Tensor:
    """Pixels (n, MOST_PARTS) of a mask (n, 256, 256) in each part, whose numbers are int64 of that shape."""
    counts = torch.zeros(len(mask), MOST_PARTS, device=mask.device)
    return counts.scatter_add_(1, parts.flatten(1), mask.flatten(1).float())


def _points(
    target: Tensor, part: Tensor, held: Tensor, alone: Tensor, shares: PromptShares, clicks: int
) -> tuple[Tensor, Tensor]:
    """Points (n, 3 + clicks, 2) and labels (n, 3 + clicks): a lone one, or those beside a box, and room for clicks."""
    n, device = len(target), target.device
    number = torch.randint(1, MOST_EXTRA_POINTS + 1, (n,), device=device)
    number = number * (_some(n, shares.extra_points, device) & target.flatten(1).any(1))
    points, labels = [], []
    for k in range(MOST_EXTRA_POINTS):
        positive = _some(n, 0.5, device) | alone
        place = torch.where(positive[:, None, None], target & held, held & ~target)
        place = torch.where(alone[:, None, None], part, place)
        wanted = torch.where(alone, k == 0, k < number) & place.flatten(1).any(1)
        points.append(some_pixel(place) + torch.rand(n, 2, device=device))
        labels.append(torch.where(wanted, positive.long(), -1))
    padded = torch.stack(points, 1), torch.stack(labels, 1)
    return F.pad(padded[0], (0, 0, 0, clicks)), F.pad(padded[1], (0, clicks), value=-1)


def _boxes_on(myocardium: Tensor, pixel_mm: Tensor) -> Tensor:
    """Boxes (n, 4) of 10 to 35 mm around a place in the myocardium (n, 256, 256)."""
    n, device = len(myocardium), myocardium.device
    centre = some_pixel(myocardium) + 0.5
    half = torch.stack([uniform(n, (5, 17.5), device) / pixel_mm for _ in range(2)], dim=1)
    return torch.cat([centre - half, centre + half], dim=1).clamp(0, LOGITS_SIDE)


def _some(n: int, share: float, device: torch.device) -> Tensor:
    return torch.rand(n, device=device) < share
