"""From what a reader drew to what the network is given: alike in training and in serving."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scarmass.domain.masks import Mask, components, pixel_index
from scarmass.domain.prompts import PromptGroup, within
from scarmass.inference.segmenter.window import Window, mask_prompt


@dataclass(frozen=True)
class PromptTensors:
    """n prompts as PromptableSegmenter.decode takes them: window pixels, and None for what no prompt has."""

    boxes: Tensor | None
    points: tuple[Tensor, Tensor] | None
    mask_prompts: Tensor | None

    @staticmethod
    def joined(of_one_kind: Sequence["PromptTensors"]) -> "PromptTensors":
        """Those of several windows, one after the other."""
        boxes = [one.boxes for one in of_one_kind if one.boxes is not None]
        points = [one.points for one in of_one_kind if one.points is not None]
        masks = [one.mask_prompts for one in of_one_kind if one.mask_prompts is not None]
        positions, positive = ([each[at] for each in points] for at in (0, 1))
        return PromptTensors(
            boxes=torch.cat(boxes) if boxes else None,
            points=(torch.cat(positions), torch.cat(positive)) if points else None,
            mask_prompts=torch.cat(masks) if masks else None,
        )

    def for_decoder(self) -> dict[str, Any]:
        """What a decoder is asked whose answers are refined: boxes alone, or points where there are none."""
        return {"boxes": self.boxes, "points": self.points if self.boxes is None else None}

    def for_refiner(self) -> dict[str, Any]:
        """Everything that was drawn."""
        return {"boxes": self.boxes, "points": self.points, "mask_prompts": self.mask_prompts}


def prompt_tensors(
    groups: Sequence[PromptGroup],
    previous: Sequence[Mask | None],
    window: Window,
    input_size: int,
    device: torch.device | str = "cpu",
) -> PromptTensors:
    """Groups of one kind (with or without a box, as many points, with or without a previous mask) as tensors.

    previous: each group's own previous mask (rows, columns) on the slice's grid, or None.
    """

    def tensor(values: object) -> Tensor:
        return torch.as_tensor(np.asarray(values), dtype=torch.float32, device=device)

    corners = [[(g.box.x0, g.box.y0), (g.box.x1, g.box.y1)] for g in groups if g.box is not None]
    positions = [[(p.x, p.y) for p in g.points] for g in groups if g.points]
    positive = [[p.positive for p in g.points] for g in groups if g.points]
    masks = [mask_prompt(mask, window) for mask in previous if mask is not None]
    return PromptTensors(
        boxes=tensor(window.from_native(corners, input_size).reshape(-1, 4)) if corners else None,
        points=(tensor(window.from_native(positions, input_size)), tensor(positive)) if positions else None,
        mask_prompts=tensor(np.stack(masks)) if masks else None,
    )


def coordinates(group: PromptGroup) -> list[tuple[float, float]]:
    """Every (x, y) that the group's window must hold, in native pixels."""
    corners = [] if group.box is None else [(group.box.x0, group.box.y0), (group.box.x1, group.box.y1)]
    return corners + [(point.x, point.y) for point in group.points]


def previous_of(group: PromptGroup, previous: Mask | None) -> Mask | None:
    """The part of a previous answer that this group gave: previous may be the union over several boxes.

    For a box what lies in it; for a lone point the component under it. None where empty.
    """
    if previous is None:
        return None
    part = np.zeros_like(previous)
    if group.box is not None:
        part = previous & within(group.box, previous.shape)
    else:
        pixels = [pixel_index(point.x, point.y, previous.shape) for point in group.points]
        for component in components(previous):
            if any(component[pixel] for pixel in pixels):
                part = part | component
    return part if part.any() else None
