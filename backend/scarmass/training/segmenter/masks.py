"""What batches of masks (n, rows, columns) need on their device: boxes, pixels, parts, distances and depths."""

import torch
import torch.nn.functional as F
from torch import Tensor

NEIGHBOURS = 9
"""Cells a side of what counts as around a pixel."""

CELL = 4
"""Pixels a side of the cells of which the parts of a mask are made up: pixels closer than that hang together."""


def box_around(mask: Tensor, outwards: Tensor) -> Tensor:
    """Bounding boxes x0, y0, x1, y1 (n, 4), corner-based, of masks; 0 where a mask is empty.

    outwards: fractions (n, 4) of its length on its axis by which each of the sides left, top, right and bottom moves.
    """
    side = mask.shape[-1]
    spans = torch.stack([mask.any(1), mask.any(2)], dim=1).float()
    first, last = spans.argmax(2), side - spans.flip(2).argmax(2)
    length = (last - first).repeat(1, 2)
    signs = torch.tensor([-1, -1, 1, 1], device=mask.device)
    boxes = torch.cat([first, last], dim=1) + signs * outwards * length
    return boxes.clamp(0, side) * spans.any(2).repeat(1, 2)


def filled(boxes: Tensor, side: int) -> Tensor:
    """The pixels (n, side, side) whose centres lie in the boxes (n, 4)."""
    centres = torch.arange(side, device=boxes.device) + 0.5
    x0, y0, x1, y1 = boxes[:, :, None].unbind(1)
    across, along = (centres >= x0) & (centres <= x1), (centres >= y0) & (centres <= y1)
    return along[:, :, None] & across[:, None, :]


def some_pixel(mask: Tensor) -> Tensor:
    """Column and row (n, 2) of a pixel of each mask, all alike likely; of any pixel where a mask is empty."""
    chances = mask.flatten(1)
    chosen = torch.where(chances.any(1, keepdim=True), chances, True).float().multinomial(1)[:, 0]
    return torch.stack([chosen % mask.shape[-1], chosen // mask.shape[-1]], dim=1)


def largest_part(mask: Tensor) -> Tensor:
    """The part of each mask that has the most pixels. Sides are multiples of CELL."""
    cells = F.avg_pool2d(mask.float()[:, None], CELL)
    occupied = cells > 0
    number = (
        torch.arange(1, cells[0].numel() + 1, device=mask.device, dtype=torch.float32).view_as(cells[:1]) * occupied
    )
    while True:  # the largest number spreads over each part
        spread = F.max_pool2d(number, 3, stride=1, padding=1) * occupied
        if torch.equal(spread, number):
            break
        number = spread
    numbers = number.flatten(1).long()
    sizes = torch.zeros(len(mask), cells[0].numel() + 1, device=mask.device).scatter_add_(1, numbers, cells.flatten(1))
    largest = sizes.argmax(1)[:, None, None, None]
    return mask & F.interpolate((number == largest).float(), scale_factor=CELL)[:, 0].bool()


def distance_to(mask: Tensor, most: int) -> Tensor:
    """Distance (n, rows, columns) of each pixel's centre from that of the nearest pixel of its mask, in pixels.

    Exact up to `most`; what is farther away is farther away in the answer too.
    """
    column = torch.arange(mask.shape[-1], device=mask.device, dtype=torch.float32)
    before = torch.where(mask, column, -torch.inf).cummax(-1).values
    after = torch.where(mask, column, torch.inf).flip(-1).cummin(-1).values.flip(-1)
    along_row = torch.minimum(column - before, after - column) ** 2
    rows = F.pad(along_row, (0, 0, most, most), value=torch.inf)
    squared = along_row
    for start in range(2 * most + 1):
        squared = torch.minimum(squared, rows[:, start : start + mask.shape[-2]] + (start - most) ** 2)
    return squared.sqrt()


def deepest_pixel(mask: Tensor) -> Tensor:
    """Column and row (n, 2) of a pixel of each mask that erosion takes last; beyond the image is outside.

    Of several, one that has most of the mask around it. Sides are multiples of CELL.
    """
    left = mask.float()[:, None]
    around = F.avg_pool2d(F.avg_pool2d(left, CELL), NEIGHBOURS, stride=1, padding=NEIGHBOURS // 2)
    depth = 0.5 * F.interpolate(around, scale_factor=CELL) * left
    while left.any():
        depth += left
        left = 1 - F.max_pool2d(F.pad(1 - left, (1, 1, 1, 1), value=1.0), 3, stride=1)
    deepest = depth.flatten(1).argmax(1)
    return torch.stack([deepest % mask.shape[-1], deepest // mask.shape[-1]], dim=1)
