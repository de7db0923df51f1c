"""Training batches of a detector: the boxes of the masks, on the pixels as it sees them."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from scarmass.domain.structures import Structure
from scarmass.training.detector.config import CONFIG, read_config
from scarmass.training.detector.samples import training_batch, training_batches
from scarmass.training.sampler import Sampler
from tests.training.detector.slices import annotated


def test_the_targets_are_the_boxes_of_the_masks() -> None:
    batch = training_batch([annotated(), annotated(index=1)], 100)
    assert batch["img"].shape == (2, 3, 100, 100)
    assert batch["batch_idx"].tolist() == [0, 0, 1, 1]
    assert batch["cls"].flatten().tolist() == [0, 1, 0, 1]
    assert batch["bboxes"][0].tolist() == pytest.approx([0.5, 0.5, 0.4, 0.4])
    assert batch["bboxes"][1].tolist() == pytest.approx([0.6, 0.35, 0.2, 0.1])


def test_the_box_of_a_scar_lies_on_its_bright_pixels() -> None:
    batch = training_batch([annotated()], 100)
    rows, columns = np.nonzero(batch["img"][0, 0].numpy() > 0.5)
    x, y, width, height = (batch["bboxes"][1] * 100).tolist()
    assert [columns.min(), columns.max() + 1] == pytest.approx([x - width / 2, x + width / 2], abs=1)
    assert [rows.min(), rows.max() + 1] == pytest.approx([y - height / 2, y + height / 2], abs=1)


def test_a_slice_without_any_structure_has_no_target() -> None:
    empty = replace(annotated(), masks={structure: np.zeros((100, 200), dtype=bool) for structure in Structure})
    batch = training_batch([empty], 64)
    assert batch["bboxes"].shape == (0, 4)
    assert batch["cls"].shape == (0, 1)


def test_the_same_seed_gives_the_same_batches_and_another_seed_others() -> None:
    slices = [annotated(index=index) for index in range(3)]
    config = read_config(CONFIG)
    small = replace(config.mixture(config.phases[0]), batch_size=2, input_size=64)
    first, again, other = (
        list(islice(training_batches(slices, [], small, Sampler([seed], len(slices))), 2)) for seed in (1, 1, 2)
    )
    assert all(torch.equal(one["img"], two["img"]) for one, two in zip(first, again, strict=True))
    assert not torch.equal(first[0]["img"], other[0]["img"])
