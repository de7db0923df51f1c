from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from scarmass.domain.errors import StructureNotKnown, WeightsInvalid
from scarmass.domain.prompts import Box, Prompt
from scarmass.domain.protocols import SliceImage
from scarmass.domain.structures import Structure
from scarmass.inference.segmenter.engine import SegmenterEngine
from scarmass.inference.segmenter.network import VIT_SIZES, PromptableSegmenter, build_segmenter
from scarmass.inference.weights.catalog import DEFAULT_STRUCTURES, Entry
from scarmass.inference.weights.load import Weights, load
from scarmass.inference.weights.save import save
from scarmass.paths import WEIGHTS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def network() -> PromptableSegmenter:
    return build_segmenter(load("scarmass-litemedsam", WEIGHTS))


@pytest.fixture(scope="module")
def embedding() -> torch.Tensor:
    return 0.1 * torch.randn(1, 256, 64, 64, generator=torch.Generator().manual_seed(0))


BOX = torch.tensor([[60.0, 70.0, 120.0, 130.0]])


@torch.inference_mode()
def test_several_prompts_are_answered_as_each_alone(network: PromptableSegmenter, embedding: torch.Tensor) -> None:
    boxes = torch.cat([BOX, BOX + 40])
    together, _ = network.decode(embedding, torch.zeros(2, dtype=torch.long), boxes=boxes)
    alone, _ = network.decode(embedding, torch.zeros(1, dtype=torch.long), boxes=boxes[1:])
    assert together.shape == (2, 256, 256)
    assert torch.allclose(together[1:], alone, atol=1e-3)


@torch.inference_mode()
def test_a_box_with_points_and_a_previous_mask_is_one_answer(
    network: PromptableSegmenter, embedding: torch.Tensor
) -> None:
    points = torch.tensor([[[90.0, 100.0], [70.0, 80.0]]]), torch.tensor([[1.0, 0.0]])
    logits, predicted_iou = network.decode(
        embedding, torch.zeros(1, dtype=torch.long), boxes=BOX, points=points, mask_prompts=torch.zeros(1, 256, 256)
    )
    assert logits.shape == (1, 256, 256)
    assert predicted_iou.shape == (1,)


@torch.inference_mode()
def test_the_structure_conditions_the_answer(embedding: torch.Tensor) -> None:
    torch.manual_seed(0)
    network = PromptableSegmenter("tiny_vit", 256, DEFAULT_STRUCTURES).eval()
    answers = [
        network.decode(embedding, torch.tensor([index]), boxes=BOX)[0] for index in range(len(DEFAULT_STRUCTURES))
    ]
    assert all(not torch.equal(answers[0], other) for other in answers[1:])


@torch.inference_mode()
def test_published_weights_know_no_structure(embedding: torch.Tensor) -> None:
    torch.manual_seed(0)
    network = PromptableSegmenter("tiny_vit", 256).eval()
    one, other = (network.decode(embedding, torch.tensor([index]), boxes=BOX)[0] for index in (0, 2))
    assert torch.equal(one, other)


@torch.inference_mode()
def test_the_best_of_three_is_the_mask_predicted_best(network: PromptableSegmenter, embedding: torch.Tensor) -> None:
    point = torch.tensor([[[90.0, 100.0]]]), torch.tensor([[1.0]])
    structure = torch.zeros(1, dtype=torch.long)
    _, best = network.decode(embedding, structure, points=point, best_of_three=True)
    sparse, dense = network.prompt_encoder((point[0] - 0.5, point[1]), None, None)
    assert network.structure_tokens is not None
    sparse = torch.cat([sparse, network.structure_tokens(structure)[:, None]], dim=1)
    pe = network.prompt_encoder.get_dense_pe()
    _, all_four = network.mask_decoder.predict_masks(embedding, pe, sparse, dense)
    assert best.item() == pytest.approx(all_four[0, 1:].max().item(), abs=1e-5)


@pytest.mark.parametrize("architecture", VIT_SIZES)
def test_sam_checkpoints_of_every_size_have_the_tensors_that_segment_anything_gives_them(architecture: str) -> None:
    from segment_anything import sam_model_registry

    with torch.device("meta"):
        own = PromptableSegmenter(architecture, 1024).state_dict()
        published = sam_model_registry[architecture.removeprefix("sam_")]().state_dict()
    assert {name: tensor.shape for name, tensor in own.items()} == {n: t.shape for n, t in published.items()}


def test_weights_of_another_network_are_refused_by_name() -> None:
    for architecture in ("tiny_vit", "resnet"):
        entry = Entry("other", "segmenter", architecture, 256, "", "other.safetensors")
        with pytest.raises(WeightsInvalid, match=architecture):
            build_segmenter(Weights(entry, "", {"anything": torch.zeros(1)}))


def own_file(folder: Path, structures: tuple[str, ...], known: Sequence[int]) -> Path:
    """The shipped segmenter with the tokens of some structures alone, in the order that its file names them."""
    shipped = load("scarmass-litemedsam", WEIGHTS)
    names = ("structure_tokens.weight", "refiner.structures.weight")
    tokens = {name: shipped.state[name][list(known)] for name in names}
    path = folder / "own.safetensors"
    save(shipped.state | tokens, replace(shipped.entry, name="own", structures=structures).description(), path)
    return path


@torch.inference_mode()
def test_a_file_with_fewer_structures_in_another_order_answers_by_name(
    network: PromptableSegmenter, embedding: torch.Tensor, tmp_path: Path
) -> None:
    blood_and_scar = build_segmenter(load(own_file(tmp_path, ("blood_pool", "scar"), (2, 0)), WEIGHTS))
    for structure in ("scar", "blood_pool"):
        own, shipped = (
            each.decode(embedding, torch.tensor([each.structure_index(structure)]), boxes=BOX)[0]
            for each in (blood_and_scar, network)
        )
        assert torch.equal(own, shipped)
    with pytest.raises(StructureNotKnown, match="blood_pool, scar, not no_reflow"):
        blood_and_scar.structure_index("no_reflow")


def test_a_file_that_names_more_structures_than_it_has_tokens_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsInvalid, match="3 structures"):
        build_segmenter(load(own_file(tmp_path, ("scar", "no_reflow", "fibrosis"), (0, 1)), WEIGHTS))


def test_the_shipped_weights_know_what_they_were_trained_on_whatever_else_the_application_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    more: Any = StrEnum("Structure", [*(one.value for one in Structure), "papillary_muscle"])
    monkeypatch.setattr("scarmass.domain.structures.Structure", more)
    monkeypatch.setattr("scarmass.inference.segmenter.network.Structure", more)
    engine = SegmenterEngine(load("scarmass-litemedsam", WEIGHTS), device="cpu")
    image = SliceImage("slice", np.zeros((64, 64), np.float32), (1.5, 1.5))
    with pytest.raises(StructureNotKnown, match="papillary_muscle"):
        engine.segment(image, None, Prompt(more("papillary_muscle"), (Box(8, 8, 40, 40),)))
    assert engine.segment(image, None, Prompt(more("scar"), (Box(8, 8, 40, 40),))).mask.shape == (64, 64)
