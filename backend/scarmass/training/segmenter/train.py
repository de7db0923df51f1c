"""Fine-tune a segmenter on boxes and points: decoder, refiner and, on a GPU, the encoder. Reads from top to bottom.

scarmass train segmenter DATASET --output FOLDER
"""

import shutil
import tomllib
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from scarmass.datasets.phantoms import phantom_slices
from scarmass.datasets.prepared import Prepared
from scarmass.domain.structures import Structure
from scarmass.evaluation.drawn_prompts import PromptShares
from scarmass.inference.segmenter.engine import SegmenterEngine
from scarmass.inference.segmenter.network import PromptableSegmenter, build_segmenter
from scarmass.inference.segmenter.refiner import Refiner
from scarmass.inference.segmenter.tiny_vit import EMBEDDING_CHANNELS
from scarmass.inference.weights.catalog import Entry
from scarmass.inference.weights.load import Weights, load
from scarmass.inference.weights.save import save
from scarmass.training.augment import Augmentation
from scarmass.training.ema import follow
from scarmass.training.run import CONFIGS, Devices, Draws, Origin, Run, open_fabric, progress_bar
from scarmass.training.segmenter.embedding_store import Embeddings
from scarmass.training.segmenter.loss import LossWeights
from scarmass.training.segmenter.objective import Curriculum, Material, Teaching
from scarmass.training.segmenter.optimiser import (
    Optimiser,
    average_gradients,
    learning_rate,
    optimiser_of,
    progress,
)
from scarmass.training.segmenter.samples import Views, training_examples
from scarmass.training.segmenter.scores import ValidationScores, validation_scores

CONFIG = CONFIGS / "segmenter.toml"
CHECKPOINT_EVERY = 50
"""Steps that are lost at most when a run is cut off."""

LOG_EVERY = 10


@dataclass(frozen=True)
class Config:
    name: str
    base: str
    licence: str
    seed: int
    optimiser: Optimiser
    material: Material


def read_config(path: Path) -> Config:
    """Raises TypeError or KeyError for a setting that is missing or unknown."""
    settings = tomllib.loads(path.read_text())
    material = Material(
        views=Views(**settings.pop("views")),
        augmentation=Augmentation(**settings.pop("augmentation")),
        prompts=PromptShares(**settings.pop("prompts")),
        curriculum=Curriculum(**settings.pop("curriculum")),
        loss=LossWeights(**settings.pop("loss")),
    )
    return Config(optimiser=Optimiser(**settings.pop("optimiser")), material=material, **settings)


def network_to_train(base: Weights) -> PromptableSegmenter:
    """The base network, rounded as it will be stored; structure tokens and refiner that it lacks say nothing yet.

    It is rounded first, so that the kept embeddings are those of the file that is served.
    """
    network = build_segmenter(replace(base, state=as_stored(base.state)))
    if network.structure_tokens is None:
        network.structures = tuple(Structure)
        network.structure_tokens = nn.Embedding(len(network.structures), EMBEDDING_CHANNELS)
        nn.init.zeros_(network.structure_tokens.weight)
    if network.refiner is None:
        network.refiner = Refiner(len(network.structures))
    return network


