"""The settings of a segmenter's training, as configs/segmenter.toml holds them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from scarmass.training.augment import Augmentation
from scarmass.training.run import CONFIGS
from scarmass.training.segmenter.borders import BorderSettings
from scarmass.training.segmenter.loss import LossWeights
from scarmass.training.segmenter.prompts import PromptShares
from scarmass.training.segmenter.views import ViewSettings

CONFIG = CONFIGS / "segmenter.toml"


@dataclass(frozen=True)
class Optimiser:
    """learning_rate: of the refiner; those of the decoder and of the encoder's late stages are relative to it, and 0
    leaves them as they are.

    Training ends after so many steps or minutes, whichever comes first. batch_size: views a step, in each process.
    validate_every: steps.
    """

    steps: int
    minutes: float
    batch_size: int
    learning_rate: float
    decoder_rate: float
    encoder_rate: float
    warmup_steps: int
    weight_decay: float
    ema_decay: float
    validate_every: int


@dataclass(frozen=True)
class Curriculum:
    """Which parts of the network a view trains, and how often its prompts are corrected.

    warmup_share: share of the training, at its beginning, in which the refiner alone is trained.
    refiner_only_share: share of the later views that train the refiner alone: they are not encoded, nor decoded.
    prompts_per_view: prompts on a view that is decoded; the others have one.
    correction_shares: shares of prompts that are corrected by 0, 1, 2, ... clicks before they are learned from.
    previous_mask_share: share of corrections that come with the previous mask, as the page sends it.
    """

    warmup_share: float
    refiner_only_share: float
    prompts_per_view: int
    correction_shares: tuple[float, ...]
    previous_mask_share: float

    def decoded_views(self, batch_size: int, done: float) -> int:
        """How many of a batch's views are encoded and decoded. done: share of the training, from 0 to 1."""
        return 0 if done < self.warmup_share else round(batch_size * (1 - self.refiner_only_share))


@dataclass(frozen=True)
class TrainingConfig:
    """name: of the weights that training makes. base: those it starts from, a name in the catalog or a file."""

    name: str
    base: str
    licence: str
    seed: int
    views: ViewSettings
    optimiser: Optimiser
    curriculum: Curriculum
    loss: LossWeights
    borders: BorderSettings
    prompts: PromptShares
    augmentation: Augmentation


def read_config(path: Path) -> TrainingConfig:
    """Raises TypeError or KeyError for a setting that is missing or unknown."""
    settings = tomllib.loads(path.read_text())
    return TrainingConfig(
        views=ViewSettings(**settings.pop("views")),
        optimiser=Optimiser(**settings.pop("optimiser")),
        curriculum=Curriculum(**settings.pop("curriculum")),
        loss=LossWeights(**settings.pop("loss")),
        borders=BorderSettings(**settings.pop("borders")),
        prompts=PromptShares(**settings.pop("prompts")),
        augmentation=Augmentation(**settings.pop("augmentation")),
        **settings,
    )
