"""A small U-Net that reads the window itself, what was drawn on it and the decoder's answer, and answers at full
resolution.

Segment Anything's decoder sees an embedding of 64 x 64 cells, wider than a thin scar, and ours hardly follows points.
High-resolution features beside the decoder follow Ke et al. 2023 (HQ-SAM, arXiv:2306.01567); prompts drawn as maps
follow Xu et al. 2016 (arXiv:1603.04042).
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scarmass.domain.structures import Structure
from scarmass.inference.segmenter.window import LOGITS_SIDE

FOLD = 2
"""Pixels along each axis that become channels: full resolution at a quarter of the cost."""

CLICK_SIGMA = 3.0
"""Standard deviation of a click on its map, in window pixels of 256."""

LARGEST_LOGIT = 6.0
MAPS = 6
"""Grey values, decoder's logits, boxes, positive points, negative points, previous mask."""

LOGITS_MAP = 1
"""Place of the decoder's logits, which the refiner adds to."""

GROUPS = 8

ALSO_OUTLINED = (Structure.BLOOD_POOL, Structure.LEFT_VENTRICLE)
"""Outlined beside every answer, whatever was asked: most of what is wrongly called scar is blood at its border."""

CERTAIN_BLOOD = 1.0
"""Logit of the blood pool above which there is no scar. Chosen on validation patients among 0.5, 1 and 2."""


class Refiner(nn.Module):
    """channels: at 128 x 128 cells and at each halving of them."""

    def __init__(self, structures: int, channels: Sequence[int] = (32, 64, 96, 128, 192)) -> None:
        super().__init__()
        self.stem = nn.Conv2d(MAPS * FOLD**2, channels[0], 3, padding=1)
        self.structures = nn.Embedding(structures, channels[0])
        self.down = nn.ModuleList([_block(a, b) for a, b in zip((channels[0], *channels), channels, strict=False)])
        wider, narrower = channels[:0:-1], channels[-2::-1]
        self.up = nn.ModuleList([_block(a + b, b) for a, b in zip(wider, narrower, strict=True)])
        self.head = nn.Conv2d(channels[0], (1 + len(ALSO_OUTLINED)) * FOLD**2, 1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)

    def forward(self, maps: Tensor, structures: Tensor) -> Tensor:
        """Maps (n, 6, 256, 256) as drawn_maps makes them, structure indices (n,) -> logits (n, 256, 256)."""
        return self.with_outlines(maps, structures)[0]

    def with_outlines(self, maps: Tensor, structures: Tensor) -> tuple[Tensor, Tensor]:
        """The answers as forward gives them, and logits (n, 2, 256, 256) of ALSO_OUTLINED, which teach it the wall."""
        features = self.stem(F.pixel_unshuffle(maps, FOLD)) + self.structures(structures)[:, :, None, None]
        levels = []
        for number, block in enumerate(self.down):
            features = block(features if number == 0 else F.max_pool2d(features, 2))
            levels.append(features)
        for block, level in zip(self.up, levels[-2::-1], strict=True):
            larger = F.interpolate(features, scale_factor=2.0, mode="bilinear", align_corners=False)
            features = block(torch.cat([larger, level], dim=1))
        answers = F.pixel_shuffle(self.head(features), FOLD)
        return answers[:, 0] + LARGEST_LOGIT * maps[:, LOGITS_MAP], answers[:, 1:]


def outside_blood(answers: Tensor, outlines: Tensor) -> Tensor:
    """Logits (n, 256, 256) of what lies in the wall: negative where outlines (n, 2, 256, 256) are certain of blood."""
    return torch.minimum(answers, CERTAIN_BLOOD - outlines[:, ALSO_OUTLINED.index(Structure.BLOOD_POOL)])


def drawn_maps(
    grey: Tensor,
    logits: Tensor,
    boxes: Tensor | None,
    points: tuple[Tensor, Tensor] | None,
    mask_prompts: Tensor | None,
) -> Tensor:
    """What the refiner sees (n, 6, 256, 256), each map from -1 to 1, 0 where nothing is known.

    grey: the window (256, 256), or each prompt's own (n, 256, 256), from 0 to 1. logits: the decoder's answers
    (n, 256, 256). boxes (n, 4) and points (n, k, 2), (n, k) in pixels of a window of 256, corner-based: 1 positive,
    0 negative, -1 no point. mask_prompts: previous logits (n, 256, 256).
    """
    none = torch.zeros_like(logits)
    clicks = (none, none) if points is None else _click_maps(points)
    return torch.stack(
        [
            (2 * grey - 1).expand_as(logits),
            logits.clamp(-LARGEST_LOGIT, LARGEST_LOGIT) / LARGEST_LOGIT,
            none if boxes is None else _box_map(boxes),
            *clicks,
            none if mask_prompts is None else mask_prompts.sign(),
        ],
        dim=1,
    )


def _box_map(boxes: Tensor) -> Tensor:
    """Share of each pixel (n, 256, 256) that its box covers."""
    start = torch.arange(LOGITS_SIDE, device=boxes.device, dtype=boxes.dtype)
    x0, y0, x1, y1 = boxes.unbind(1)
    across = (torch.minimum(x1[:, None], start + 1) - torch.maximum(x0[:, None], start)).clamp(0, 1)
    along = (torch.minimum(y1[:, None], start + 1) - torch.maximum(y0[:, None], start)).clamp(0, 1)
    return along[:, :, None] * across[:, None, :]


def _click_maps(points: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """A Gaussian at each positive and at each negative point: two maps (n, 256, 256)."""
    xy, positive = points
    centres = torch.arange(LOGITS_SIDE, device=xy.device, dtype=xy.dtype) + 0.5
    across = torch.exp(-((centres - xy[..., :1]) ** 2) / (2 * CLICK_SIGMA**2))
    along = torch.exp(-((centres - xy[..., 1:]) ** 2) / (2 * CLICK_SIGMA**2))
    bumps = along[..., :, None] * across[..., None, :]
    positive = positive[..., None, None]
    return (bumps * (positive == 1)).amax(1), (bumps * (positive == 0)).amax(1)


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.GroupNorm(GROUPS, outputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.GroupNorm(GROUPS, outputs),
        nn.ReLU(inplace=True),
    )
