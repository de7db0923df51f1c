"""Fine-tuning the detector: that what it writes can be served, and that an interrupted run ends as a whole one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from scarmass.domain.errors import WeightsInvalid
from scarmass.domain.protocols import Model
from scarmass.inference.detector import STRUCTURES, YoloDetector, build_network
from scarmass.inference.weights.catalog import Entry, UnseenReadings
from scarmass.inference.weights.load import sha256_of
from scarmass.training.detector.config import CONFIG, TrainingConfig, read_config
from scarmass.training.detector.network import network_to_train, pretrained_network, save_network
from scarmass.training.detector.train import learning_rate, train
from scarmass.training.run import Devices, Provenance, Run, open_fabric
from tests.training.detector.slices import annotated

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def config() -> TrainingConfig:
    """The shipped configuration, cut down to seconds: two phases of three steps."""
    shipped = read_config(CONFIG)
    first, second = (replace(phase, steps=3, minutes=1e6, validate_every=2) for phase in shipped.phases)
    optimiser = replace(shipped.optimiser, batch_size=2, warmup_steps=1)
    return replace(shipped, input_size=64, optimiser=optimiser, phases=(first, second))


class Interrupted(Exception):
    """Stands for a machine that goes down."""


def trained(
    folder: Path,
    config: TrainingConfig,
    validate: Callable[[Any, int], float],
    on_best: Callable[[], None] = lambda: None,
    *,
    resume: bool = False,
) -> dict[str, torch.Tensor]:
    """The weights after a run into the folder, or after the rest of one."""
    torch.manual_seed(0)
    network = build_network(config.architecture)
    fabric = open_fabric(Devices(accelerator="cpu"))
    run = Run(folder, Provenance(CONFIG.read_text(), 0, "a", "b", "c"), fabric, resume=resume)
    train(network, [annotated(), annotated(index=1)], [], config, run, fabric, validate, on_best)
    return network.state_dict()


def test_a_run_starts_from_a_detector_that_was_trained_here(config: TrainingConfig, tmp_path: Path) -> None:
    torch.manual_seed(1)
    trained_before, file = build_network(config.architecture), tmp_path / "ours.safetensors"
    entry = Entry(
        "ours", "detector", config.architecture, 64, "none", file.name, unseen_readings=UnseenReadings(0.25, "ours")
    )
    save_network(trained_before, file, entry)
    network, starting = network_to_train(file, config)
    assert starting is not None
    assert starting.unseen_readings == UnseenReadings(0.25, "ours")
    for name, tensor in trained_before.state_dict().items():
        torch.testing.assert_close(
            network.state_dict()[name], tensor.half().float() if tensor.is_floating_point() else tensor
        )
    with pytest.raises(WeightsInvalid, match="trains another"):
        network_to_train(file, replace(config, architecture="another"))


def test_a_checkpoint_other_than_the_named_one_is_refused(config: TrainingConfig, tmp_path: Path) -> None:
    other = tmp_path / "other.pt"
    other.write_bytes(b"not the checkpoint")
    with pytest.raises(WeightsInvalid, match="sha256"):
        pretrained_network(other, config)


def test_an_unknown_setting_is_refused(tmp_path: Path) -> None:
    mistyped = tmp_path / "detector.toml"
    mistyped.write_text(CONFIG.read_text().replace("batch_size", "bach_size"))
    with pytest.raises(TypeError, match="bach_size"):
        read_config(mistyped)


def test_the_learning_rate_falls_to_a_fiftieth(config: TrainingConfig) -> None:
    phase = config.phases[0]
    assert learning_rate(phase, 0) == pytest.approx(phase.learning_rate)
    assert learning_rate(phase, 1) == pytest.approx(phase.learning_rate / 50)


@dataclass(frozen=True)
class Whole:
    """A run that was never interrupted: its weights, the steps it was validated at, and when its best was kept."""

    weights: dict[str, torch.Tensor]
    file: Path
    validated: list[int]
    kept: list[int]


@pytest.fixture(scope="module")
def whole(config: TrainingConfig, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Its fitness is 1, 3, 2 and 4 at its validations."""
    folder = tmp_path_factory.mktemp("whole")
    file, validated, kept, fitness = folder / "trained.safetensors", [], [], iter([1.0, 3.0, 2.0, 4.0])

    def validate(average: Any, steps: int) -> float:
        validated.append(steps)
        save_network(average, file, Entry("trained", "detector", config.architecture, 64, "", file.name))
        return next(fitness)

    weights = trained(folder / "run", config, validate, lambda: kept.append(validated[-1]))
    return Whole(weights, file, validated, kept)


def test_training_is_validated_now_and_then_and_at_each_phases_end(whole: Whole) -> None:
    assert whole.validated == [2, 3, 5, 6]


def test_only_the_best_validation_so_far_is_kept(whole: Whole) -> None:
    assert whole.kept == [2, 3, 6]


def test_what_training_writes_can_be_served(whole: Whole) -> None:
    model = Model("trained", sha256_of(whole.file))
    detector = YoloDetector(whole.file, model, "cpu", dict.fromkeys(STRUCTURES, 0.0))
    assert detector.detect([annotated().image])[0]
    assert whole.file.stat().st_size < 6_000_000


def test_a_resumed_training_ends_with_the_very_weights_of_one_that_was_never_interrupted(
    whole: Whole, config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes down in the second phase, one step after its last checkpoint."""
    monkeypatch.setattr("scarmass.training.detector.train.CHECKPOINT_EVERY", 1)

    def goes_down(average: Any, steps: int) -> float:
        if steps == 5:
            raise Interrupted
        return 0.0

    with pytest.raises(Interrupted):
        trained(tmp_path, config, goes_down)
    resumed = trained(tmp_path, config, lambda average, steps: 0.0, resume=True)
    assert all(torch.equal(resumed[name], whole.weights[name]) for name in whole.weights)