def as_stored(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """float16 for matrices and kernels; vectors and positional frequencies, small and delicate, stay float32."""
    return {
        name: tensor.half() if tensor.ndim > 1 and "positional_encoding" not in name else tensor
        for name, tensor in state.items()
    }


def train(
    teaching: Teaching,
    config: Config,
    run: Run,
    fabric: Fabric,
    validate: Callable[[PromptableSegmenter, int], float],
    keep: Callable[[], None],
) -> None:
    """From where the run stands to its end. What is validated is an exponential average of the weights.

    validate: given the average and the steps so far, answers its fitness; the first process alone is asked. keep:
    called in every process after the best validation so far.
    """
    settings, network = config.optimiser, teaching.network
    average = deepcopy(network).to(fabric.device)
    module, optimiser = fabric.setup(teaching, optimiser_of(network, settings))
    others = [fabric.global_rank] if fabric.global_rank else []
    draws = Draws([config.seed, *others], len(teaching.examples))
    stand: dict[str, Any] = {"network": module, "average": average, "optimiser": optimiser, "step": 0, "best": -1.0}
    run.restore(stand, draws)
    with progress_bar(fabric) as bar:
        task = bar.add_task("training", total=1.0, step=stand["step"], told="")
        done = progress(settings, stand["step"], run)
        while done < 1:
            rate = learning_rate(settings, stand["step"], done)
            loss = learn(module, optimiser, draws, rate, done, settings.batch_size, fabric)
            stand["step"] += 1
            follow(average, network, min(settings.average_decay, stand["step"] / (stand["step"] + 20)))
            done = progress(settings, stand["step"], run)
            bar.update(task, completed=done, step=stand["step"], told=f"loss {loss:.3f}")
            if stand["step"] % LOG_EVERY == 0:
                run.log(stand["step"], {"training/loss": loss, "training/learning_rate": rate})
            aided = done >= config.material.curriculum.alone
            if (aided and stand["step"] % settings.validate_every == 0) or done >= 1:
                asked = validate(average, stand["step"]) if fabric.is_global_zero else 0.0
                fitness = float(fabric.broadcast(asked))
                if fitness > stand["best"]:
                    stand["best"] = fitness
                    keep()
            if stand["step"] % CHECKPOINT_EVERY == 0 or done >= 1:
                run.save(stand, draws)


def learn(
    module: Any, optimiser: Any, draws: Draws, rate: float, done: float, batch_size: int, fabric: Fabric
) -> float:
    """One step on a batch of views, one after the other; answers their mean loss."""
    losses: list[float] = []
    optimiser.zero_grad()
    for _ in range(batch_size):
        with fabric.no_backward_sync(module):
            loss = module(draws.next(), draws.generator, done)
            fabric.backward(loss / batch_size)
        losses.append(loss.item())
    average_gradients(optimiser.optimizer, fabric)
    for group in optimiser.optimizer.param_groups:
        group["lr"] = rate * group["share"]
        nn.utils.clip_grad_norm_(group["params"], 1.0)
    optimiser.step()
    return float(np.mean(losses))


def fine_tuned_entry(base: Entry, config: Config, base_sha256: str, structures: Sequence[str]) -> Entry:
    """What the fine-tuned file says of itself."""
    return replace(
        base,
        name=config.name,
        licence=config.licence,
        follows_points=True,
        file=f"{config.name}.safetensors",
        source=None,
        base_sha256=base_sha256,
        structures=tuple(structures),
    )


@dataclass(frozen=True)
class Trained:
    """weights: those that were best on the validation patients. validations: (steps, scores) of this sitting."""

    weights: Path
    validations: tuple[tuple[int, ValidationScores], ...]


def finetune(
    prepared: Prepared,
    weights_folder: Path,
    folder: Path,
    config_file: Path = CONFIG,
    devices: Devices = Devices(),
    *,
    embeddings: Path | None = None,
    resume: bool = False,
) -> Trained:
    """A whole run into a folder, or the rest of one.

    weights_folder: of the catalog, where the base is. embeddings: where the frozen encoder's are kept, for several
    runs; in the run's folder by default. Raises RunConflict, WeightsMissing, WeightsInvalid, PreparedDatasetInvalid.
    """
    config = read_config(config_file)
    fabric = open_fabric(devices)
    torch.manual_seed(config.seed)
    base = load(config.base, weights_folder)
    source = base.entry.source
    base_sha256 = (source.sha256 if source else base.entry.base_sha256) or base.sha256
    origin = Origin(config_file.read_text(), config.seed, prepared.sha256, prepared.split.sha256, base_sha256)
    run = Run(folder, origin, fabric, resume=resume)

    network, material = network_to_train(base), config.material
    kept = Embeddings(
        network,
        base.entry,
        embeddings or folder / "embeddings",
        fabric.device,
        trains_late_stages=config.optimiser.encoder_rate > 0,
    )
    first, last = material.views.phantom_seeds
    phantoms = phantom_slices(range(first, last + 1))
    examples = training_examples(prepared.slices("train"), phantoms, material.views, material.augmentation, config.seed)
    teaching = Teaching(network, material, kept.of, examples)
    validation = prepared.slices("validation")
    entry = fine_tuned_entry(base.entry, config, base_sha256, network.structures)
    latest, best = folder / "latest.safetensors", folder / entry.file
    history: list[tuple[int, ValidationScores]] = []

    def validate(average: PromptableSegmenter, step: int) -> float:
        save(as_stored(average.state_dict()), entry.description(), latest)
        stored = load(latest, weights_folder)
        engine = SegmenterEngine(stored, device=fabric.device.type, encode=kept.encoding(average))
        scores = validation_scores(engine, validation)
        run.log(step, scores.by_name())
        print(f"validation after {step} steps: {scores}", flush=True)
        history.append((step, scores))
        return scores.fitness

    def keep() -> None:
        if fabric.is_global_zero:
            shutil.copyfile(latest, best)

    train(teaching, config, run, fabric, validate, keep)
    return Trained(best, tuple(history))
