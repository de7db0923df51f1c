"""Segment Anything's decoder as an ONNX file, which a CPU runs in about half of torch's time."""

from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from scarmass.inference.onnx_export import ExportedNetwork
from scarmass.inference.onnx_network import Precision
from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.segmenter.tiny_vit import EMBEDDING_CHANNELS, EMBEDDING_SIDE

TOKENS = 2
"""A box is its two corners, a lone point itself and padding. Several lone points are more, and are left to torch."""


class OnnxDecoder:
    """What PromptableSegmenter.decode answers to boxes alone or points alone, on the CPU.

    Prompts are answered one after the other: on a CPU a batch saves nothing. Their tokens are made in torch, as a
    point's label chooses among embeddings in a way that does not export.
    """

    def __init__(self, network: PromptableSegmenter, weights_sha256: str, folder: Path) -> None:
        """folder: where the export is kept, written on the first call for these weights (seconds)."""
        noise = partial(torch.randn, generator=torch.Generator().manual_seed(0))
        example = {
            "embedding": 0.1 * noise(1, EMBEDDING_CHANNELS, EMBEDDING_SIDE, EMBEDDING_SIDE),
            "structure": torch.zeros(1, dtype=torch.long),
            "tokens": noise(1, TOKENS, EMBEDDING_CHANNELS),
        }
        path = folder / f"token-decoder-{weights_sha256}.onnx"
        self._network = network
        self._of_tokens = ExportedNetwork(_OfTokens(network), example, ["logits"], path)

    @property
    def precision(self) -> Precision:
        return self._of_tokens.precision

    def __call__(
        self,
        embedding: Tensor,
        structures: Tensor,
        boxes: Tensor | None = None,
        points: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Logits (n, 256, 256) of n boxes (n, 4), or of n times k points (n, k, 2), (n, k), for n structures (n,)."""
        tokens = self._network.prompt_tokens(boxes, points)[0]
        if tokens.shape[1] != TOKENS:
            return self._network.decode(embedding, structures, boxes, points)[0]
        asked = zip(structures.split(1), tokens.split(1), strict=True)
        return torch.cat(
            [self._of_tokens(embedding=embedding, structure=structure, tokens=of)[0] for structure, of in asked]
        )


class _OfTokens(nn.Module):
    def __init__(self, network: PromptableSegmenter) -> None:
        super().__init__()
        self.network = network
        with torch.no_grad():
            self.dense = network.prompt_tokens(torch.tensor([[50.0, 50.0, 90.0, 90.0]]))[1]

    def forward(self, embedding: Tensor, structure: Tensor, tokens: Tensor) -> Tensor:
        return self.network.decode_tokens(embedding, structure, tokens, self.dense)[0][:, 0]
