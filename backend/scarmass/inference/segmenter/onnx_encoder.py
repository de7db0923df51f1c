"""The image encoder through ONNX Runtime, which runs TinyViT on a CPU about twice as fast as torch does."""

import os
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn

from scarmass.inference.segmenter.window import Float32

OPSET = 17


class OnnxEncoder:
    """Normalised window (3, input_size, input_size) -> embedding (1, 256, 64, 64), float32 on the CPU."""

    def __init__(self, exported: Path, threads: int | None = None) -> None:
        """threads: within one encode; all cores by default."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or os.cpu_count() or 1
        # Threads that wait by spinning would take the cores from the decoder, which runs in torch.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])

    def __call__(self, window: Float32) -> torch.Tensor:
        (embedding,) = self._session.run(None, {"window": window[None]})
        return torch.from_numpy(np.asarray(embedding))


def exported_encoder(encoder: nn.Module, input_size: int, weights_sha256: str, folder: Path) -> Path:
    """The encoder as an ONNX file in folder, written on the first call for these weights (seconds)."""
    path = folder / f"encoder-{weights_sha256}.onnx"
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=folder, suffix=".partial")
    os.close(descriptor)
    try:
        with warnings.catch_warnings():
            # The tracer warns of sizes that become constants: they are, the input's size is fixed.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                encoder,
                (torch.zeros(1, 3, input_size, input_size),),
                partial,
                input_names=["window"],
                output_names=["embedding"],
                opset_version=OPSET,
                dynamo=False,
            )
        Path(partial).replace(path)
    finally:
        Path(partial).unlink(missing_ok=True)
    return path
