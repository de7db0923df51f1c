"""The decoder's export against torch."""

import pytest
import torch

from scarmass.inference.onnx_network import Precision
from scarmass.inference.segmenter.network import PromptableSegmenter, build_segmenter
from scarmass.inference.segmenter.onnx_decoder import OnnxDecoder
from scarmass.inference.weights.load import load
from scarmass.paths import WEIGHTS
from tests.inference.precisions import assert_close, run_in

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def network() -> PromptableSegmenter:
    return build_segmenter(load("scarmass-litemedsam", WEIGHTS))


@pytest.fixture(scope="module", params=(Precision.BFLOAT16, Precision.FLOAT32))
def precision(request: pytest.FixtureRequest) -> Precision:
    return request.param


@pytest.fixture(scope="module")
def decoder(
    network: PromptableSegmenter, precision: Precision, tmp_path_factory: pytest.TempPathFactory
) -> OnnxDecoder:
    with pytest.MonkeyPatch.context() as patch:
        run_in(precision, patch)
        return OnnxDecoder(network, "weights", tmp_path_factory.mktemp("exports"))


@pytest.fixture(scope="module")
def embedding() -> torch.Tensor:
    return 0.1 * torch.randn(1, 256, 64, 64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_number_of_boxes_is_answered_as_torch_does(
    network: PromptableSegmenter, decoder: OnnxDecoder, embedding: torch.Tensor, precision: Precision, count: int
) -> None:
    start = torch.arange(count)[:, None] * 9.0
    boxes = torch.cat([start + 40, start + 50, start + 90, start + 120], dim=1)
    structures = torch.arange(count) % len(network.structures)
    with torch.inference_mode():
        logits = network.decode(embedding, structures, boxes=boxes)[0]
        answers = decoder(embedding, structures, boxes)
    assert_close(answers, logits, precision)


def test_the_same_prompt_is_answered_the_same_each_time(
    decoder: OnnxDecoder, embedding: torch.Tensor, precision: Precision
) -> None:
    assert decoder.precision is precision
    scar, box = torch.zeros(1, dtype=torch.long), torch.tensor([[50.0, 60.0, 90.0, 120.0]])
    with torch.inference_mode():
        first, *others = [decoder(embedding, scar, box) for _ in range(20)]
    assert all(torch.equal(first, other) for other in others)


@pytest.mark.parametrize("clicks", [[True], [False], [True, True], [True, False, True]])
def test_lone_points_are_answered_as_torch_does(
    network: PromptableSegmenter,
    decoder: OnnxDecoder,
    embedding: torch.Tensor,
    precision: Precision,
    clicks: list[bool],
) -> None:
    positions = torch.arange(2 * len(clicks), dtype=torch.float32).reshape(1, -1, 2) * 20 + 60
    points = positions, torch.tensor([clicks])
    scar = torch.zeros(1, dtype=torch.long)
    with torch.inference_mode():
        logits = network.decode(embedding, scar, points=points)[0]
        answers = decoder(embedding, scar, points=points)
    assert_close(answers, logits, precision)
