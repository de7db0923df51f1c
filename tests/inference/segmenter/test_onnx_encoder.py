from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.ndimage import binary_dilation, binary_erosion

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Box, Prompt
from scarmass.domain.protocols import SliceImage
from scarmass.inference.onnx_network import Precision
from scarmass.inference.segmenter.engine import SegmenterEngine
from scarmass.inference.segmenter.network import build_segmenter
from scarmass.inference.segmenter.onnx_encoder import OnnxEncoder
from scarmass.inference.weights.load import Weights, load
from scarmass.paths import WEIGHTS
from scarmass.settings import SEGMENTER
from tests.inference.precisions import assert_close, run_in

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def weights() -> Weights:
    return load(SEGMENTER, WEIGHTS)


@pytest.mark.parametrize("precision", Precision)
def test_the_export_encodes_as_torch_does(
    weights: Weights, exports: Path, precision: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_in(precision, monkeypatch)
    network = build_segmenter(weights)
    window = np.random.default_rng(0).random((3, 256, 256), dtype=np.float32)
    exported = OnnxEncoder(network.image_encoder, weights, exports)
    with torch.inference_mode():
        embedding = network.encode(torch.from_numpy(window)[None])
    assert exported.precision is precision
    answer = exported(window)
    assert_close(answer, embedding, precision)
    assert all(torch.equal(exported(window), answer) for _ in range(3))


@pytest.mark.parametrize("precision", Precision)
def test_masks_of_exports_and_of_torch_differ_in_the_rim_alone(
    weights: Weights, exports: Path, precision: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_in(precision, monkeypatch)
    y, x = np.mgrid[:160, :160]
    ring = np.abs(np.hypot(x - 80, y - 80) - 24) < 5
    pixels = (60 + 20 * ring + 120 * (ring & (x > 90))).astype(np.float32)
    image = SliceImage("phantom", pixels + np.random.default_rng(0).normal(0, 5, pixels.shape), (1.4, 1.4))
    prompt = Prompt(boxes=(Box(88, 55, 112, 105),))
    engines = [SegmenterEngine(weights, device="cpu", export_folder=folder) for folder in (None, exports)]
    in_torch, exported = (engine.segment(image, HeartRegion(80, 80, 80), prompt).mask for engine in engines)
    assert in_torch.sum() > 100
    assert not ((in_torch ^ exported) & ~rim(in_torch)).any()
    said = "bfloat16 and int8" if precision is Precision.INT8 else precision
    assert [engine.device_and_precision for engine in engines] == ["cpu, float32", f"cpu, {said}"]


def rim(mask: Mask) -> Mask:
    """The pixels on both sides of the border."""
    return np.logical_xor(binary_dilation(mask), binary_erosion(mask))
