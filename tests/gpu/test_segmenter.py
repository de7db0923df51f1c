"""On a CUDA device the segmenter answers as on the CPU, but for the rim of its masks."""

from collections.abc import Iterator
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


@pytest.fixture(params=(Precision.BFLOAT16, Precision.FLOAT32), ids=str)
def on_cuda(cuda: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[SegmenterEngine]:
    """Its networks are begun as graphs, in whatever numbers of rows are asked for."""
    engine = SegmenterEngine(load(SEGMENTER, WEIGHTS), device=cuda, precision=request.param, as_graphs=True)
    assert ("bfloat16" in engine.device_and_precision) is (request.param is Precision.BFLOAT16)
    yield engine
    assert not [message for message in caplog.messages if "CUDA graph" in message]


@pytest.fixture(scope="module")
def scarred() -> Phantom:
    return phantom(7, number_of_slices=SLICES, scars=(Scar(Territory.LAD, transmurality=1.0),))


@pytest.fixture(scope="module")
def images(scarred: Phantom) -> list[SliceImage]:
    pixels = scarred.pixels.astype(np.float32)
    return [SliceImage(str(at), one, scarred.planes[at].pixel_spacing_mm) for at, one in enumerate(pixels)]


@pytest.fixture(scope="module")
def prompts(scarred: Phantom, images: list[SliceImage]) -> list[tuple[SliceImage, Prompt]]:
    """Boxes and clicks on scar, with the slices that have some."""

    def around(mask: Mask) -> Prompt:
        rows, columns = np.nonzero(mask)
        middle = len(rows) // 2
        box = Box(columns.min() - 1.0, rows.min() - 1.0, columns.max() + 2.0, rows.max() + 2.0)
        return Prompt(Structure.SCAR, (box,), (Point(columns[middle] + 0.5, rows[middle] + 0.5, True),))

    masks = zip(images, scarred.masks[Structure.SCAR], strict=True)
    return [(image, around(mask)) for image, mask in masks if mask.sum() > 20]


def is_in_rim(found: Mask, expected: Mask) -> bool:
    """Whether they differ within a pixel of the expected border alone."""
    rim = np.logical_xor(binary_dilation(expected), binary_erosion(expected))
    return not ((found ^ expected) & ~rim).any()


def answer(engine: SegmenterEngine, asked: tuple[SliceImage, Prompt]) -> Mask:
    image, prompt = asked
    return engine.segment(image, None, prompt).mask


def test_masks_differ_from_the_cpu_in_the_rim_alone(
    on_cpu: SegmenterEngine, on_cuda: SegmenterEngine, prompts: list[tuple[SliceImage, Prompt]]
) -> None:
    expected, found = ([answer(engine, asked) for asked in prompts] for engine in (on_cpu, on_cuda))
    assert any(mask.any() for mask in expected)
    assert all(map(is_in_rim, found, expected))


def test_slices_that_are_encoded_together_are_answered_as_each_alone(
    on_cuda: SegmenterEngine, images: list[SliceImage], prompts: list[tuple[SliceImage, Prompt]]
) -> None:
    alone = [answer(on_cuda, asked) for asked in prompts]
    on_cuda.forget()
    with ThreadPoolExecutor(SLICES) as threads:
        list(threads.map(partial(on_cuda.embed, region=None), images))
    assert all(map(is_in_rim, [answer(on_cuda, asked) for asked in prompts], alone))


def test_several_readers_are_answered_as_each_alone(
    on_cuda: SegmenterEngine, prompts: list[tuple[SliceImage, Prompt]]
) -> None:
    alone = [answer(on_cuda, asked) for asked in prompts]
    on_cuda.forget()
    with ThreadPoolExecutor(SLICES) as threads:
        assert all(map(is_in_rim, threads.map(partial(answer, on_cuda), prompts), alone))
