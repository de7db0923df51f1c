"""What is frozen of the encoder is computed once; what is trained carries gradients."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from scarmass import paths
from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.weights.load import load
from scarmass.training.segmenter.config import CONFIG, read_config
from scarmass.training.segmenter.embedding_store import EmbeddingStore, LateStages
from scarmass.training.segmenter.network import network_to_train
from scarmass.training.segmenter.views import AugmentedView, training_views
from tests.training.segmenter.hearts import heart

WEIGHTS = load("scarmass-litemedsam", paths.WEIGHTS)
SHIPPED = read_config(CONFIG)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def network() -> PromptableSegmenter:
    return network_to_train(WEIGHTS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests, so that each encoder is exported once."""
    return tmp_path_factory.mktemp("embeddings")


@pytest.fixture(scope="module")
def view() -> AugmentedView:
    (first, *_) = training_views([heart()], [], SHIPPED.views, SHIPPED.augmentation, 0)
    return first


def store(network: PromptableSegmenter, folder: Path, trains_late_stages: bool = False) -> EmbeddingStore:
    return EmbeddingStore(network, WEIGHTS.entry, folder, torch.device("cpu"), trains_late_stages=trains_late_stages)


def test_what_was_encoded_is_kept_for_the_next_run(
    network: PromptableSegmenter, view: AugmentedView, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = store(network, folder).embedding(view)
    again = store(network, folder)

    def never(pixels: np.ndarray) -> torch.Tensor:
        raise AssertionError("encoded again")

    monkeypatch.setattr(again, "_encode", never)
    assert torch.equal(again.embedding(view), first)
    other = replace(view, name="other", annotated=replace(view.annotated, pixels=-view.base.pixels))
    with pytest.raises(AssertionError, match="again"):
        again.embedding(other)


@pytest.mark.parametrize("trains_late_stages", [False, True])
def test_nothing_is_kept_of_a_view_that_comes_only_once(
    network: PromptableSegmenter, view: AugmentedView, folder: Path, trains_late_stages: bool
) -> None:
    encoder, once = store(network, folder, trains_late_stages), replace(view, name="once", annotated=view.base)
    kept_before = set(folder.glob("*.npy"))
    fresh = encoder.embedding(once, is_fresh=True)
    assert set(folder.glob("*.npy")) == kept_before
    torch.testing.assert_close(fresh, encoder.embedding(once), atol=2e-2, rtol=2e-2)


def test_divided_into_stages_the_encoder_is_the_same_and_its_late_ones_alone_are_trained_again_and_again(
    network: PromptableSegmenter, view: AugmentedView, folder: Path
) -> None:
    whole, divided = store(network, folder), store(network, folder, trains_late_stages=True)
    LateStages(network.image_encoder).require_gradients()
    frozen, learning = whole.embedding(view), divided.embedding(view)
    for _ in range(2):
        divided.embedding(view).sum().backward()
    trained = {name for name, p in network.image_encoder.named_parameters() if p.grad is not None}
    network.image_encoder.requires_grad_(False)
    assert "neck.0.weight" in trained
    assert not any(name.startswith(("trunk.patch_embed", "trunk.stages.0", "trunk.stages.1")) for name in trained)
    torch.testing.assert_close(learning, frozen, atol=2e-2, rtol=2e-2)
    assert learning.requires_grad
    assert not frozen.requires_grad


def test_validation_encodes_by_the_late_stages_of_the_network_it_is_about(
    network: PromptableSegmenter, view: AugmentedView, folder: Path
) -> None:
    divided = store(network, folder, trains_late_stages=True)
    pixels = np.random.default_rng(0).random((3, 256, 256), dtype=np.float32)
    other = deepcopy(network)
    torch.nn.init.zeros_(other.image_encoder.neck[2].weight)  # type: ignore[index]
    assert not torch.equal(divided.encode_with(network)(pixels), divided.encode_with(other)(pixels))


def test_an_encoder_without_stages_cannot_be_trained_by_them(folder: Path) -> None:
    vit = PromptableSegmenter("sam_vit_b", 256)
    with pytest.raises(ValueError, match="TinyViT"):
        store(vit, folder, trains_late_stages=True)
