"""How the segmenter is taught: a question on a view, answered by decoder and refiner, corrected like a reader would."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scarmass.domain.masks import Mask
from scarmass.domain.prompts import PromptGroup
from scarmass.evaluation.drawn_prompts import PromptShares, Question, correcting_point, drawn_question
from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.segmenter.prompt_tensors import PromptTensors, previous_of, prompt_tensors
from scarmass.inference.segmenter.refiner import ALSO_OUTLINED, drawn_maps
from scarmass.inference.segmenter.window import LOGITS_SIDE, Window, grey_window, native_mask, window_mask
from scarmass.training.augment import Augmentation
from scarmass.training.segmenter.loss import LossWeights, mask_loss
from scarmass.training.segmenter.samples import Example, Views, in_another_contrast, seen_again


@dataclass(frozen=True)
class Curriculum:
    """How often what is taught.

    alone: share of the training, at its beginning, in which the refiner answers without the decoder in every lesson.
    unaided: share of the later lessons in which it does, on a view drawn anew.
    anew: share of the other lessons whose view is drawn and encoded anew rather than one of those that are kept.
    questions: that the decoder answers, and learns from, on one embedding of a view in the other lessons.
    contrasts: how often each of them is then put to the refiner, each time in another contrast.
    corrections: shares of lessons that are corrected 0, 1, 2, ... times before they are learned from.
    previous: share of corrections that come with the previous mask, as the page sends it.
    """

    alone: float
    unaided: float
    anew: float
    questions: int
    contrasts: int
    corrections: tuple[float, ...]
    previous: float


@dataclass(frozen=True)
class Material:
    """All that lessons are drawn from."""

    views: Views
    augmentation: Augmentation
    prompts: PromptShares
    curriculum: Curriculum
    loss: LossWeights


@dataclass(frozen=True)
class Lesson:
    """One prompt on one view: what the network is given and what it should answer.

    outlines: float32 (2, 256, 256) of 0 and 1, the view's ALSO_OUTLINED.
    """

    question: Question
    window: Window
    grey: Tensor
    outlines: Tensor

    @property
    def target(self) -> Tensor:
        """float32 (256, 256) of 0 and 1."""
        return torch.from_numpy(window_mask(self.question.target, self.window)).float().to(self.grey.device)

    def structures(self, network: PromptableSegmenter) -> Tensor:
        return torch.tensor([network.structure_index(self.question.structure)], device=self.grey.device)

    def prompt(self, network: PromptableSegmenter, previous: Mask | None = None) -> PromptTensors:
        group, device = self.question.group, self.grey.device
        return prompt_tensors([group], [previous_of(group, previous)], self.window, network.input_size, device)


class Teaching(nn.Module):
    """The network with its loss as forward, which is what Fabric wraps.

    embedding: the encoder's output (1, 256, 64, 64) for a view, and whether that view was drawn anew, for once.
    Examples are asked for by number: Fabric would take apart what it is handed, to convert its tensors.
    """

    def __init__(
        self,
        network: PromptableSegmenter,
        material: Material,
        embedding: Callable[[Example, bool], Tensor],
        examples: Sequence[Example],
    ) -> None:
        super().__init__()
        self.network, self.material, self.embedding, self.examples = network, material, embedding, examples

    def forward(self, number: int, generator: np.random.Generator, done: float) -> Tensor:
        """Mean loss of some questions on a view: of the decoder's answers and of the refined ones.

        done: share of the training, from 0 to 1.
        """
        example = self.examples[number]
        curriculum, device = self.material.curriculum, next(self.network.parameters()).device
        unaided = done < curriculum.alone or generator.random() < curriculum.unaided
        anew = unaided or generator.random() < curriculum.anew
        if anew:
            example = seen_again(example, self.material.views, self.material.augmentation, generator)
        if unaided:
            lesson = lesson_on(example, drawn_question(example.annotated, self.material.prompts, generator), device)
            return self._refined_loss(lesson, torch.zeros(1, LOGITS_SIDE, LOGITS_SIDE, device=device), generator)
        embedding = self.embedding(example, anew)
        losses = [self._question_loss(example, embedding, generator) for _ in range(curriculum.questions)]
        return torch.stack(losses).mean()

    def _question_loss(self, example: Example, embedding: Tensor, generator: np.random.Generator) -> Tensor:
        question = drawn_question(example.annotated, self.material.prompts, generator)
        lesson = lesson_on(example, question, embedding.device)
        given = lesson.prompt(self.network).for_decoder()
        logits, predicted_iou = self.network.decode(embedding, lesson.structures(self.network), **given)
        own = decoder_loss(logits[0], predicted_iou[0], lesson.target, self.material.loss)
        refined: list[Tensor] = []
        for _ in range(self.material.curriculum.contrasts):
            if generator.random() < self.material.views.fresh_contrast_share:
                other = in_another_contrast(example, self.material.augmentation, generator)
                lesson = lesson_on(other, question, embedding.device)
            refined.append(self._refined_loss(lesson, logits.detach(), generator))
        return self.material.loss.decoder * own + torch.stack(refined).mean()

    def _refined_loss(self, lesson: Lesson, logits: Tensor, generator: np.random.Generator) -> Tensor:
        """Loss of the refiner's answer after some corrections, on maps turned or mirrored at random."""
        assert self.network.refiner is not None
        corrected, previous = corrected_lesson(self.network, lesson, logits, self.material.curriculum, generator)
        given = corrected.prompt(self.network, previous)
        maps = drawn_maps(lesson.grey, logits, given.boxes, given.points, given.mask_prompts)
        turns, mirrored = int(generator.integers(4)), bool(generator.random() < 0.5)
        turned_maps = turned(maps, turns, mirrored)
        (refined,), (outlines,) = self.network.refiner.with_outlines(turned_maps, lesson.structures(self.network))
        targets = turned(torch.cat([lesson.target[None], lesson.outlines]), turns, mirrored)
        weights = self.material.loss
        loss = mask_loss(refined, targets[0], weights)
        if weights.outlines:
            others = zip(outlines, targets[1:], strict=True)
            loss = loss + weights.outlines * torch.stack([mask_loss(*pair, weights) for pair in others]).mean()
        return loss


