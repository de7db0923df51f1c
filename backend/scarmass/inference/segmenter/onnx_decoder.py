"""Segment Anything's decoder through ONNX Runtime, which runs it on a CPU in about two thirds of torch's time."""

from pathlib import Path

import torch
from torch import Tensor, nn

from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.segmenter.onnx_export import exported, run, session
from scarmass.inference.segmenter.tiny_vit import EMBEDDING_CHANNELS, EMBEDDING_SIDE


class OnnxDecoder:
    """What PromptableSegmenter.decode answers to boxes alone, on the CPU.

    Boxes are answered one after the other: on a CPU a batch saves nothing. Lone points stay with torch, as their
    labels choose among embeddings in a way that does not export.
    """

    def __init__(self, network: PromptableSegmenter, weights_sha256: str, folder: Path) -> None:
        """folder: where the export is kept, written on the first call for these weights (seconds)."""
        inputs = {
            "embedding": torch.zeros(1, EMBEDDING_CHANNELS, EMBEDDING_SIDE, EMBEDDING_SIDE),
            "structure": torch.zeros(1, dtype=torch.long),
            "box": torch.tensor([[50.0, 50.0, 90.0, 90.0]]),
        }
        self._session = session(
            exported(_OfBox(network), inputs, ["logits"], folder / f"decoder-{weights_sha256}.onnx")
        )

    def __call__(self, embedding: Tensor, structures: Tensor, boxes: Tensor) -> Tensor:
        """Logits (n, 256, 256) of n boxes (n, 4) for n structures (n,)."""
        asked = zip(structures.split(1), boxes.split(1), strict=True)
        return torch.cat(
            [run(self._session, embedding=embedding, structure=structure, box=box)[0] for structure, box in asked]
        )


class _OfBox(nn.Module):
    def __init__(self, network: PromptableSegmenter) -> None:
        super().__init__()
        self.network = network

    def forward(self, embedding: Tensor, structure: Tensor, box: Tensor) -> Tensor:
        return self.network.decode(embedding, structure, boxes=box)[0]
