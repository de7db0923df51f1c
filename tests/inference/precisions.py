"""The precisions in which a CPU runs exported networks, and how far their answers may be from torch's."""

import pytest
import torch

from scarmass.inference import onnx_export
from scarmass.inference.onnx_export import TOLERANCE
from scarmass.inference.onnx_network import Precision, best_precision


def run_in(precision: Precision, patch: pytest.MonkeyPatch) -> None:
    """Have what is exported from here on run in a precision; skips where this processor does not compute in it."""
    if precision is not Precision.FLOAT32 and best_precision() is Precision.FLOAT32:
        pytest.skip(f"this processor does not compute in {precision}")
    patch.setattr(onnx_export, "best_precision", lambda: precision)


def assert_close(answer: torch.Tensor, expected: torch.Tensor, precision: Precision) -> None:
    assert answer.shape == expected.shape
    assert ((answer - expected).norm() / expected.norm()).item() < TOLERANCE[precision]
