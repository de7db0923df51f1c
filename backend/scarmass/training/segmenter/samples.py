"""A training sample: a prompt on a view, what the network is given, and what it should answer."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from scarmass.domain.masks import Mask
from scarmass.domain.prompts import PromptGroup
from scarmass.evaluation.simulated_reader import correcting_click
from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.segmenter.prompt_tensors import PromptTensors, previous_of, prompt_tensors
from scarmass.inference.segmenter.refiner import ALSO_OUTLINED
from scarmass.inference.segmenter.window import LOGITS_SIDE, Window, grey_window, native_mask, window_mask
from scarmass.training.segmenter.config import Curriculum
from scarmass.training.segmenter.prompts import PromptTarget
from scarmass.training.segmenter.views import AugmentedView


@dataclass(frozen=True)
class TrainingSample:
    """grey: float32 (256, 256), the window's grey values. outlines: float32 (2, 256, 256) of 0 and 1, ALSO_OUTLINED."""

    prompt_target: PromptTarget
    window: Window
    grey: Tensor
    outlines: Tensor

    @property
    def target(self) -> Tensor:
        """float32 (256, 256) of 0 and 1."""
        return torch.from_numpy(window_mask(self.prompt_target.target, self.window)).float().to(self.grey.device)

    def structures(self, network: PromptableSegmenter) -> Tensor:
        """int64 (1,): the structure's place among those that the network knows."""
        return torch.tensor([network.structure_index(self.prompt_target.structure)], device=self.grey.device)

    def prompt(self, network: PromptableSegmenter, previous: Mask | None = None) -> PromptTensors:
        group, device = self.prompt_target.group, self.grey.device
        return prompt_tensors([group], [previous_of(group, previous)], self.window, network.input_size, device)


def training_sample(
    view: AugmentedView, prompt_target: PromptTarget, device: torch.device | str = "cpu"
) -> TrainingSample:
    grey = grey_window(view.annotated.pixels, view.window, LOGITS_SIDE)
    outlines = np.stack([window_mask(view.annotated.masks[structure], view.window) for structure in ALSO_OUTLINED])
    return TrainingSample(
        prompt_target, view.window, torch.from_numpy(grey).to(device), torch.from_numpy(outlines).float().to(device)
    )


@torch.no_grad()
def corrected_sample(
    network: PromptableSegmenter,
    sample: TrainingSample,
    logits: Tensor,
    curriculum: Curriculum,
    generator: np.random.Generator,
) -> tuple[TrainingSample, Mask | None]:
    """The sample with a random number of correcting clicks, and the mask (rows, columns) that the last click was on.

    Only the answer after the last click is learned from: Sofiiuk et al. 2022 (RITM, arXiv:2102.06583).
    """
    previous: Mask | None = None
    for _ in range(generator.choice(len(curriculum.correction_shares), p=curriculum.correction_shares)):
        given = sample.prompt(network, previous)
        refined = network.refine(logits, sample.grey, sample.structures(network), **given.for_refiner())
        answer = native_mask(refined[0].float().cpu().numpy(), sample.window)
        group = sample.prompt_target.group
        point = correcting_click(answer, sample.prompt_target.target, group.box)
        if point is None:
            break
        clicked = PromptGroup(group.box, (*group.points, point))
        sample = replace(sample, prompt_target=replace(sample.prompt_target, group=clicked))
        previous = answer if generator.random() < curriculum.previous_mask_share else None
    return sample, previous
