"""Lessons: what is asked, corrected and learned from, on maps turned together with their target."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from scarmass.domain.prompts import PromptGroup, box_around
from scarmass.domain.structures import Structure
from scarmass.evaluation.drawn_prompts import Question
from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.segmenter.refiner import ALSO_OUTLINED, FOLD, drawn_maps
from scarmass.inference.segmenter.window import window_mask
from scarmass.inference.weights.load import load
from scarmass.paths import WEIGHTS
from scarmass.training.segmenter.objective import Lesson, Teaching, corrected_lesson, decoder_loss, lesson_on, turned
from scarmass.training.segmenter.samples import Example, training_examples
from scarmass.training.segmenter.train import CONFIG, network_to_train, read_config
from tests.training.segmenter.hearts import heart

MATERIAL = read_config(CONFIG).material


@pytest.fixture(scope="module")
def network() -> PromptableSegmenter:
    torch.manual_seed(0)
    return network_to_train(load("scarmass-litemedsam", WEIGHTS))


@pytest.fixture(scope="module")
def example() -> Example:
    (first, *_) = training_examples([heart()], [], MATERIAL.views, MATERIAL.augmentation, 0)
    return first


@pytest.fixture
def lesson(example: Example) -> Lesson:
    scar = example.annotated.masks[Structure.SCAR]
    return lesson_on(example, Question(Structure.SCAR, PromptGroup(box_around(scar, 0.1), ()), scar))


def embedding(example: Example, anew: bool) -> torch.Tensor:
    return 0.1 * torch.ones(1, 256, 64, 64)


def test_a_lesson_without_corrections_is_the_question_as_it_was(network: PromptableSegmenter, lesson: Lesson) -> None:
    never = replace(MATERIAL.curriculum, corrections=(1.0,))
    corrected, previous = corrected_lesson(network, lesson, torch.zeros(1, 256, 256), never, np.random.default_rng(0))
    assert corrected is lesson
    assert previous is None


def test_each_correction_is_a_click_in_what_was_wrong_and_brings_the_mask_it_was_made_on(
    network: PromptableSegmenter, lesson: Lesson
) -> None:
    thrice = replace(MATERIAL.curriculum, corrections=(0.0, 0.0, 0.0, 1.0), previous=1.0)
    nothing = torch.full((1, 256, 256), -6.0)
    corrected, previous = corrected_lesson(network, lesson, nothing, thrice, np.random.default_rng(0))
    first, *others = corrected.question.group.points
    assert first.positive
    assert lesson.question.target[int(first.y), int(first.x)]
    assert len(others) <= 2
    assert previous is not None
    assert corrected.question.group.box == lesson.question.group.box


def test_a_right_answer_is_not_corrected(network: PromptableSegmenter, lesson: Lesson) -> None:
    network = network_to_train(load("scarmass-litemedsam", WEIGHTS))
    assert network.refiner is not None
    torch.nn.init.zeros_(network.refiner.head.weight)
    thrice = replace(MATERIAL.curriculum, corrections=(0.0, 0.0, 0.0, 1.0))
    corrected, _ = corrected_lesson(network, lesson, 12 * (lesson.target[None] - 0.5), thrice, np.random.default_rng(0))
    assert len(corrected.question.group.points) <= 1  # resampling to native pixels may cost a few


def test_maps_and_target_are_turned_together(lesson: Lesson) -> None:
    logits = 12 * (lesson.target[None] - 0.5)
    maps = drawn_maps(lesson.grey, logits, None, None, None)
    for turns in range(4):
        for mirrored in (False, True):
            target = turned(lesson.target, turns, mirrored)
            assert torch.equal(turned(maps, turns, mirrored)[0, 1] > 0, target > 0)
    assert len({turned(lesson.target, t, m).numpy().tobytes() for t in range(4) for m in (False, True)}) == 8


def test_decoder_refiner_and_embedding_learn_from_every_question_that_the_decoder_answers(
    network: PromptableSegmenter, example: Example
) -> None:
    assert network.refiner is not None
    network.requires_grad_().image_encoder.requires_grad_(False)
    torch.nn.init.normal_(network.refiner.head.weight, std=0.01)
    made = torch.full((1, 256, 64, 64), 0.1, requires_grad=True)
    aided = replace(MATERIAL, curriculum=replace(MATERIAL.curriculum, unaided=0.0))
    network.zero_grad(set_to_none=True)
    Teaching(network, aided, lambda example, anew: made, [example])(0, np.random.default_rng(0), 1.0).backward()
    assert network.mask_decoder.iou_token.weight.grad is not None
    assert network.refiner.stem.weight.grad is not None
    assert made.grad is not None


def test_what_the_refiner_learns_does_not_reach_the_decoder(network: PromptableSegmenter, example: Example) -> None:
    network.requires_grad_().image_encoder.requires_grad_(False)
    weights = replace(MATERIAL.loss, decoder=0.0)
    aided = replace(MATERIAL, loss=weights, curriculum=replace(MATERIAL.curriculum, unaided=0.0))
    network.zero_grad(set_to_none=True)
    Teaching(network, aided, embedding, [example])(0, np.random.default_rng(0), 1.0).backward()
    gradients = [p.grad for p in network.mask_decoder.parameters() if p.grad is not None]
    assert not any(gradient.any() for gradient in gradients)


def test_an_unaided_lesson_needs_no_embedding(network: PromptableSegmenter, example: Example) -> None:
    def never(example: Example, anew: bool) -> torch.Tensor:
        raise AssertionError("asked for an embedding")

    alone = replace(MATERIAL, curriculum=replace(MATERIAL.curriculum, unaided=1.0))
    assert Teaching(network, alone, never, [example])(0, np.random.default_rng(0), 1.0).item() > 0
    aided = replace(MATERIAL, curriculum=replace(MATERIAL.curriculum, unaided=0.0))
    teaching = Teaching(network, aided, never, [example])
    with pytest.raises(AssertionError, match="embedding"):
        teaching(0, np.random.default_rng(0), 1.0)


def test_the_refiner_learns_alone_at_first(network: PromptableSegmenter, example: Example) -> None:
    def asked(view: Example, anew: bool) -> torch.Tensor:
        raise AssertionError("asked for an embedding")

    first_half = replace(MATERIAL, curriculum=replace(MATERIAL.curriculum, alone=0.5, unaided=0.0))
    teaching = Teaching(network, first_half, asked, [example])
    assert teaching(0, np.random.default_rng(0), 0.49).item() > 0
    with pytest.raises(AssertionError, match="embedding"):
        teaching(0, np.random.default_rng(0), 0.5)


def test_the_refiner_also_learns_where_blood_pool_and_ventricle_end(
    network: PromptableSegmenter, example: Example
) -> None:
    assert network.refiner is not None
    network.requires_grad_().image_encoder.requires_grad_(False)
    curriculum = replace(MATERIAL.curriculum, unaided=1.0)
    for weight in (0.0, 1.0):
        material = replace(MATERIAL, curriculum=curriculum, loss=replace(MATERIAL.loss, outlines=weight))
        network.zero_grad(set_to_none=True)
        Teaching(network, material, embedding, [example])(0, np.random.default_rng(0), 1.0).backward()
        assert network.refiner.head.bias is not None
        assert network.refiner.head.bias.grad is not None
        outlines = network.refiner.head.bias.grad[FOLD**2 :]
        assert bool(outlines.any()) == bool(weight)


def test_a_lesson_s_outlines_are_those_of_its_view(example: Example, lesson: Lesson) -> None:
    for structure, outline in zip(ALSO_OUTLINED, lesson.outlines, strict=True):
        expected = window_mask(example.annotated.masks[structure], example.window)
        assert expected.any()
        assert np.array_equal(outline.numpy() > 0, expected)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_view_drawn_anew_is_another_one_and_encoded_as_such(
    network: PromptableSegmenter, example: Example, share: float
) -> None:
    encoded: list[tuple[Example, bool]] = []

    def asked(view: Example, anew: bool) -> torch.Tensor:
        encoded.append((view, anew))
        return embedding(view, anew)

    settings = replace(MATERIAL, curriculum=replace(MATERIAL.curriculum, unaided=0.0, anew=share))
    Teaching(network, settings, asked, [example])(0, np.random.default_rng(0), 1.0)
    ((view, anew),) = encoded
    assert anew == bool(share)
    assert (view is example) != anew
    assert view.source is example.source


def test_the_decoder_pays_for_a_wrong_forecast_of_its_overlap() -> None:
    target = torch.zeros(256, 256)
    target[100:150, 100:150] = 1
    right = 40 * (target - 0.5)
    honest = decoder_loss(right, torch.tensor(1.0), target, MATERIAL.loss)
    boastful = decoder_loss(-right, torch.tensor(1.0), target, MATERIAL.loss)
    modest = decoder_loss(-right, torch.tensor(0.0), target, MATERIAL.loss)
    assert boastful.item() - modest.item() == pytest.approx(1, rel=1e-5)
    assert honest < 0.1
