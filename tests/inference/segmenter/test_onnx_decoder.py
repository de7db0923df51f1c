"""The decoder's export against torch."""

import pytest
import torch

from scarmass.inference.segmenter.network import PromptableSegmenter, build_segmenter
from scarmass.inference.segmenter.onnx_decoder import OnnxDecoder
from scarmass.inference.weights.load import load
from scarmass.paths import WEIGHTS

TOLERANCE = 1e-3

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def network() -> PromptableSegmenter:
    return build_segmenter(load("scarmass-litemedsam", WEIGHTS))


@pytest.fixture(scope="module")
def decoder(network: PromptableSegmenter, tmp_path_factory: pytest.TempPathFactory) -> OnnxDecoder:
    return OnnxDecoder(network, "weights", tmp_path_factory.mktemp("exports"))


@pytest.fixture(scope="module")
def embedding() -> torch.Tensor:
    return torch.randn(1, 256, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_number_of_boxes_is_answered_as_torch_does(
    network: PromptableSegmenter, decoder: OnnxDecoder, embedding: torch.Tensor, count: int
) -> None:
    start = torch.arange(count)[:, None] * 9.0
    boxes = torch.cat([start + 40, start + 50, start + 90, start + 120], dim=1)
    structures = torch.arange(count) % len(network.structures)
    with torch.inference_mode():
        logits = network.decode(embedding, structures, boxes=boxes)[0]
        answers = decoder(embedding, structures, boxes)
    assert (answers - logits).abs().max() < TOLERANCE


@pytest.mark.parametrize("clicks", [[True], [False], [True, True], [True, False, True]])
def test_lone_points_are_answered_as_torch_does(
    network: PromptableSegmenter, decoder: OnnxDecoder, embedding: torch.Tensor, clicks: list[bool]
) -> None:
    positions = torch.arange(2 * len(clicks), dtype=torch.float32).reshape(1, -1, 2) * 20 + 60
    points = positions, torch.tensor([clicks])
    scar = torch.zeros(1, dtype=torch.long)
    with torch.inference_mode():
        logits = network.decode(embedding, scar, points=points)[0]
        answers = decoder(embedding, scar, points=points)
    assert (answers - logits).abs().max() < TOLERANCE
