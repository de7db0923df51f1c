"""Embeddings of a frozen encoder are made once; those of a trained one carry gradients."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from scarmass.inference.segmenter import PromptableSegmenter
from scarmass.inference.weights import load
from scarmass.training.finetune_segmenter import CONFIG, network_to_train, read_config
from scarmass.training.kept_embeddings import Embeddings
from scarmass.training.segmenter_examples import Example, training_examples
from tests.training.segmenter_hearts import heart

WEIGHTS = load("scarmass-litemedsam", Path(__file__).parents[2] / "weights")
MATERIAL = read_config(CONFIG).material


@pytest.fixture(scope="module")
def network() -> PromptableSegmenter:
    return network_to_train(WEIGHTS)


@pytest.fixture(scope="module")
def example() -> Example:
    (first, *_) = training_examples([heart()], [], MATERIAL.views, MATERIAL.augmentation, 0)
    return first


def embeddings(network: PromptableSegmenter, folder: Path) -> Embeddings:
    return Embeddings(network, WEIGHTS.entry, folder, torch.device("cpu"))


def test_an_embedding_is_kept_for_the_next_run(
    network: PromptableSegmenter, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = embeddings(network, tmp_path).of(example)
    again = embeddings(network, tmp_path)

    def never(pixels: np.ndarray) -> torch.Tensor:
        raise AssertionError("encoded again")

    monkeypatch.setattr(again, "_encode", never)
    assert torch.equal(again.of(example), first)
    with pytest.raises(AssertionError, match="again"):
        again.of(replace(example, name="other", annotated=replace(example.annotated, pixels=-example.base.pixels)))


def test_kept_or_made_anew_the_embedding_is_the_same_and_only_the_latter_can_be_learned_from(
    network: PromptableSegmenter, example: Example, tmp_path: Path
) -> None:
    network.image_encoder.requires_grad_(True)
    made = embeddings(network, tmp_path)
    kept, anew = made.of(example), made.anew(example)
    torch.testing.assert_close(anew, kept, atol=5e-3, rtol=1e-2)
    assert anew.requires_grad
    assert not kept.requires_grad
    network.image_encoder.requires_grad_(False)
