"""TinyViT as an image encoder of Segment Anything: timm's blocks, SAM's neck, and the checkpoints' names.

MobileSAM (Zhang et al. 2023, arXiv:2306.14289) encodes 1024 x 1024 pixels; LiteMedSAM keeps its stages but
replaces the strided patch embedding by 1 x 1 convolutions, so that 256 x 256 pixels give the same 64 x 64
embedding.
"""

import re

from segment_anything.modeling.common import LayerNorm2d
from timm.models.tiny_vit import TinyVit
from torch import Tensor, nn

EMBEDDING_CHANNELS = 256
EMBEDDING_SIDE = 64
EARLY_STAGES = 2
"""Stages of four that training may keep as they are while it changes the others."""

_TO_TIMM_NAMES = (
    (re.compile(r"^patch_embed\.seq\.0\."), "patch_embed.conv1."),
    (re.compile(r"^patch_embed\.seq\.2\."), "patch_embed.conv2."),
    (re.compile(r"^layers\.(\d+)\.downsample\."), lambda m: f"stages.{int(m[1]) + 1}.downsample."),
    (re.compile(r"^layers\."), "stages."),
    (re.compile(r"\.c\.weight$"), ".conv.weight"),
)


class TinyVitEncoder(nn.Module):
    """Image encoder: float32 (n, 3, input_size, input_size) -> embedding (n, 256, 64, 64).

    input_size is 1024 (patches of 4 x 4 pixels) or 256 (every pixel is a patch).
    """

    def __init__(self, input_size: int) -> None:
        super().__init__()
        if input_size not in (256, 1024):
            raise ValueError(f"TinyViT encodes 256 or 1024 pixels, not {input_size}")
        self.trunk = TinyVit(
            num_classes=0,
            embed_dims=(64, 128, 160, 320),
            depths=(2, 2, 6, 2),
            num_heads=(2, 4, 5, 10),
            window_sizes=(7, 7, 14, 7),
            drop_path_rate=0.0,
        )
        del self.trunk.head
        # SAM's decoder wants 64 x 64: the last stage keeps the resolution of the one before.
        _convolution(self.trunk, "stages.3.downsample.conv2.conv").stride = (1, 1)
        if input_size == 256:
            self.trunk.patch_embed.conv1.conv = nn.Conv2d(3, 32, kernel_size=1, bias=False)
            self.trunk.patch_embed.conv2.conv = nn.Conv2d(32, 64, kernel_size=1, bias=False)
        self.neck = nn.Sequential(
            nn.Conv2d(320, EMBEDDING_CHANNELS, kernel_size=1, bias=False),
            LayerNorm2d(EMBEDDING_CHANNELS),
            nn.Conv2d(EMBEDDING_CHANNELS, EMBEDDING_CHANNELS, kernel_size=3, padding=1, bias=False),
            LayerNorm2d(EMBEDDING_CHANNELS),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        return self.neck(self.trunk.forward_features(pixels))


def from_checkpoint_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The encoder's tensors under this module's names, from those of MobileSAM's and LiteMedSAM's
    checkpoints.

    The classification head, which the embedding does not pass through, is left out.
    """
    return {_own_name(name): tensor for name, tensor in state.items() if not name.startswith(("head.", "norm_head."))}


def _convolution(module: nn.Module, name: str) -> nn.Conv2d:
    found = module.get_submodule(name)
    assert isinstance(found, nn.Conv2d)
    return found


def _own_name(name: str) -> str:
    if name.startswith("neck."):
        return name
    for pattern, replacement in _TO_TIMM_NAMES:
        name = pattern.sub(replacement, name)
    return f"trunk.{name}"
