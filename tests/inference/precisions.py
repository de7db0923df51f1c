"""The precisions in which a CPU runs exported networks, and how far their answers may be from torch's."""

import pytest
import torch

from scarmass.inference import onnx_export
from scarmass.inference.onnx_export import TOLERANCE
from scarmass.inference.onnx_network import Precision, best_precision


def run_in(precision: Precision, patch: pytest.MonkeyPatch) -> None:
    """Have what is exported from here on run in a precision; skips where this processor does not compute in it."""
    if precision is Precision.BFLOAT16 and best_precision() is not Precision.BFLOAT16:
        pytest.skip("this processor does not compute in bfloat16")
    patch.setattr(onnx_export, "best_precision", lambda: precision)


def assert_close(answer: torch.Tensor, expected: torch.Tensor, precision: Precision) -> None:
    assert answer.shape == expected.shape
    assert float((answer - expected).norm() / expected.norm()) < TOLERANCE[precision]
