"""ONNX files run on a CPU by OpenVINO, which computes in bfloat16 and 8-bit integers where the processor does."""

import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

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
        core = quiet_openvino().Core()
        network = with_free_transpositions(core.read_model(path))
        self._request = core.compile_model(network, "CPU", settings).create_infer_request()
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


def with_free_transpositions(network: Any) -> Any:
    """An openvino.Model of fixed sizes, changed in place: what puts channels last costs nothing, answers stay the same.

    What convolutions answer lies in memory with channels last. OpenVINO leaves a transposition that puts them last out
    where one operation reads it, and copies it number by number where several do, which was an eighth of TinyViT's
    time. So a maximum with minus infinity, which changes nothing, reads it for them.
    """
    ops = quiet_openvino().opset13
    lowest = ops.constant(-np.inf, np.float32)
    for transposition in filter(_puts_channels_last, network.get_ops()):
        targets = transposition.output(0).get_target_inputs()
        # An output of the network keeps its own: it has the name.
        readers = [target for target in targets if target.get_node().get_type_name() != "Result"]
        if len(readers) < 2:
            continue
        source = transposition.input_value(0)
        n, channels, *sides = source.get_shape()
        pixels = ops.reshape(source, np.array([n, channels, np.prod(sides)]), False)
        unchanged = ops.maximum(ops.transpose(pixels, np.array([0, 2, 1])), lowest)
        result = ops.reshape(unchanged, np.array(transposition.output(0).get_shape()), False)
        for reader in readers:
            reader.replace_source_output(result.output(0))
    return network


def _puts_channels_last(operation: Any) -> bool:
    if operation.get_type_name() != "Transpose":
        return False
    order = operation.input_value(1).get_node()
    return order.get_type_name() == "Constant" and list(order.get_data()) in ([0, 2, 1], [0, 2, 3, 1])


def quiet_openvino() -> ModuleType:
    """OpenVINO, imported so that it tells its makers nothing: it does without the package by which it would."""
    sys.modules["openvino_telemetry"] = None  # pyright: ignore[reportArgumentType]
    import openvino

    return openvino


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
