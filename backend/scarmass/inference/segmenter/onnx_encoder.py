"""The image encoder through ONNX Runtime, which runs TinyViT on a CPU about twice as fast as torch does."""

from pathlib import Path

import torch
from torch import nn

from scarmass.inference.segmenter.onnx_export import exported, run, session
from scarmass.inference.segmenter.window import Float32


class OnnxEncoder:
    """Normalised window (3, input_size, input_size) -> embedding (1, 256, 64, 64), float32 on the CPU."""

    def __init__(self, exported: Path, threads: int | None = None) -> None:
        """threads: within one encode; all cores by default."""
        self._session = session(exported, threads)

    def __call__(self, window: Float32) -> torch.Tensor:
        (embedding,) = run(self._session, window=torch.from_numpy(window[None]))
        return embedding


def exported_encoder(encoder: nn.Module, input_size: int, weights_sha256: str, folder: Path) -> Path:
    """The encoder as an ONNX file in folder, written on the first call for these weights (seconds)."""
    window = torch.zeros(1, 3, input_size, input_size)
    return exported(encoder, {"window": window}, ["embedding"], folder / f"encoder-{weights_sha256}.onnx")
