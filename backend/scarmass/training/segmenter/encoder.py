"""The image encoder in two halves: early stages that training leaves as they are, and late ones that it may change.

TinyViT's early stages are half of its cost and a tenth of its weights.
"""

from torch import Tensor, nn

from scarmass.inference.segmenter.tiny_vit import EARLY_STAGES, TinyVitEncoder


class EarlyStages(nn.Module):
    """A TinyViT encoder's early stages: windows (n, 3, size, size) -> features."""

    def __init__(self, encoder: TinyVitEncoder) -> None:
        super().__init__()
        self.patch_embed, self.stages = encoder.trunk.patch_embed, encoder.trunk.stages[:EARLY_STAGES]

    def forward(self, pixels: Tensor) -> Tensor:
        return self.stages(self.patch_embed(pixels))


class LateStages(nn.Module):
    """Its other stages and its neck: features -> embeddings (n, 256, 64, 64)."""

    def __init__(self, encoder: TinyVitEncoder) -> None:
        super().__init__()
        self.stages, self.neck = encoder.trunk.stages[EARLY_STAGES:], encoder.neck

    def forward(self, features: Tensor) -> Tensor:
        return self.neck(self.stages(features))

    def require_gradients(self) -> None:
        """Train all weights but attention biases: timm caches those outside its training mode,
        which would also move the statistics of batch norm."""
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(not name.endswith("attention_biases"))


def in_two_halves(encoder: nn.Module, trains_late_stages: bool) -> tuple[nn.Module, nn.Module]:
    """What is frozen of an encoder and what is trained, which share its weights; both in evaluation mode.

    Raises ValueError where late stages are to be trained of an encoder that is not divided into stages.
    """
    if not trains_late_stages:
        return encoder.eval(), nn.Identity()
    if not isinstance(encoder, TinyVitEncoder):
        raise ValueError("only TinyViT's late stages can be trained while its early ones stay as they are")
    return EarlyStages(encoder).eval(), LateStages(encoder).eval()
