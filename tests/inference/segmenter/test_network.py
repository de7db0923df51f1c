import pytest
import torch

from scarmass.domain.errors import WeightsInvalid
from scarmass.inference.segmenter.network import STRUCTURES, VIT_SIZES, PromptableSegmenter, build_segmenter
from scarmass.inference.weights.files import load
from scarmass.paths import WEIGHTS


@pytest.fixture(scope="module")
def network() -> PromptableSegmenter:
    weights = load("scarmass-litemedsam", WEIGHTS)
    return build_segmenter("tiny_vit", 256, weights.state)


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
    network = PromptableSegmenter("tiny_vit", 256, with_structures=True).eval()
    answers = [network.decode(embedding, torch.tensor([index]), boxes=BOX)[0] for index in range(len(STRUCTURES))]
    assert all(not torch.equal(answers[0], other) for other in answers[1:])


@torch.inference_mode()
def test_published_weights_know_no_structure(embedding: torch.Tensor) -> None:
    torch.manual_seed(0)
    network = PromptableSegmenter("tiny_vit", 256, with_structures=False).eval()
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
        own = PromptableSegmenter(architecture, 1024, with_structures=False).state_dict()
        published = sam_model_registry[architecture.removeprefix("sam_")]().state_dict()
    assert {name: tensor.shape for name, tensor in own.items()} == {n: t.shape for n, t in published.items()}


def test_weights_of_another_network_are_refused_by_name() -> None:
    with pytest.raises(WeightsInvalid, match="tiny_vit of 256"):
        build_segmenter("tiny_vit", 256, {"anything": torch.zeros(1)})
    with pytest.raises(WeightsInvalid, match="resnet"):
        build_segmenter("resnet", 256, {})
