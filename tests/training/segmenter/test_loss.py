"""The loss: each term alone against a value worked by hand, and nothing to pay for the right answer."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scarmass.training.segmenter.loss import LossWeights, dice_loss, divergence, mask_loss, smoothed

NONE = LossWeights(dice=0, bce=0, kl=0, smoothing_pixels=1.5, decoder=0, outlines=0)


def square() -> torch.Tensor:
    target = torch.zeros(64, 64)
    target[20:40, 20:40] = 1
    return target


def test_a_right_answer_costs_nothing_and_a_wrong_one_much() -> None:
    weights, right = replace(NONE, dice=1, bce=1), 40 * (square() - 0.5)
    assert mask_loss(right, square(), weights) < 1e-3
    assert mask_loss(-right, square(), weights) > 2
    nothing = torch.zeros(64, 64)
    assert mask_loss(torch.full((64, 64), -20.0), nothing, weights) < 1e-3
    assert mask_loss(right, nothing, weights) > 1


def test_the_loss_takes_logits_and_not_probabilities() -> None:
    """Half of the pixels certain and right, half undecided: binary cross entropy is ln 2 / 2."""
    target = torch.zeros(2, 2)
    logits = torch.tensor([[-50.0, -50.0], [0.0, 0.0]])
    assert mask_loss(logits, target, replace(NONE, bce=1)).item() == pytest.approx(math.log(2) / 2, abs=1e-5)
    assert dice_loss(logits, target).item() == pytest.approx(1 - 1 / (1 + 1), abs=1e-5)


@pytest.mark.parametrize("term", ["dice", "bce", "kl"])
def test_each_term_can_be_left_out(term: str) -> None:
    logits = torch.randn(64, 64, generator=torch.Generator().manual_seed(0))
    assert mask_loss(logits, square(), NONE) == 0
    alone = mask_loss(logits, square(), replace(NONE, **{term: 1.0}))
    assert alone > 0
    assert mask_loss(logits, square(), replace(NONE, **{term: 2.0})).item() == pytest.approx(2 * alone.item(), rel=1e-5)


def test_divergence_is_zero_only_at_the_soft_label_itself() -> None:
    soft = torch.tensor([[0.2, 0.5], [0.9, 0.0]])
    right = torch.logit(soft, eps=1e-7)
    assert divergence(right, soft).item() == pytest.approx(0, abs=1e-5)
    assert divergence(right + 0.5, soft).item() > 0.01


@given(st.floats(0.5, 3))
@settings(max_examples=10)
def test_smoothing_softens_the_border_alone_and_keeps_the_area(sigma: float) -> None:
    soft = smoothed(square(), sigma)
    assert soft.sum().item() == pytest.approx(400, rel=1e-3)
    assert soft[30, 30] > 0.99
    assert 0.5 < soft[30, 20] < 1
    assert (soft[30, 20] + soft[30, 19]).item() == pytest.approx(1, abs=1e-3)
    torch.testing.assert_close(smoothed(torch.ones(16, 16), sigma), torch.ones(16, 16))


def test_smoothing_stays_within_its_own_slice() -> None:
    """Two labels smoothed one after the other do not see each other: blurring is in the plane alone."""
    empty = smoothed(torch.zeros(64, 64), 1.5)
    smoothed(square(), 1.5)
    assert not empty.any()
