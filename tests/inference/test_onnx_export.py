"""What is exported answers as torch does, in a precision in which that holds, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from scarmass.domain.errors import WeightsInvalid
from scarmass.inference import onnx_export
from scarmass.inference.onnx_export import ExportedNetwork
from scarmass.inference.onnx_network import Precision
from tests.inference.precisions import assert_close, run_in

EXAMPLE = {"pixels": torch.linspace(-1, 1, 48).reshape(1, 3, 4, 4)}


class Doubled(nn.Module):
    def __init__(self, factor: float = 2) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        return pixels * self.factor, pixels.sum(dim=1)


class Failing(nn.Module):
    def forward(self, pixels: Tensor) -> Tensor:
        raise ArithmeticError(f"cannot be traced with {tuple(pixels.shape)}")


def exported(module: nn.Module, folder: Path) -> ExportedNetwork:
    return ExportedNetwork(module, EXAMPLE, ["doubled", "sum"], folder / "network.onnx")


def test_outputs_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    doubled, total = exported(Doubled(), tmp_path)(pixels=torch.ones(1, 3, 4, 4))
    assert torch.equal(doubled, torch.full((1, 3, 4, 4), 2.0))
    assert torch.equal(total, torch.full((1, 4, 4), 3.0))


def test_what_is_exported_stays_in_evaluation_mode(tmp_path: Path) -> None:
    inner = Doubled().eval()
    exported(nn.Sequential(inner), tmp_path)
    assert not inner.training


def test_an_export_is_made_once_for_the_same_weights(tmp_path: Path) -> None:
    exported(Doubled(), tmp_path)
    made = (tmp_path / "network.onnx").stat()
    exported(Doubled(), tmp_path)
    assert (tmp_path / "network.onnx").stat() == made


@pytest.mark.parametrize("content", [b"", b"of something else"])
def test_a_damaged_export_is_made_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "network.onnx").write_bytes(content)
    doubled, _ = exported(Doubled(), tmp_path)(**EXAMPLE)
    assert torch.allclose(doubled, EXAMPLE["pixels"] * 2, rtol=0.01)


def test_an_export_of_another_version_of_the_network_is_made_anew(tmp_path: Path) -> None:
    exported(Doubled(factor=2.2), tmp_path)
    doubled, _ = exported(Doubled(), tmp_path)(**EXAMPLE)
    assert torch.allclose(doubled, EXAMPLE["pixels"] * 2, rtol=0.01)


def test_an_export_that_fails_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ArithmeticError, match="cannot be traced"):
        exported(Failing(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_answer_is_kept_when_the_next_one_comes(tmp_path: Path) -> None:
    network = exported(Doubled(), tmp_path)
    first, _ = network(pixels=torch.ones(1, 3, 4, 4))
    network(pixels=torch.zeros(1, 3, 4, 4))
    assert torch.equal(first, torch.full((1, 3, 4, 4), 2.0))


def test_many_threads_are_each_answered_what_they_asked(tmp_path: Path) -> None:
    network = exported(Doubled(), tmp_path)
    asked = [torch.full((1, 3, 4, 4), float(value)) for value in range(64)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda pixels: network(pixels=pixels)[0], asked))
    assert all(torch.equal(answer, pixels * 2) for answer, pixels in zip(answers, asked, strict=True))


def test_float32_serves_where_another_precision_answers_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(onnx_export, "best_precision", lambda: Precision.BFLOAT16)
    assert exported(Doubled(), tmp_path).precision is Precision.BFLOAT16
    monkeypatch.setitem(onnx_export.TOLERANCE, Precision.BFLOAT16, 0.0)
    assert exported(Doubled(), tmp_path).precision is Precision.FLOAT32
    assert "network.onnx in BFLOAT16 differs from torch" in caplog.text


def test_8_bit_integers_serve_where_there_are_examples_to_scale_them_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run_in(Precision.INT8, monkeypatch)
    path, linear = tmp_path / "network.onnx", nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    assert ExportedNetwork(linear, EXAMPLE, ["answer"], path).precision is Precision.BFLOAT16
    network = ExportedNetwork(linear, EXAMPLE, ["answer"], path, examples=[EXAMPLE])
    assert network.precision is Precision.INT8
    assert_close(network(**EXAMPLE)[0], linear(EXAMPLE["pixels"]), Precision.INT8)
    made = (tmp_path / "network-int8.onnx").stat()
    ExportedNetwork(linear, EXAMPLE, ["answer"], path, examples=[EXAMPLE])
    assert (tmp_path / "network-int8.onnx").stat() == made
    monkeypatch.setitem(onnx_export.TOLERANCE, Precision.INT8, 0.0)
    assert ExportedNetwork(linear, EXAMPLE, ["answer"], path, examples=[EXAMPLE]).precision is Precision.BFLOAT16
    assert "network-int8.onnx in INT8 differs from torch" in caplog.text


def test_what_cannot_be_told_in_8_bit_integers_is_exported_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run_in(Precision.INT8, monkeypatch)
    endless = {"pixels": torch.full_like(EXAMPLE["pixels"], torch.nan)}
    network = ExportedNetwork(nn.Linear(4, 4), EXAMPLE, ["answer"], tmp_path / "network.onnx", examples=[endless])
    assert network.precision is Precision.BFLOAT16
    assert "network-int8.onnx cannot be made" in caplog.text


@pytest.mark.parametrize("answered", [2.1, float("nan")])
def test_weights_that_answer_otherwise_than_in_torch_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answered: float
) -> None:
    run = onnx_export.OnnxNetwork.__call__
    monkeypatch.setattr(
        onnx_export.OnnxNetwork, "__call__", lambda *given, **inputs: [t * answered for t in run(*given, **inputs)]
    )
    with pytest.raises(WeightsInvalid, match=r"network\.onnx the weights answer otherwise"):
        exported(Doubled(), tmp_path)
