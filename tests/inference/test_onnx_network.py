import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from scarmass.inference.onnx_network import (
    OnnxNetwork,
    Precision,
    best_precision,
    quiet_openvino,
    with_free_transpositions,
)

TELLING = "raise SystemExit('its makers are told')"
IMPORT_QUIETLY = "from scarmass.inference.onnx_network import quiet_openvino as quiet; quiet().Core()"


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    path.write_bytes(b"of something else")
    with pytest.raises(RuntimeError, match="Unable to read the model"):
        OnnxNetwork(path, Precision.FLOAT32)


def test_its_makers_are_told_nothing_even_where_the_package_for_it_is_installed(tmp_path: Path) -> None:
    (tmp_path / "openvino_telemetry.py").write_text(TELLING)
    python = [sys.executable, "-c"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    as_it_is, quiet = (
        subprocess.run([*python, code], env=environment, capture_output=True, text=True, check=False)
        for code in ("import openvino", IMPORT_QUIETLY)
    )
    assert "its makers are told" in as_it_is.stderr
    assert quiet.returncode == 0, quiet.stderr


class TokensOfPixels(nn.Module):
    """A convolution's answer with channels last, and what is made of that."""

    def __init__(self, merges_sides: bool, adds: bool, tells_tokens: bool) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 8, 3, padding=1)
        self.linear = nn.Linear(8, 8)
        self.merges_sides, self.adds, self.tells_tokens = merges_sides, adds, tells_tokens

    def forward(self, window: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        pixels = self.convolution(window)
        tokens = pixels.flatten(2).transpose(1, 2) if self.merges_sides else pixels.permute(0, 2, 3, 1)
        answer = tokens + self.linear(tokens) if self.adds else self.linear(tokens)
        return (answer, tokens) if self.tells_tokens else answer


def exported(path: Path, merges_sides: bool = True, adds: bool = True, tells_tokens: bool = False) -> list[str]:
    """Written at path; the names of its outputs."""
    module, names = TokensOfPixels(merges_sides, adds, tells_tokens).eval(), ["answer", "tokens"][: 1 + tells_tokens]
    torch.onnx.export(module, (window(),), path, input_names=["window"], output_names=names, dynamo=False)
    return names


def window() -> Tensor:
    return torch.rand(1, 3, 12, 10, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("merges_sides", [True, False])
@pytest.mark.parametrize(
    ("adds", "tells_tokens", "read_for_others"),
    [(True, False, 1), (True, True, 1), (False, False, 0), (False, True, 0)],
)
def test_where_several_read_channels_put_last_one_reads_them_for_the_others_and_answers_stay_to_the_bit(
    merges_sides: bool, tells_tokens: bool, adds: bool, read_for_others: int, tmp_path: Path
) -> None:
    path = tmp_path / "network.onnx"
    names = exported(path, merges_sides, adds, tells_tokens)
    core = quiet_openvino().Core()
    arranged = with_free_transpositions(core.read_model(path))
    assert [op.get_type_name() for op in arranged.get_ops()].count("Maximum") == read_for_others

    as_it_is = core.compile_model(core.read_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(window().numpy())
    answers = OnnxNetwork(path, Precision.FLOAT32)(names, window=window())
    assert all(torch.equal(one, torch.from_numpy(as_it_is[name])) for name, one in zip(names, answers, strict=True))


def test_what_is_no_number_stays_none(tmp_path: Path) -> None:
    names = exported(tmp_path / "network.onnx")
    (answer,) = OnnxNetwork(tmp_path / "network.onnx", Precision.FLOAT32)(names, window=window() * torch.nan)
    assert not answer.isfinite().any()


def test_channels_put_last_are_not_copied_though_several_read_them(tmp_path: Path) -> None:
    if best_precision() is Precision.FLOAT32:
        pytest.skip("other processors convolve in other layouts")
    exported(tmp_path / "network.onnx")
    core = quiet_openvino().Core()
    settings = {"INFERENCE_PRECISION_HINT": "f32", "SNIPPETS_MODE": "DISABLE", "PERF_COUNT": True}

    def copies(network: Any) -> int:
        request = core.compile_model(network, "CPU", settings).create_infer_request()
        request.infer([window().numpy()])
        done = [one for one in request.get_profiling_info() if one.status.name == "EXECUTED"]
        return sum(one.node_type == "Transpose" for one in done)

    assert copies(core.read_model(tmp_path / "network.onnx"))
    assert not copies(with_free_transpositions(core.read_model(tmp_path / "network.onnx")))
