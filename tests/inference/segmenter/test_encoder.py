"""Several windows are encoded together as each is alone, and in bfloat16 only where that agrees."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from scarmass.inference.onnx_network import Precision
from scarmass.inference.segmenter.encoder import KEPT_AS, Encoder, in_bfloat16, in_torch
from scarmass.inference.segmenter.window import Float32
from tests.waiting import wait_until

CPU = torch.device("cpu")
SIDE = 32


def window(seed: int) -> Float32:
    return np.random.default_rng(seed).standard_normal((3, SIDE, SIDE), np.float32)


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.GELU(), nn.Conv2d(8, 4, 3, padding=1)).eval()


def test_windows_that_are_asked_for_while_one_is_encoded_go_into_one_run(network: nn.Module) -> None:
    encode, begun, go_on = in_torch(network, CPU), threading.Event(), threading.Event()
    runs: list[int] = []

    def held(windows: Sequence[Float32]) -> Tensor:
        runs.append(len(windows))
        begun.set()
        assert go_on.wait(30)
        return encode(windows)

    encoder = Encoder(held, Precision.FLOAT32, at_once=16)
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(encoder, window(0), False)
        assert begun.wait(30)
        others = [threads.submit(encoder, window(seed), False) for seed in range(1, 8)]
        wait_until(lambda: sum(map(len, encoder._together._waiting.values())) == 7)
        go_on.set()
        embeddings = [one.result() for one in (first, *others)]
    assert runs == [1, 7]
    assert encoder.done == 8
    for seed, embedding in enumerate(embeddings):
        assert embedding.dtype == KEPT_AS
        torch.testing.assert_close(embedding, encode([window(seed)]).to(KEPT_AS), atol=1e-3, rtol=1e-3)
        assert embedding.untyped_storage().nbytes() == embedding.nbytes, "it would keep all that were encoded with it"


def test_the_urgent_go_first_where_each_is_encoded_alone(network: nn.Module) -> None:
    encode, go_on = in_torch(network, CPU), threading.Event()
    asked: list[float] = []

    def held(windows: Sequence[Float32]) -> Tensor:
        asked.append(float(windows[0][0, 0, 0]))
        assert go_on.wait(30)
        return encode(windows)

    encoder = Encoder(held, Precision.FLOAT32, at_once=1)
    with ThreadPoolExecutor(3) as threads:
        threads.submit(encoder, window(0), False)
        wait_until(lambda: asked)
        threads.submit(encoder, window(1), False)
        threads.submit(encoder, window(2), True)
        wait_until(lambda: encoder._turns._urgent_waiting)
        go_on.set()
    assert asked == [float(window(seed)[0, 0, 0]) for seed in (0, 2, 1)]


def test_a_copy_computes_in_bfloat16_and_the_encoder_stays_as_it_is(network: nn.Module) -> None:
    half = in_bfloat16(network, SIDE, CPU)
    assert half is not None
    assert in_torch(half, CPU)([window(0), window(1)]).dtype == torch.bfloat16
    assert in_torch(network, CPU)([window(0)]).dtype == torch.float32


class LosesDigits(nn.Module):
    """What is left of large numbers that are nearly the same."""

    def __init__(self) -> None:
        super().__init__()
        self.large = nn.Parameter(torch.tensor(1000.0))

    def forward(self, pixels: Tensor) -> Tensor:
        return (pixels + self.large) - self.large


def test_bfloat16_is_not_used_where_it_embeds_otherwise(caplog: pytest.LogCaptureFixture) -> None:
    assert in_bfloat16(LosesDigits(), SIDE, CPU) is None
    assert "differs from float32" in caplog.text


class RunsInFloat32Alone(LosesDigits):
    def forward(self, pixels: Tensor) -> Tensor:
        if pixels.dtype != torch.float32:
            raise RuntimeError("not implemented for 'BFloat16'")
        return pixels


def test_bfloat16_is_not_used_where_it_cannot_be_run(caplog: pytest.LogCaptureFixture) -> None:
    assert in_bfloat16(RunsInFloat32Alone(), SIDE, CPU) is None
    assert "does not run" in caplog.text
