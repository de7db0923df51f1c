"""The segmenter's training objective: the loss of decoder and refiner on the prompts of a view."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.segmenter.refiner import drawn_maps
from scarmass.inference.segmenter.window import LOGITS_SIDE
from scarmass.training.segmenter.config import TrainingConfig
from scarmass.training.segmenter.loss import LossWeights, mask_loss
from scarmass.training.segmenter.prompts import random_prompt_target
from scarmass.training.segmenter.samples import TrainingSample, corrected_sample, training_sample
from scarmass.training.segmenter.views import AugmentedView, fresh_view, in_another_contrast


class SegmenterObjective(nn.Module):
    """The network with its loss as forward, which is what Fabric wraps.

    embedding: the encoder's output (1, 256, 64, 64) for a view, and whether that view is fresh and comes only once.
    Views are named by index: Fabric would take apart what it is handed, to convert its tensors.
    """

    def __init__(
        self,
        network: PromptableSegmenter,
        config: TrainingConfig,
        embedding: Callable[[AugmentedView, bool], Tensor],
        views: Sequence[AugmentedView],
    ) -> None:
        super().__init__()
        self.network, self.config, self.embedding, self.views = network, config, embedding, views

    def forward(self, index: int, generator: np.random.Generator, done: float) -> Tensor:
        """Mean loss of some prompts on a view: of the decoder's answers and of the refined ones.

        done: share of the training, from 0 to 1.
        """
        view = self.views[index]
        config, curriculum, device = self.config, self.config.curriculum, next(self.network.parameters()).device
        refiner_only = done < curriculum.warmup_share or generator.random() < curriculum.refiner_only_share
        is_fresh = refiner_only or generator.random() < curriculum.fresh_view_share
        if is_fresh:
            view = fresh_view(view, config.views, config.augmentation, generator)
        if refiner_only:
            sample = training_sample(view, random_prompt_target(view.annotated, config.prompts, generator), device)
            return self._refined_loss(sample, torch.zeros(1, LOGITS_SIDE, LOGITS_SIDE, device=device), generator)
        embedding = self.embedding(view, is_fresh)
        losses = [self._prompt_loss(view, embedding, generator) for _ in range(curriculum.prompts_per_view)]
        return torch.stack(losses).mean()

    def _prompt_loss(self, view: AugmentedView, embedding: Tensor, generator: np.random.Generator) -> Tensor:
        config = self.config
        prompt_target = random_prompt_target(view.annotated, config.prompts, generator)
        sample = training_sample(view, prompt_target, embedding.device)
        given = sample.prompt(self.network).for_decoder()
        logits, predicted_iou = self.network.decode(embedding, sample.structures(self.network), **given)
        own = decoder_loss(logits[0], predicted_iou[0], sample.target, config.loss)
        refined: list[Tensor] = []
        for _ in range(config.curriculum.contrasts_per_prompt):
            if generator.random() < config.views.fresh_contrast_share:
                other = in_another_contrast(view, config.augmentation, generator)
                sample = training_sample(other, prompt_target, embedding.device)
            refined.append(self._refined_loss(sample, logits.detach(), generator))
        return config.loss.decoder * own + torch.stack(refined).mean()

    def _refined_loss(self, sample: TrainingSample, logits: Tensor, generator: np.random.Generator) -> Tensor:
        """Loss of the refiner's answer after some corrections, on maps turned or mirrored at random."""
        assert self.network.refiner is not None
        corrected, previous = corrected_sample(self.network, sample, logits, self.config.curriculum, generator)
        given = corrected.prompt(self.network, previous)
        maps = drawn_maps(sample.grey, logits, given.boxes, given.points, given.mask_prompts)
        quarter_turns, mirrored = int(generator.integers(4)), bool(generator.random() < 0.5)
        turned_maps = turned(maps, quarter_turns, mirrored)
        (refined,), (outlines,) = self.network.refiner.with_outlines(turned_maps, sample.structures(self.network))
        targets = turned(torch.cat([sample.target[None], sample.outlines]), quarter_turns, mirrored)
        weights = self.config.loss
        loss = mask_loss(refined, targets[0], weights)
        if weights.outlines:
            others = zip(outlines, targets[1:], strict=True)
            loss = loss + weights.outlines * torch.stack([mask_loss(*pair, weights) for pair in others]).mean()
        return loss


def decoder_loss(logits: Tensor, predicted_iou: Tensor, target: Tensor, weights: LossWeights) -> Tensor:
    """Loss of the decoder's mask, and the squared error of the overlap that it predicts for it."""
    answer, reference = logits.detach() > 0, target > 0
    union = (answer | reference).sum()
    iou = (answer & reference).sum() / union if union else torch.ones((), device=logits.device)
    return mask_loss(logits, target, weights) + F.mse_loss(predicted_iou, iou)


def turned(maps: Tensor, quarter_turns: int, mirrored: bool) -> Tensor:
    """Maps (..., rows, columns) turned and perhaps mirrored: the refiner has no sense of up."""
    maps = torch.rot90(maps, quarter_turns, (-2, -1))
    return maps.flip(-1) if mirrored else maps
