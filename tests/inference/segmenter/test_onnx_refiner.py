"""The refiner's export against torch."""

import pytest
import torch

from scarmass.inference.segmenter.network import build_segmenter
from scarmass.inference.segmenter.onnx_refiner import OnnxRefiner
from scarmass.inference.segmenter.refiner import MAPS
from scarmass.inference.segmenter.window import LOGITS_SIDE
from scarmass.inference.weights.load import load
from scarmass.paths import WEIGHTS

TOLERANCE = 1e-3

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_prompts_is_refined_as_torch_does(tmp_path_factory: pytest.TempPathFactory, count: int) -> None:
    network = build_segmenter(load("scarmass-litemedsam", WEIGHTS))
    assert network.refiner is not None
    maps = 2 * torch.rand(count, MAPS, LOGITS_SIDE, LOGITS_SIDE, generator=torch.Generator().manual_seed(0)) - 1
    structures = torch.arange(count) % len(network.structures)
    exported = OnnxRefiner(network.refiner, "weights", tmp_path_factory.mktemp("exports"))
    with torch.inference_mode():
        answers, outlines = network.refiner.with_outlines(maps, structures)
        as_exported = exported(maps, structures)
    assert (as_exported[0] - answers).abs().max() < TOLERANCE
    assert (as_exported[1] - outlines).abs().max() < TOLERANCE
