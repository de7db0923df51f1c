from pathlib import Path

import numpy as np
import pytest
import torch

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.prompts import Box, Prompt
from scarmass.domain.protocols import SliceImage
from scarmass.inference.segmenter.engine import SegmenterEngine
from scarmass.inference.segmenter.network import build_segmenter
from scarmass.inference.segmenter.onnx_encoder import OnnxEncoder, exported_encoder
from scarmass.inference.weights.load import Weights, load
from scarmass.paths import WEIGHTS

EMBEDDING_TOLERANCE = 1e-3
MASK_TOLERANCE_PIXELS = 3


@pytest.fixture(scope="module")
def weights() -> Weights:
    return load("scarmass-litemedsam", WEIGHTS)


@pytest.fixture(scope="module")
def export_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


@pytest.mark.slow
def test_the_export_encodes_as_torch_does(weights: Weights, export_folder: Path) -> None:
    network = build_segmenter(weights)
    window = np.random.default_rng(0).random((3, 256, 256), dtype=np.float32)
    exported = OnnxEncoder(exported_encoder(network.image_encoder, 256, weights.sha256, export_folder))(window)
    with torch.inference_mode():
        embedding = network.encode(torch.from_numpy(window)[None])
    assert (exported - embedding).abs().max() < EMBEDDING_TOLERANCE


@pytest.mark.slow
def test_the_mask_is_the_same_with_and_without_the_export(weights: Weights, export_folder: Path) -> None:
    y, x = np.mgrid[:160, :160]
    ring = np.abs(np.hypot(x - 80, y - 80) - 24) < 5
    pixels = (60 + 20 * ring + 120 * (ring & (x > 90))).astype(np.float32)
    image = SliceImage("phantom", pixels + np.random.default_rng(0).normal(0, 5, pixels.shape), (1.4, 1.4))
    prompt = Prompt(boxes=(Box(88, 55, 112, 105),))
    masks = [
        SegmenterEngine(weights, device="cpu", export_folder=folder)
        .segment(image, HeartRegion(80, 80, 80), prompt)
        .mask
        for folder in (None, export_folder)
    ]
    assert masks[0].any()
    assert (masks[0] ^ masks[1]).sum() <= MASK_TOLERANCE_PIXELS


def test_an_export_is_made_once_for_the_same_weights(export_folder: Path) -> None:
    def never(*_: object) -> torch.Tensor:
        raise AssertionError("exported again")

    path = export_folder / f"encoder-{'0' * 64}.onnx"
    path.write_bytes(b"kept")
    module = torch.nn.Module()
    module.forward = never  # pyright: ignore[reportAttributeAccessIssue]
    assert exported_encoder(module, 256, "0" * 64, export_folder) == path


def test_an_export_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def failing(*_: object) -> torch.Tensor:
        raise ArithmeticError("cannot be traced")

    module = torch.nn.Module()
    module.forward = failing  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ArithmeticError, match="cannot be traced"):
        exported_encoder(module, 256, "1" * 64, tmp_path)
    assert not list(tmp_path.iterdir())