def lesson_on(example: Example, question: Question, device: torch.device | str = "cpu") -> Lesson:
    annotated, window = example.annotated, example.window
    grey = grey_window(annotated.pixels, window, LOGITS_SIDE)
    outlines = np.stack([window_mask(annotated.masks[structure], window) for structure in ALSO_OUTLINED])
    return Lesson(question, window, torch.from_numpy(grey).to(device), torch.from_numpy(outlines).float().to(device))


@torch.no_grad()
def corrected_lesson(
    network: PromptableSegmenter,
    lesson: Lesson,
    logits: Tensor,
    curriculum: Curriculum,
    generator: np.random.Generator,
) -> tuple[Lesson, Mask | None]:
    """The lesson with the clicks of a reader who corrected it some times, and the mask that the last click was on.

    Only the answer after the last click is learned from: Sofiiuk et al. 2022 (RITM, arXiv:2102.06583).
    """
    previous: Mask | None = None
    for _ in range(generator.choice(len(curriculum.corrections), p=curriculum.corrections)):
        given = lesson.prompt(network, previous)
        refined = network.refine(logits, lesson.grey, lesson.structures(network), **given.for_refiner())
        answer = native_mask(refined[0].float().cpu().numpy(), lesson.window)
        point = correcting_point(answer, lesson.question)
        if point is None:
            break
        group = lesson.question.group
        clicked = PromptGroup(group.box, (*group.points, point))
        lesson = replace(lesson, question=replace(lesson.question, group=clicked))
        previous = answer if generator.random() < curriculum.previous else None
    return lesson, previous


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
