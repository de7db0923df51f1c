"""The refiner's export against torch."""

from pathlib import Path

import pytest
import torch

from scarmass.inference.onnx_network import Precision
from scarmass.inference.segmenter.network import build_segmenter
from scarmass.inference.segmenter.onnx_refiner import OnnxRefiner
from scarmass.inference.segmenter.refiner import MAPS
from scarmass.inference.segmenter.window import LOGITS_SIDE
from scarmass.inference.weights.load import load
from scarmass.paths import WEIGHTS
from tests.inference.precisions import assert_close, run_in

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("precision", [Precision.BFLOAT16, Precision.FLOAT32])
@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_prompts_is_refined_as_torch_does(
    tmp_path: Path, count: int, precision: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_in(precision, monkeypatch)
    network = build_segmenter(load("scarmass-litemedsam", WEIGHTS))
    assert network.refiner is not None
    maps = 2 * torch.rand(count, MAPS, LOGITS_SIDE, LOGITS_SIDE, generator=torch.Generator().manual_seed(0)) - 1
    structures = torch.arange(count) % len(network.structures)
    exported = OnnxRefiner(network.refiner, "weights", tmp_path)
    with torch.inference_mode():
        answers, outlines = network.refiner.with_outlines(maps, structures)
        as_exported = exported(maps, structures)
    assert_close(as_exported[0], answers, precision)
    assert_close(as_exported[1], outlines, precision)
