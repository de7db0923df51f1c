"""The settings of a detector's training, as configs/detector.toml holds them."""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from scarmass.training.augment import Augmentation
from scarmass.training.detector.samples import Mixture
from scarmass.training.run import CONFIGS

CONFIG = CONFIGS / "detector.toml"


@dataclass(frozen=True)
class Optimiser:
    batch_size: int
    warmup_steps: int
    weight_decay: float
    ema_decay: float


@dataclass(frozen=True)
class Phase:
    """Training at one mixture of views; ends after so many steps or minutes, whichever comes first."""

    steps: int
    minutes: float
    learning_rate: float
    validate_every: int
    close_up_share: float


@dataclass(frozen=True)
class TrainingConfig:
    """loss: ultralytics' gains by its names. phantom_share: of a batch, on average."""

    seed: int
    licence: str
    architecture: str
    base_sha256: str
    input_size: int
    optimiser: Optimiser
    phases: tuple[Phase, ...]
    loss: dict[str, float]
    phantom_seeds: range
    phantom_share: float
    augmentation: Augmentation

    def mixture(self, phase: Phase) -> Mixture:
        return Mixture(
            batch_size=self.optimiser.batch_size,
            input_size=self.input_size,
            phantom_share=self.phantom_share,
            augmentation=replace(self.augmentation, close_up_share=phase.close_up_share),
        )


def read_config(path: Path) -> TrainingConfig:
    """Raises TypeError or KeyError for a setting that is missing or unknown."""
    settings = tomllib.loads(path.read_text())
    phantoms = settings.pop("phantoms")
    first, last = phantoms["seeds"]
    return TrainingConfig(
        optimiser=Optimiser(**settings.pop("optimiser")),
        phases=tuple(Phase(**phase) for phase in settings.pop("phases")),
        augmentation=Augmentation(**settings.pop("augmentation"), close_up_share=0.0),
        phantom_seeds=range(first, last + 1),
        phantom_share=phantoms["share"],
        **settings,
    )
