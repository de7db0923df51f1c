"""From windows to embeddings: one at a time on a CPU, and on a GPU all that are asked for meanwhile in one run."""

import logging
from collections.abc import Callable, Sequence
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from scarmass.domain.protocols import Step, Timing, untimed
from scarmass.inference.cuda_graphs import as_cuda_graphs
from scarmass.inference.onnx_export import TOLERANCE
from scarmass.inference.onnx_network import Precision
from scarmass.inference.segmenter.onnx_encoder import OnnxEncoder
from scarmass.inference.segmenter.tensor_cache import Turns
from scarmass.inference.segmenter.window import Float32
from scarmass.inference.together import Together

log = logging.getLogger(__name__)

KEPT_AS = torch.float16
"""What an embedding is kept as, in half the memory: more digits than bfloat16 computes with."""

ON_A_GPU = 16
"""Windows of few pixels that a GPU encodes in one run, in little more time than one. A CPU gains nothing."""

FEW_PIXELS = 256
"""Along a side: one window of more fills a GPU."""

Encode = Callable[[Sequence[Float32]], Tensor]
"""n normalised windows (3, input_size, input_size) -> embeddings (n, 256, 64, 64)."""


class Encoder:
    """An image encoder on the device that it is on. Safe to use from many threads; one run at a time."""

    def __init__(self, encode: Encode, precision: Precision, at_once: int, timing: Timing = untimed) -> None:
        """at_once: windows of one run. timing: of each run."""
        self._encode = encode
        self.precision = precision
        self.at_once = at_once
        self._timing = timing
        self._turns = Turns()
        self._together = Together(self._run, at_once)
        self.done = 0

    def __call__(self, window: Float32, urgent: bool) -> Tensor:
        """The embedding (1, 256, 64, 64) of a normalised window, as it is kept. The urgent go first where each is
        encoded alone."""
        if self.at_once > 1:
            return self._together(window)
        with self._turns.turn(urgent):
            return self._together(window)

    def _run(self, windows: Sequence[Float32]) -> Sequence[Tensor]:
        with self._timing(Step.ENCODE):
            embeddings = self._encode(windows).to(KEPT_AS)
        self.done += len(windows)
        return [one.clone() for one in embeddings.split(1)]  # a view would keep all that were encoded with it


def open_encoder(
    encoder: nn.Module,
    input_size: int,
    device: torch.device,
    exported: OnnxEncoder | None = None,
    precision: Precision | None = None,
    *,
    as_graphs: bool = False,
    timing: Timing = untimed,
) -> Encoder:
    """exported: asked in the encoder's place. precision: of a GPU, bfloat16 by default where that agrees. as_graphs: as
    in in_torch."""
    if exported is not None:
        return Encoder(one_by_one(exported), exported.precision, 1, timing)
    half = None
    if (
        device.type == "cuda"
        and precision is not Precision.FLOAT32
        and torch.cuda.is_bf16_supported(including_emulation=False)
    ):
        half = in_bfloat16(encoder, input_size, device)
    used = Precision.FLOAT32 if half is None else Precision.BFLOAT16
    at_once = ON_A_GPU if device.type == "cuda" and input_size <= FEW_PIXELS else 1
    return Encoder(in_torch(half or encoder, device, as_graphs), used, at_once, timing)


def one_by_one(encode: Callable[[Float32], Tensor]) -> Encode:
    return lambda windows: torch.cat([encode(window) for window in windows])


def in_torch(encoder: nn.Module, device: torch.device, as_graphs: bool = False) -> Encode:
    """In the precision of the encoder's weights. as_graphs: begun as a whole where the device is a CUDA device."""
    dtype = next((parameter.dtype for parameter in encoder.parameters()), torch.float32)

    def run(windows: Tensor) -> tuple[Tensor]:
        return (encoder(windows),)

    begin = as_cuda_graphs(run, device) if as_graphs else run

    def encode(windows: Sequence[Float32]) -> Tensor:
        with torch.inference_mode():
            return begin(torch.from_numpy(np.stack(windows)).to(device, dtype))[0]

    return encode


def in_bfloat16(encoder: nn.Module, input_size: int, device: torch.device) -> nn.Module | None:
    """A copy that computes in bfloat16; None where it cannot, or does not embed noise as in float32."""
    noise = np.random.default_rng(0).standard_normal((3, input_size, input_size), np.float32)
    half = deepcopy(encoder).to(torch.bfloat16)
    try:
        expected, found = (in_torch(one, device)([noise]).float() for one in (encoder, half))
    except RuntimeError as error:
        log.warning("the encoder does not run in bfloat16: %s", error)
        return None
    difference = float((found - expected).norm() / expected.norm())
    if difference < TOLERANCE[Precision.BFLOAT16]:
        return half
    log.warning("the encoder in bfloat16 differs from float32 by %.2g: not used", difference)
    return None
