"""SAM 2 through ONNX Runtime; the tests that need its weights skip where they were not fetched."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from scarmass.domain.errors import WeightsInvalid
from scarmass.inference.segmenter.onnx_pair import OnnxPair
from scarmass.inference.segmenter.window import IMAGENET_MEAN, IMAGENET_STD
from scarmass.inference.weights.catalog import read_catalog
from scarmass.inference.weights.load import Weights, load
from scarmass.paths import WEIGHTS

ENTRY = read_catalog(WEIGHTS)["sam2_hiera_tiny"]
SIDE = ENTRY.input_size


@pytest.fixture(scope="module")
def weights() -> Weights:
    if not (WEIGHTS / ENTRY.file).is_file():
        pytest.skip("sam2_hiera_tiny is not here: `scarmass weights fetch sam2_hiera_tiny` gets it")
    return load("sam2_hiera_tiny", WEIGHTS)


@pytest.fixture(scope="module")
def pair(weights: Weights) -> OnnxPair:
    return OnnxPair(weights)


@pytest.fixture(scope="module")
def embedding(pair: OnnxPair) -> dict[str, np.ndarray]:
    """Of two bright discs on grey, their centres at (300, 500) and (740, 500), radius 100."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    grey = 60 + 150 * ((np.hypot(x - 300, y - 500) < 100) | (np.hypot(x - 740, y - 500) < 100))
    window = (grey[None] - IMAGENET_MEAN[:, None, None]) / IMAGENET_STD[:, None, None]
    return pair.encode(torch.from_numpy(window.astype(np.float32))[None])


def disc(x: float) -> np.ndarray:
    """The disc at (x, 500) on the grid of the logits."""
    rows, columns = (np.mgrid[:256, :256] + 0.5) * SIDE / 256
    return np.hypot(columns - x, rows - 500) < 100


def overlap(logits: torch.Tensor, reference: np.ndarray) -> float:
    mask = logits.numpy() > 0
    return float((mask & reference).sum() / (mask | reference).sum())


def test_what_is_no_pair_of_onnx_files_is_refused() -> None:
    state = {name: torch.zeros(8, dtype=torch.uint8) for name in ("encoder", "decoder")}
    with pytest.raises(WeightsInvalid, match="no pair of ONNX files"):
        OnnxPair(Weights(ENTRY, "0" * 64, state))


@pytest.mark.slow
def test_a_pair_of_another_input_size_is_refused(weights: Weights) -> None:
    with pytest.raises(WeightsInvalid, match="takes"):
        OnnxPair(replace(weights, entry=replace(ENTRY, input_size=512)))


@pytest.mark.slow
def test_two_boxes_are_answered_each_with_its_own_disc(pair: OnnxPair, embedding: dict[str, np.ndarray]) -> None:
    boxes = torch.tensor([[200.0, 400, 400, 600], [640, 400, 840, 600]])
    logits, predicted_iou = pair.decode(embedding, torch.zeros(2, dtype=torch.long), boxes=boxes)
    assert logits.shape == (2, 256, 256)
    assert overlap(logits[0], disc(300)) > 0.9
    assert overlap(logits[1], disc(740)) > 0.9
    assert ((predicted_iou > 0) & (predicted_iou <= 1)).all()


@pytest.mark.slow
def test_a_point_finds_the_disc_under_it(pair: OnnxPair, embedding: dict[str, np.ndarray]) -> None:
    points = torch.tensor([[[740.0, 500]]]), torch.ones(1, 1)
    logits, _ = pair.decode(embedding, torch.zeros(1, dtype=torch.long), points=points)
    assert overlap(logits[0], disc(740)) > 0.9


@pytest.mark.slow
def test_the_previous_mask_has_its_say(pair: OnnxPair, embedding: dict[str, np.ndarray]) -> None:
    points = torch.tensor([[[300.0, 500], [740, 500]]]), torch.tensor([[1.0, 0]])
    one = torch.zeros(1, dtype=torch.long)
    alone, _ = pair.decode(embedding, one, points=points)
    previous = torch.from_numpy(np.where(disc(300), 10.0, -10.0).astype(np.float32))[None]
    corrected, _ = pair.decode(embedding, one, points=points, mask_prompts=previous)
    assert not torch.equal(alone, corrected)
    assert overlap(corrected[0], disc(300)) > 0.9
