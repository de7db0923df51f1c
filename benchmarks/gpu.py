"""What the networks take on a CUDA device, by themselves: in which precision, how many at once, and how they are begun.

python -m benchmarks --gpu, or python -m benchmarks.gpu where nothing but the models' packages is installed.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from itertools import count
from typing import Any

import numpy as np
import torch
from segment_anything import sam_model_registry
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.subjects import NUMBER_OF_SLICES, scarred_phantom
from benchmarks.timing import Summary, cells, repeated_ms, single, summary
from scarmass.domain.prompts import Box, Prompt
from scarmass.domain.protocols import SliceImage
from scarmass.inference.cuda_graphs import CudaRecorder
from scarmass.inference.segmenter.engine import SegmenterEngine
from scarmass.inference.segmenter.network import PromptableSegmenter, build_segmenter
from scarmass.inference.segmenter.refiner import MAPS
from scarmass.inference.segmenter.vit_attention import use_fused_attention
from scarmass.inference.weights.load import load
from scarmass.paths import WEIGHTS
from scarmass.settings import SEGMENTER

PEAK_FLOPS = {"H100": 989e12, "H200": 989e12}
"""Dense, in bfloat16, of the SXM modules (NVIDIA's data sheets)."""

READERS = 8
REPETITIONS, WITHIN_S = 50, 10.0
STACK_AIM_MS, CLICK_AIM_MS = 150, 5

Run = Callable[[], Any]


class Timed:
    """Times work on one device until it is done there."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def __call__(self, label: str, work: Run, aim: float | None = None) -> Summary:
        def done() -> None:
            work()
            if self.device.type == "cuda":
                torch.cuda.synchronize(self.device)

        with torch.inference_mode():
            return summary(label, repeated_ms(done, REPETITIONS, WITHIN_S), aim=aim)

    def begun_as_graph(self, label: str, work: Run, aim: float | None = None) -> list[Summary]:
        """The same work recorded once and begun as a whole (CUDA graphs); nothing on another device."""
        if self.device.type != "cuda":
            return []
        with torch.inference_mode():
            _, begin = CudaRecorder(self.device)(work)
        return [self(f"{label}, as one graph", begin, aim)]


def gpu_rows(device: torch.device) -> Iterator[Summary]:
    """Of the segmenter that ships, and of a ViT-B of 1024 pixels, whose weights are drawn at random."""
    weights = load(SEGMENTER, WEIGHTS)
    network, timed = build_segmenter(weights).to(device), Timed(device)
    yield from _encoder_rows(network.image_encoder, weights.entry.input_size, timed)
    yield from _decoder_rows(network, timed)
    yield from _engine_rows(SegmenterEngine(weights, device=str(device), as_graphs=True), timed)
    yield from vit_rows(timed)


def _encoder_rows(encoder: nn.Module, side: int, timed: Timed) -> Iterator[Summary]:
    for dtype in (torch.float32, torch.bfloat16):
        module = deepcopy(encoder).to(dtype)
        for number in (1, NUMBER_OF_SLICES):
            windows = torch.randn(number, 3, side, side, device=timed.device, dtype=dtype)
            label = f"Encode {number}, {_name(dtype)}"
            encode = _bound(module, windows)
            yield timed(label, encode)
            yield from timed.begun_as_graph(label, encode)


def _decoder_rows(network: PromptableSegmenter, timed: Timed) -> Iterator[Summary]:
    assert network.refiner is not None
    for dtype in (torch.float32, torch.bfloat16):
        copy = deepcopy(network)
        copy.mask_decoder.to(dtype)
        positions = network.prompt_encoder.get_dense_pe().to(dtype)
        copy.prompt_encoder.get_dense_pe = lambda positions=positions: positions
        refiner = deepcopy(network.refiner).to(dtype)
        if copy.structure_tokens is not None:
            copy.structure_tokens.to(dtype)
        for number in (1, READERS):
            label = f"{number} at once, {_name(dtype)}"
            boxes = torch.tensor([[60.0, 60.0, 150.0, 140.0]], device=timed.device).expand(number, -1)
            sparse, dense = (one.to(dtype) for one in network.prompt_tokens(boxes))
            embeddings = torch.randn(number, 256, 64, 64, device=timed.device, dtype=dtype)
            structures = torch.zeros(number, dtype=torch.long, device=timed.device)
            decode = _bound(copy.decode_tokens, embeddings, structures, sparse, dense)
            yield timed(f"Decode {label}", decode)
            yield from timed.begun_as_graph(f"Decode {label}", decode)
            maps = torch.randn(number, MAPS, 256, 256, device=timed.device, dtype=dtype)
            refine = _bound(refiner.with_outlines, maps, structures)
            yield timed(f"Refine {label}", refine)
            yield from timed.begun_as_graph(f"Refine {label}", refine)


def _engine_rows(engine: SegmenterEngine, timed: Timed) -> Iterator[Summary]:
    """A prompt is a box that nobody asked before."""
    images, shifts = phantom_slices(), count()

    def click(image: SliceImage) -> None:
        shift = next(shifts) % 4096 / 64
        engine.segment(image, None, Prompt(boxes=(Box(100.0 - shift, 100.0, 150.0 + shift / 2, 150.0),)))

    with ThreadPoolExecutor(NUMBER_OF_SLICES) as threads:

        def prepare() -> None:
            engine.forget()
            list(threads.map(lambda image: engine.embed(image, None), images))
            list(threads.map(click, images))

        yield timed(f"Engine: {NUMBER_OF_SLICES} slices embedded and answered", prepare, STACK_AIM_MS)
        yield timed("Engine: a click", lambda: click(images[0]), CLICK_AIM_MS)
        yield timed(f"Engine: clicks of {READERS} readers at once", lambda: list(threads.map(click, images[:READERS])))


def vit_rows(timed: Timed) -> Iterator[Summary]:
    """A slice of 1024 pixels through a ViT-B: as segment-anything has it, and with fused attention."""
    encoder = sam_model_registry["vit_b"]().image_encoder.to(timed.device).eval()
    window = torch.randn(1, 3, encoder.img_size, encoder.img_size, device=timed.device)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        encoder(window)
    for dtype in (torch.float32, torch.bfloat16):
        module = deepcopy(encoder).to(dtype)
        for kind in ("", ", fused attention"):
            if kind:
                use_fused_attention(module)
            label = f"ViT-B, {_name(dtype)}{kind}"
            encode = _bound(module, window.to(dtype))
            rows = [timed(label, encode)]
            yield rows[0]
            if kind:  # segment-anything's own has the device wait, as no graph may
                rows += timed.begun_as_graph(label, encode)
                yield from rows[1:]
            if (peak := peak_flops(timed.device)) is not None and dtype == torch.bfloat16:
                share = counter.get_total_flops() / (min(row.median for row in rows) / 1000) / peak
                yield single("... share of the card's peak (aim: 40)", 100 * share, "%")


def peak_flops(device: torch.device) -> float | None:
    """Of this card in bfloat16, None where it is not known."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return next((peak for card, peak in PEAK_FLOPS.items() if card in name), None)


def phantom_slices() -> list[SliceImage]:
    shown = scarred_phantom()
    return [
        SliceImage(f"slice {index}", pixels.astype(np.float32), plane.pixel_spacing_mm)
        for index, (pixels, plane) in enumerate(zip(shown.pixels, shown.planes, strict=True))
    ]


def _bound(module: Callable[..., object], *given: Tensor) -> Run:
    return lambda: module(*given)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def main(device: str = "cuda") -> None:
    for row in gpu_rows(torch.device(device)):
        print("  ".join(cells(row)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
