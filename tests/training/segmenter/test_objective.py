"""The objective: a batch learns what its samples alone would teach, from answers that were corrected."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import torch

from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.segmenter.refiner import FOLD
from scarmass.training.segmenter.batches import Batch
from scarmass.training.segmenter.masks import filled
from scarmass.training.segmenter.network import network_to_train
from scarmass.training.segmenter.objective import SegmenterObjective, decoder_loss
from scarmass.training.segmenter.optimiser import adamw
from scarmass.training.segmenter.prompts import MOST_EXTRA_POINTS
from tests.training.segmenter.batches import BASE, SHIPPED, batch, each_alone

pytestmark = pytest.mark.slow


def objective(loss=SHIPPED.loss, encoder_rate: float = 0.0) -> SegmenterObjective:
    torch.manual_seed(0)
    network = network_to_train(BASE)
    adamw(network, replace(SHIPPED.optimiser, encoder_rate=encoder_rate))  # which says what is trained
    return SegmenterObjective(network, loss, trains_encoder=encoder_rate > 0)


def with_clicks(whole: Batch, clicks: list[int]) -> Batch:
    gives_previous = torch.ones_like(whole.gives_previous)
    return Batch(whole.views, whole.decoded, whole.prompts, whole.sensitivity, torch.tensor(clicks), gives_previous)


def answered_at(whole: Batch, sensitivity: float) -> Batch:
    at = torch.full_like(whole.sensitivity, sensitivity)
    return Batch(whole.views, whole.decoded, whole.prompts, at, whole.clicks, whole.gives_previous)


@pytest.fixture(scope="module")
def shared() -> SegmenterObjective:
    return objective()


def gradients(network: PromptableSegmenter) -> dict[str, torch.Tensor]:
    return {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}


def test_two_steps_in_batches_lose_and_learn_what_one_sample_at_a_time_does() -> None:
    in_batches = objective(encoder_rate=0.1)
    alone = deepcopy(in_batches)
    optimisers = [torch.optim.SGD(one.parameters(), lr=1e-3) for one in (in_batches, alone)]
    for step in range(2):
        whole = with_clicks(batch(step, per_view=1), [step, 1])
        samples = each_alone(whole)
        for optimiser in optimisers:
            optimiser.zero_grad()
        loss = in_batches(whole)
        loss.backward()
        losses = []
        for sample in samples:
            own = alone(sample)
            (own / len(samples)).backward()
            losses.append(own.item())
        assert loss.item() == pytest.approx(sum(losses) / len(losses), rel=1e-3)
        found, expected = gradients(in_batches.network), gradients(alone.network)
        assert found.keys() == expected.keys()
        assert any(name.startswith("image_encoder.neck") for name in found)
        for name, gradient in expected.items():
            scale = gradient.norm()
            assert (found[name] - gradient).norm() <= 0.02 * scale + 1e-6, name
        for optimiser in optimisers:
            optimiser.step()


def test_each_correction_is_a_click_in_what_was_wrong_and_brings_the_mask_it_was_made_on(
    shared: SegmenterObjective,
) -> None:
    whole = with_clicks(batch(3), [3, 3, 0, 1])
    nothing = torch.full((4, 256, 256), -6.0)
    prompts, previous = shared.corrected(whole, whole.views.grey[whole.prompts.view], nothing)
    assert (prompts.labels >= 0).sum(1).sub((whole.prompts.labels >= 0).sum(1)).le(whole.clicks).all()
    assert torch.equal(prompts.labels[2], whole.prompts.labels[2])
    assert not previous[2].any()
    for points, labels, target in zip(prompts.points, prompts.labels, prompts.target, strict=True):
        for (x, y), label in zip(points[-3:].long().tolist(), labels[-3:].tolist(), strict=True):
            assert label in (-1, int(target[y, x]))
    assert prompts.boxes is whole.prompts.boxes


def test_a_previous_mask_lies_in_its_box(shared: SegmenterObjective) -> None:
    whole = with_clicks(batch(3), [3, 3, 3, 3])
    everything = torch.full((4, 256, 256), 6.0)
    prompts, previous = shared.corrected(whole, whole.views.grey[whole.prompts.view], everything)
    has_box = prompts.boxes[:, 2] > 0
    outside = ~filled(prompts.boxes, 256)[has_box]
    assert not (previous[has_box][outside] > 0).any()


def test_a_right_answer_is_not_corrected() -> None:
    made = objective()
    for name, parameter in made.network.named_parameters():
        if name.startswith("refiner.head"):
            torch.nn.init.zeros_(parameter)
    whole = with_clicks(batch(3), [3, 3, 3, 3])
    right = 12 * (whole.prompts.target.float() - 0.5)
    prompts, previous = made.corrected(whole, whole.views.grey[whole.prompts.view], right)
    assert torch.equal(prompts.labels, whole.prompts.labels)
    assert not previous.any()


def test_at_a_sensitivity_the_answer_is_corrected_that_counts_there() -> None:
    made = objective()
    for name, parameter in made.network.named_parameters():
        if name.startswith("refiner.head"):
            torch.nn.init.zeros_(parameter)
    whole = with_clicks(batch(3), [3, 3, 3, 3])
    below_zero = 2 * whole.prompts.target.float() - 5
    grey = whole.views.grey[whole.prompts.view]
    right, _ = made.corrected(answered_at(whole, 4.0), grey, below_zero)
    assert torch.equal(right.labels, whole.prompts.labels)
    empty, _ = made.corrected(whole, grey, below_zero)
    has_target = whole.prompts.target.flatten(1).any(1)
    assert has_target.any()
    assert (empty.labels[has_target, MOST_EXTRA_POINTS] == 1).all()


def test_a_refiner_whose_logits_lie_lower_loses_the_same_at_a_sensitivity_as_much_higher() -> None:
    made, whole = objective(), with_clicks(batch(3, decoded=0), [0, 0])
    before = made(whole).item()
    bias = dict(made.network.named_parameters())["refiner.head.bias"]
    with torch.no_grad():
        bias[: FOLD**2] -= 3
    assert made(answered_at(whole, 3.0)).item() == pytest.approx(before, rel=1e-4)
    assert made(whole).item() != pytest.approx(before, rel=1e-2)


def test_a_decoder_whose_logits_lie_lower_loses_the_same_at_a_sensitivity_as_much_higher(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The refiner's own loss aside: it sees the decoder's logits as they are.
    made, whole = objective(), batch(3, per_view=1, decoded=1)
    _, before = made._decoded(whole)
    decode = made.network.decode_each

    def lower(*given: Any) -> tuple[torch.Tensor, torch.Tensor]:
        logits, iou = decode(*given)
        return logits - 3, iou

    monkeypatch.setattr(made.network, "decode_each", lower)
    _, moved = made._decoded(answered_at(whole, 3.0))
    assert moved.item() == pytest.approx(before.item(), rel=1e-4)


def test_decoder_refiner_and_encoder_learn_from_views_that_are_decoded() -> None:
    made = objective(encoder_rate=0.1)
    made(batch(per_view=1, decoded=1)).backward()
    names = gradients(made.network)
    assert {"mask_decoder.iou_token.weight", "refiner.stem.weight", "image_encoder.neck.0.weight"} <= names.keys()
    assert not any(
        name.startswith(("image_encoder.trunk.patch_embed", "image_encoder.trunk.stages.0")) for name in names
    )


def test_what_the_refiner_learns_does_not_reach_the_decoder() -> None:
    made = objective(replace(SHIPPED.loss, decoder=0.0))
    made(batch(per_view=1, decoded=1)).backward()
    decoder = [gradient for name, gradient in gradients(made.network).items() if not name.startswith("refiner")]
    assert not any(gradient.any() for gradient in decoder)


def test_a_view_for_the_refiner_alone_is_not_encoded(
    shared: SegmenterObjective, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(pixels: torch.Tensor) -> torch.Tensor:
        raise AssertionError("encoded")

    monkeypatch.setattr(shared.early, "forward", never)
    assert shared(batch(decoded=0)).item() > 0
    with pytest.raises(AssertionError, match="encoded"):
        shared(batch(decoded=1))


def test_the_refiner_also_learns_where_blood_pool_and_ventricle_end() -> None:
    for weight in (0.0, 1.0):
        made = objective(replace(SHIPPED.loss, outlines=weight))
        made(batch(decoded=0)).backward()
        outlines = gradients(made.network)["refiner.head.bias"][FOLD**2 :]
        assert bool(outlines.any()) == bool(weight)


def test_an_encoder_without_stages_cannot_be_trained_by_them() -> None:
    with pytest.raises(ValueError, match="TinyViT"):
        SegmenterObjective(PromptableSegmenter("sam_vit_b", 256), SHIPPED.loss, trains_encoder=True)


def test_in_half_precision_a_corrected_answer_teaches_what_it_does_in_single() -> None:
    """On the same clicks: in half precision the answers that are corrected are others."""
    made = objective()
    whole = with_clicks(batch(3, decoded=0), [1, 1])
    single = made.corrected(whole, whole.views.grey[whole.prompts.view], torch.zeros(2, 256, 256))
    found: list[dict[str, torch.Tensor]] = []
    for enabled in (False, True):
        made.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled), pytest.MonkeyPatch.context() as patch:
            made.corrected(whole, whole.views.grey[whole.prompts.view], torch.zeros(2, 256, 256))
            patch.setattr(made, "corrected", lambda *given: single)
            loss = made(whole)
        loss.backward()
        found.append(gradients(made.network))
    expected, half = found
    assert half.keys() == expected.keys()
    for name in ("refiner.stem.weight", "refiner.head.weight", "refiner.down.2.0.weight"):
        assert (half[name] - expected[name]).norm() < 0.1 * expected[name].norm()


def test_a_wrong_prediction_of_its_overlap_costs_the_decoder() -> None:
    target = torch.zeros(256, 256)
    target[100:150, 100:150] = 1
    right = 40 * (target - 0.5)
    right_prediction = decoder_loss(right, torch.tensor(1.0), target, SHIPPED.loss)
    too_high = decoder_loss(-right, torch.tensor(1.0), target, SHIPPED.loss)
    right_about_nothing = decoder_loss(-right, torch.tensor(0.0), target, SHIPPED.loss)
    assert too_high.item() - right_about_nothing.item() == pytest.approx(1, rel=1e-5)
    assert right_prediction < 0.1
