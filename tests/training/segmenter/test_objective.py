"""The objective: what is prompted, corrected and learned from, on maps turned together with their target."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scarmass.training.segmenter.samples import TrainingSample, corrected_sample, training_sample

from scarmass.domain.prompts import PromptGroup, box_around
from scarmass.domain.structures import Structure
from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.segmenter.refiner import ALSO_OUTLINED, FOLD, drawn_maps
from scarmass.inference.segmenter.window import window_mask
from scarmass.inference.weights.load import load
from scarmass.paths import WEIGHTS
from scarmass.training.segmenter.config import CONFIG, read_config
from scarmass.training.segmenter.network import network_to_train
from scarmass.training.segmenter.objective import SegmenterObjective, decoder_loss, turned
from scarmass.training.segmenter.prompts import PromptTarget
from scarmass.training.segmenter.views import AugmentedView, training_views
from tests.training.segmenter.hearts import heart

SHIPPED = read_config(CONFIG)


@pytest.fixture(scope="module")
def network() -> PromptableSegmenter:
    torch.manual_seed(0)
    return network_to_train(load("scarmass-litemedsam", WEIGHTS))


@pytest.fixture(scope="module")
def view() -> AugmentedView:
    (first, *_) = training_views([heart()], [], SHIPPED.views, SHIPPED.augmentation, 0)
    return first


@pytest.fixture
def sample(view: AugmentedView) -> TrainingSample:
    scar = view.annotated.masks[Structure.SCAR]
    return training_sample(view, PromptTarget(Structure.SCAR, PromptGroup(box_around(scar, 0.1), ()), scar))


def embedding(view: AugmentedView, is_fresh: bool) -> torch.Tensor:
    return 0.1 * torch.ones(1, 256, 64, 64)


def test_a_sample_without_corrections_stays_as_it_was(network: PromptableSegmenter, sample: TrainingSample) -> None:
    never = replace(SHIPPED.curriculum, correction_shares=(1.0,))
    corrected, previous = corrected_sample(network, sample, torch.zeros(1, 256, 256), never, np.random.default_rng(0))
    assert corrected is sample
    assert previous is None


def test_each_correction_is_a_click_in_what_was_wrong_and_brings_the_mask_it_was_made_on(
    network: PromptableSegmenter, sample: TrainingSample
) -> None:
    thrice = replace(SHIPPED.curriculum, correction_shares=(0.0, 0.0, 0.0, 1.0), previous_mask_share=1.0)
    nothing = torch.full((1, 256, 256), -6.0)
    corrected, previous = corrected_sample(network, sample, nothing, thrice, np.random.default_rng(0))
    first, *others = corrected.prompt_target.group.points
    assert first.positive
    assert sample.prompt_target.target[int(first.y), int(first.x)]
    assert len(others) <= 2
    assert previous is not None
    assert corrected.prompt_target.group.box == sample.prompt_target.group.box


def test_a_right_answer_is_not_corrected(network: PromptableSegmenter, sample: TrainingSample) -> None:
    network = network_to_train(load("scarmass-litemedsam", WEIGHTS))
    assert network.refiner is not None
    torch.nn.init.zeros_(network.refiner.head.weight)
    thrice = replace(SHIPPED.curriculum, correction_shares=(0.0, 0.0, 0.0, 1.0))
    corrected, _ = corrected_sample(network, sample, 12 * (sample.target[None] - 0.5), thrice, np.random.default_rng(0))
    assert len(corrected.prompt_target.group.points) <= 1  # resampling to native pixels may cost a few


def test_maps_and_target_are_turned_together(sample: TrainingSample) -> None:
    logits = 12 * (sample.target[None] - 0.5)
    maps = drawn_maps(sample.grey, logits, None, None, None)
    for turns in range(4):
        for mirrored in (False, True):
            target = turned(sample.target, turns, mirrored)
            assert torch.equal(turned(maps, turns, mirrored)[0, 1] > 0, target > 0)
    assert len({turned(sample.target, t, m).numpy().tobytes() for t in range(4) for m in (False, True)}) == 8


def test_decoder_refiner_and_embedding_learn_from_every_prompt_that_the_decoder_answers(
    network: PromptableSegmenter, view: AugmentedView
) -> None:
    assert network.refiner is not None
    network.requires_grad_().image_encoder.requires_grad_(False)
    torch.nn.init.normal_(network.refiner.head.weight, std=0.01)
    made = torch.full((1, 256, 64, 64), 0.1, requires_grad=True)
    with_decoder = replace(SHIPPED, curriculum=replace(SHIPPED.curriculum, refiner_only_share=0.0))
    network.zero_grad(set_to_none=True)
    objective = SegmenterObjective(network, with_decoder, lambda view, is_fresh: made, [view])
    objective(0, np.random.default_rng(0), 1.0).backward()
    assert network.mask_decoder.iou_token.weight.grad is not None
    assert network.refiner.stem.weight.grad is not None
    assert made.grad is not None


def test_what_the_refiner_learns_does_not_reach_the_decoder(network: PromptableSegmenter, view: AugmentedView) -> None:
    network.requires_grad_().image_encoder.requires_grad_(False)
    weights = replace(SHIPPED.loss, decoder=0.0)
    with_decoder = replace(SHIPPED, loss=weights, curriculum=replace(SHIPPED.curriculum, refiner_only_share=0.0))
    network.zero_grad(set_to_none=True)
    SegmenterObjective(network, with_decoder, embedding, [view])(0, np.random.default_rng(0), 1.0).backward()
    gradients = [p.grad for p in network.mask_decoder.parameters() if p.grad is not None]
    assert not any(gradient.any() for gradient in gradients)


def test_a_sample_of_the_refiner_alone_needs_no_embedding(network: PromptableSegmenter, view: AugmentedView) -> None:
    def never(view: AugmentedView, is_fresh: bool) -> torch.Tensor:
        raise AssertionError("asked for an embedding")

    alone = replace(SHIPPED, curriculum=replace(SHIPPED.curriculum, refiner_only_share=1.0))
    assert SegmenterObjective(network, alone, never, [view])(0, np.random.default_rng(0), 1.0).item() > 0
    with_decoder = replace(SHIPPED, curriculum=replace(SHIPPED.curriculum, refiner_only_share=0.0))
    objective = SegmenterObjective(network, with_decoder, never, [view])
    with pytest.raises(AssertionError, match="embedding"):
        objective(0, np.random.default_rng(0), 1.0)


def test_the_refiner_alone_is_trained_at_first(network: PromptableSegmenter, view: AugmentedView) -> None:
    def asked(view: AugmentedView, is_fresh: bool) -> torch.Tensor:
        raise AssertionError("asked for an embedding")

    first_half = replace(SHIPPED, curriculum=replace(SHIPPED.curriculum, warmup_share=0.5, refiner_only_share=0.0))
    objective = SegmenterObjective(network, first_half, asked, [view])
    assert objective(0, np.random.default_rng(0), 0.49).item() > 0
    with pytest.raises(AssertionError, match="embedding"):
        objective(0, np.random.default_rng(0), 0.5)


def test_the_refiner_also_learns_where_blood_pool_and_ventricle_end(
    network: PromptableSegmenter, view: AugmentedView
) -> None:
    assert network.refiner is not None
    network.requires_grad_().image_encoder.requires_grad_(False)
    curriculum = replace(SHIPPED.curriculum, refiner_only_share=1.0)
    for weight in (0.0, 1.0):
        config = replace(SHIPPED, curriculum=curriculum, loss=replace(SHIPPED.loss, outlines=weight))
        network.zero_grad(set_to_none=True)
        SegmenterObjective(network, config, embedding, [view])(0, np.random.default_rng(0), 1.0).backward()
        assert network.refiner.head.bias is not None
        assert network.refiner.head.bias.grad is not None
        outlines = network.refiner.head.bias.grad[FOLD**2 :]
        assert bool(outlines.any()) == bool(weight)


def test_a_sample_s_outlines_are_those_of_its_view(view: AugmentedView, sample: TrainingSample) -> None:
    for structure, outline in zip(ALSO_OUTLINED, sample.outlines, strict=True):
        expected = window_mask(view.annotated.masks[structure], view.window)
        assert expected.any()
        assert np.array_equal(outline.numpy() > 0, expected)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_fresh_view_is_another_one_and_encoded_as_such(
    network: PromptableSegmenter, view: AugmentedView, share: float
) -> None:
    encoded: list[tuple[AugmentedView, bool]] = []

    def asked(view: AugmentedView, is_fresh: bool) -> torch.Tensor:
        encoded.append((view, is_fresh))
        return embedding(view, is_fresh)

    settings = replace(SHIPPED, curriculum=replace(SHIPPED.curriculum, refiner_only_share=0.0, fresh_view_share=share))
    SegmenterObjective(network, settings, asked, [view])(0, np.random.default_rng(0), 1.0)
    ((seen, is_fresh),) = encoded
    assert is_fresh == bool(share)
    assert (seen is view) != is_fresh
    assert seen.source is view.source


def test_a_wrong_prediction_of_its_overlap_costs_the_decoder() -> None:
    target = torch.zeros(256, 256)
    target[100:150, 100:150] = 1
    right = 40 * (target - 0.5)
    right_prediction = decoder_loss(right, torch.tensor(1.0), target, SHIPPED.loss)
    too_high = decoder_loss(-right, torch.tensor(1.0), target, SHIPPED.loss)
    right_about_nothing = decoder_loss(-right, torch.tensor(0.0), target, SHIPPED.loss)
    assert too_high.item() - right_about_nothing.item() == pytest.approx(1, rel=1e-5)
    assert right_prediction < 0.1
