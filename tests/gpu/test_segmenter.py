"""On a CUDA device the segmenter answers as on the CPU, but for the rim of its masks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch
from scipy.ndimage import binary_dilation, binary_erosion

from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Box, Point, Prompt
from scarmass.domain.protocols import SliceImage
from scarmass.domain.structures import Structure
from scarmass.inference.onnx_network import Precision
from scarmass.inference.segmenter import encoder
from scarmass.inference.segmenter.engine import SegmenterEngine
from scarmass.inference.weights.load import load
from scarmass.paths import WEIGHTS
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.ventricle import Scar, Territory
from scarmass.settings import SEGMENTER

SLICES = 6


@pytest.fixture(scope="module")
def cuda() -> str:
    if not torch.cuda.is_available():
        pytest.skip("this machine has no CUDA device")
    return "cuda"


@pytest.fixture(scope="module")
def on_cpu() -> SegmenterEngine:
    return SegmenterEngine(load(SEGMENTER, WEIGHTS), device="cpu")


@pytest.fixture(params=Precision, ids=lambda precision: precision.name)
def on_cuda(cuda: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> SegmenterEngine:
    is_exact = request.param is Precision.FLOAT32
    if is_exact:
        monkeypatch.setattr(encoder, "agrees_in_bfloat16", lambda *_: False)
    engine = SegmenterEngine(load(SEGMENTER, WEIGHTS), device=cuda)
    assert ("bfloat16" in engine.device_and_precision) is not is_exact
    return engine


@pytest.fixture(scope="module")
def scarred() -> Phantom:
    return phantom(7, number_of_slices=SLICES, scars=(Scar(Territory.LAD, transmurality=1.0),))


@pytest.fixture(scope="module")
def images(scarred: Phantom) -> list[SliceImage]:
    pixels = scarred.pixels.astype(np.float32)
    return [SliceImage(str(at), one, scarred.planes[at].pixel_spacing_mm) for at, one in enumerate(pixels)]


@pytest.fixture(scope="module")
def prompts(scarred: Phantom) -> list[Prompt]:
    """Boxes and clicks on scar, for the slices that have some."""

    def around(mask: Mask) -> Prompt:
        rows, columns = np.nonzero(mask)
        middle = len(rows) // 2
        box = Box(columns.min() - 1.0, rows.min() - 1.0, columns.max() + 2.0, rows.max() + 2.0)
        return Prompt(Structure.SCAR, (box,), (Point(columns[middle] + 0.5, rows[middle] + 0.5, True),))

    return [around(mask) for mask in scarred.masks[Structure.SCAR] if mask.sum() > 20]


def is_in_rim(found: Mask, expected: Mask) -> bool:
    """Whether they differ within a pixel of the expected border alone."""
    rim = np.logical_xor(binary_dilation(expected), binary_erosion(expected))
    return not ((found ^ expected) & ~rim).any()


def answers(engine: SegmenterEngine, images: list[SliceImage], prompts: list[Prompt]) -> list[Mask]:
    asked = zip(images[-len(prompts) :], prompts, strict=True)
    return [engine.segment(image, None, prompt).mask for image, prompt in asked]


def test_masks_differ_from_the_cpu_in_the_rim_alone(
    on_cpu: SegmenterEngine, on_cuda: SegmenterEngine, images: list[SliceImage], prompts: list[Prompt]
) -> None:
    expected, found = answers(on_cpu, images, prompts), answers(on_cuda, images, prompts)
    assert any(mask.any() for mask in expected)
    assert all(map(is_in_rim, found, expected))


def test_slices_that_are_encoded_together_are_answered_as_each_alone(
    on_cuda: SegmenterEngine, images: list[SliceImage], prompts: list[Prompt]
) -> None:
    alone = answers(on_cuda, images, prompts)
    on_cuda.forget()
    with ThreadPoolExecutor(SLICES) as threads:
        list(threads.map(partial(on_cuda.embed, region=None), images))
    assert all(map(is_in_rim, answers(on_cuda, images, prompts), alone))


def test_several_readers_are_answered_as_each_alone(
    on_cuda: SegmenterEngine, images: list[SliceImage], prompts: list[Prompt]
) -> None:
    alone = answers(on_cuda, images, prompts)
    on_cuda.forget()
    ask: Callable[[SliceImage, Prompt], Mask] = lambda image, prompt: on_cuda.segment(image, None, prompt).mask  # noqa: E731
    with ThreadPoolExecutor(SLICES) as threads:
        together = list(threads.map(ask, images[-len(prompts) :], prompts))
    assert all(map(is_in_rim, together, alone))
