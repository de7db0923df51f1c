"""ONNX files run on a CPU by OpenVINO, which computes in bfloat16 and 8-bit integers where the processor does."""

import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from threading import Lock
from types import ModuleType

import numpy as np
import torch
from torch import Tensor


class Precision(StrEnum):
    """The fastest first. int8: linear layers in 8-bit integers, all else in bfloat16."""

    INT8 = "int8"
    BFLOAT16 = "bfloat16"
    FLOAT32 = "float32"


class OnnxNetwork:
    """Safe to use from many threads: one run at a time, on all cores that the process may use."""

    def __init__(self, path: Path, precision: Precision) -> None:
        """Raises RuntimeError where the file is no network."""
        settings = {
            "INFERENCE_PRECISION_HINT": "f32" if precision is Precision.FLOAT32 else "bf16",
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": _usable_cores(),
            # Others have work for the same cores.
            "ENABLE_CPU_PINNING": False,
            # What it compiles of several operations races in bfloat16: answers differed from run to run.
            "SNIPPETS_MODE": "DISABLE",
        }
        self.precision = precision
        self._request = quiet_openvino().Core().compile_model(path, "CPU", settings).create_infer_request()
        self._lock = Lock()

    def __call__(self, outputs: Sequence[str], **inputs: Tensor) -> list[Tensor]:
        """The outputs of these names, on the CPU."""
        with self._lock:
            arrays = {name: tensor.contiguous().numpy() for name, tensor in inputs.items()}
            self._request.infer(arrays, share_inputs=True)
            return [torch.from_numpy(np.array(self._request.get_tensor(name).data)) for name in outputs]


def best_precision() -> Precision:
    """What this processor computes in fastest. Those that compute in bfloat16 multiply 8-bit integers faster yet."""
    can = quiet_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return Precision.INT8 if "BF16" in can else Precision.FLOAT32


def quiet_openvino() -> ModuleType:
    """OpenVINO, imported so that it tells its makers nothing: it does without the package by which it would."""
    sys.modules["openvino_telemetry"] = None  # pyright: ignore[reportArgumentType]
    import openvino

    return openvino


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
