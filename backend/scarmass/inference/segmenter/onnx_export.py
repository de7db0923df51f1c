"""Networks as ONNX files, run by ONNX Runtime on a CPU."""

import os
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor, nn

OPSET = 17


def exported(module: nn.Module, inputs: dict[str, Tensor], outputs: Sequence[str], path: Path) -> Path:
    """The module as an ONNX file, written on the first call (seconds); path names what it was made from."""
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    os.close(descriptor)
    try:
        with warnings.catch_warnings():
            # The tracer warns of sizes that become constants: they are, every input's size is fixed.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module,
                tuple(inputs.values()),
                partial,
                input_names=list(inputs),
                output_names=list(outputs),
                opset_version=OPSET,
                dynamo=False,
            )
        Path(partial).replace(path)
    finally:
        Path(partial).unlink(missing_ok=True)
    return path


def session(exported: Path, threads: int | None = None) -> onnxruntime.InferenceSession:
    """threads: within one run; all cores by default."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or os.cpu_count() or 1
    # Threads that wait by spinning would take the cores from what runs in torch.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])


def run(running: onnxruntime.InferenceSession, **inputs: Tensor) -> list[Tensor]:
    """The outputs, on the CPU."""
    outputs = running.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})
    return [torch.from_numpy(output) for output in outputs]
