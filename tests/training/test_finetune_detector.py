"""Fine-tuning the detector: what it is taught, and that what it writes can be served."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from scarmass.domain.errors import WeightsInvalid
from scarmass.domain.models import Model
from scarmass.domain.prompts import Structure
from scarmass.inference.catalog import Entry
from scarmass.inference.detector import STRUCTURES, YoloDetector, build_network
from scarmass.inference.weights import sha256_of
from scarmass.training.dataset import AnnotatedSlice
from scarmass.training.finetune_detector import (
    CONFIG,
    Config,
    pretrained_network,
    read_config,
    save,
    train,
    training_batch,
    training_batches,
)


@pytest.fixture
def config() -> Config:
    """The shipped configuration, cut down to seconds."""
    shipped = read_config(CONFIG)
    phase = replace(shipped.phases[0], steps=3, minutes=5.0, validate_every=2)
    optimiser = replace(shipped.optimiser, batch_size=2, warmup_steps=1)
    return replace(shipped, input_size=64, optimiser=optimiser, phases=(phase,))


def annotated(patient: str = "Case_P001", index: int = 0) -> AnnotatedSlice:
    """100 x 200 pixels, twice as high as wide, with a ventricle and a scar at round numbers."""
    masks = {structure: np.zeros((100, 200), dtype=bool) for structure in Structure}
    masks[Structure.LEFT_VENTRICLE][30:70, 60:140] = True
    masks[Structure.SCAR][30:40, 100:140] = True
    return AnnotatedSlice(patient, index, masks[Structure.SCAR].astype(np.float32), (2.0, 1.0), masks)


def test_the_network_is_taught_the_boxes_of_the_masks() -> None:
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


def test_a_slice_without_any_structure_teaches_that_there_is_none() -> None:
    empty = replace(annotated(), masks={structure: np.zeros((100, 200), dtype=bool) for structure in Structure})
    batch = training_batch([empty], 64)
    assert batch["bboxes"].shape == (0, 4)
    assert batch["cls"].shape == (0, 1)


def test_the_same_seed_gives_the_same_batches(config: Config) -> None:
    slices = [annotated(index=index) for index in range(3)]
    runs = [islice(training_batches(slices, [], config, config.phases[0]), 2) for _ in range(2)]
    for first, again in zip(*runs, strict=True):
        assert torch.equal(first["img"], again["img"])


def test_a_checkpoint_other_than_the_named_one_is_refused(config: Config, tmp_path: Path) -> None:
    other = tmp_path / "other.pt"
    other.write_bytes(b"not the checkpoint")
    with pytest.raises(WeightsInvalid, match="sha256"):
        pretrained_network(other, config)


def test_an_unknown_setting_is_refused(tmp_path: Path) -> None:
    mistyped = tmp_path / "detector.toml"
    mistyped.write_text(CONFIG.read_text().replace("batch_size", "bach_size"))
    with pytest.raises(TypeError, match="bach_size"):
        read_config(mistyped)


def test_what_training_writes_can_be_served(config: Config, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = build_network(config.architecture)
    before = next(network.parameters()).detach().clone()
    steps = []
    [phase] = config.phases
    batches = training_batches([annotated()], [], config, phase)
    for step, average in train(network, batches, config, phase):
        steps.append(step)
        path = tmp_path / f"{step}.safetensors"
        save(average, path, Entry("trained", "detector", config.architecture, 64, "", path.name))
    assert steps == [2, 3]
    assert not torch.equal(before, next(network.parameters()))
    detector = YoloDetector(path, Model("trained", sha256_of(path)), "cpu", dict.fromkeys(STRUCTURES, 0.0))
    assert detector.detect([annotated().image])[0]
    assert path.stat().st_size < 6_000_000
