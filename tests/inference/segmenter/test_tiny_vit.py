import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from scarmass.inference.segmenter.network import build_segmenter
from scarmass.inference.segmenter.tiny_vit import TinyVitEncoder, from_checkpoint_names
from scarmass.inference.weights.load import load
from scarmass.paths import WEIGHTS
from scarmass.training.segmenter.train import as_stored

REFERENCE = Path(__file__).parent / "data" / "reference_embedding.json"


def test_the_embedding_agrees_with_the_reference_implementation() -> None:
    """200 values of the embedding that LiteMedSAM's published code made of this pattern, weights in half precision."""
    if not (WEIGHTS / "lite_medsam.safetensors").is_file():
        pytest.skip("LiteMedSAM's own weights are not here: `scarmass weights fetch lite_medsam`")
    reference = json.loads(REFERENCE.read_text())
    y, x = np.mgrid[:256, :256]
    pattern = np.stack([0.5 + 0.5 * np.sin(x / (7 + c)) * np.cos(y / (11 + c)) for c in range(3)])
    weights = load("lite_medsam", WEIGHTS)
    network = build_segmenter(replace(weights, state=as_stored(weights.state)))
    with torch.inference_mode():
        embedding = network.encode(torch.from_numpy(pattern.astype(np.float32))[None])
    assert embedding.shape == (1, 256, 64, 64)
    values = embedding[0].numpy()[reference["channel"], reference["row"], reference["column"]]
    assert values == pytest.approx(reference["value"], abs=1e-4)
    assert embedding.abs().sum().item() == pytest.approx(reference["sum_of_magnitudes"], rel=1e-4)


def test_both_input_sizes_give_the_embedding_that_the_decoder_wants() -> None:
    with torch.device("meta"):
        for size in (256, 1024):
            assert TinyVitEncoder(size)(torch.empty(1, 3, size, size)).shape == (1, 256, 64, 64)
    with pytest.raises(ValueError, match="512"):
        TinyVitEncoder(512)


def test_checkpoint_names_become_timm_s_and_the_classification_head_is_left_out() -> None:
    names = {
        "patch_embed.seq.0.c.weight": "trunk.patch_embed.conv1.conv.weight",
        "patch_embed.seq.2.bn.bias": "trunk.patch_embed.conv2.bn.bias",
        "layers.0.blocks.1.conv2.c.weight": "trunk.stages.0.blocks.1.conv2.conv.weight",
        "layers.0.downsample.conv1.bn.weight": "trunk.stages.1.downsample.conv1.bn.weight",
        "layers.3.blocks.0.attn.qkv.weight": "trunk.stages.3.blocks.0.attn.qkv.weight",
        "neck.2.weight": "neck.2.weight",
    }
    state = {name: torch.zeros(()) for name in (*names, "head.weight", "norm_head.bias")}
    assert list(from_checkpoint_names(state)) == list(names.values())
