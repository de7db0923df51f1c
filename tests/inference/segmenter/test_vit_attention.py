"""Fused attention gives a ViT's answers."""

from copy import deepcopy

import pytest
import torch
from segment_anything.modeling import ImageEncoderViT

from scarmass.inference.segmenter.vit_attention import FusedAttention, use_fused_attention


@pytest.mark.parametrize("use_rel_pos", [True, False])
def test_global_and_windowed_attention_answer_as_before(use_rel_pos: bool) -> None:
    torch.manual_seed(0)
    before = ImageEncoderViT(
        img_size=96,
        patch_size=8,
        embed_dim=32,
        depth=2,
        num_heads=2,
        out_chans=16,
        use_rel_pos=use_rel_pos,
        window_size=7,  # of 12 x 12 patches: windows that are filled up
        global_attn_indexes=(1,),
    ).eval()
    for parameter in before.parameters():
        torch.nn.init.normal_(parameter, std=0.2)  # relative positions are zeros in a new network
    after = deepcopy(before)
    use_fused_attention(after)
    assert sum(isinstance(module, FusedAttention) for module in after.modules()) == 2
    images = torch.randn(2, 3, 96, 96)
    with torch.inference_mode():
        torch.testing.assert_close(after(images), before(images), atol=1e-4, rtol=1e-4)
