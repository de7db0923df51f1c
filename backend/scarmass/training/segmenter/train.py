"""Fine-tune a segmenter on boxes and points: decoder, refiner and, on a GPU, the encoder. Reads from top to bottom.

scarmass train segmenter DATASET --output FOLDER
"""

import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from scarmass.datasets.phantoms import phantom_slices
from scarmass.datasets.prepared import Prepared
from scarmass.inference.segmenter.engine import SegmenterEngine
from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.weights.load import load
from scarmass.inference.weights.save import save
from scarmass.training import ema
from scarmass.training.run import Devices, Provenance, Run, open_fabric, progress_bar
from scarmass.training.sampler import Sampler
from scarmass.training.segmenter.config import CONFIG, TrainingConfig, read_config
from scarmass.training.segmenter.embedding_store import EmbeddingStore
from scarmass.training.segmenter.network import as_stored, fine_tuned_entry, network_to_train
from scarmass.training.segmenter.objective import SegmenterObjective
from scarmass.training.segmenter.optimiser import adamw, average_gradients, learning_rate, progress
from scarmass.training.segmenter.scores import ValidationScores, validation_scores
from scarmass.training.segmenter.views import training_views

CHECKPOINT_EVERY = 50
"""Steps that are lost at most when a run is interrupted."""

LOG_EVERY = 10


def train(
    objective: SegmenterObjective,
    config: TrainingConfig,
    run: Run,
    fabric: Fabric,
    validate: Callable[[PromptableSegmenter, int], float],
    on_best: Callable[[], None],
) -> None:
    """From the run's checkpoint to its end. What is validated is an exponential moving average of the weights.

    validate: given the average and the steps so far, returns its fitness; called in the first process alone. on_best:
    called in every process after the best validation so far.
    """
    settings, network = config.optimiser, objective.network
    average = deepcopy(network).to(fabric.device)
    module, optimiser = fabric.setup(objective, adamw(network, settings))
    rank = [fabric.global_rank] if fabric.global_rank else []
    sampler = Sampler([config.seed, *rank], len(objective.views))
    state: dict[str, Any] = {"network": module, "average": average, "optimiser": optimiser, "step": 0, "best": -1.0}
    run.restore(state, sampler)
    with progress_bar(fabric) as bar:
        task = bar.add_task("training", total=1.0, step=state["step"], losses="")
        done = progress(settings, state["step"], run)
        while done < 1:
            rate = learning_rate(settings, state["step"], done)
            loss = training_step(module, optimiser, sampler, rate, done, settings.batch_size, fabric)
            state["step"] += 1
            ema.update(average, network, min(settings.ema_decay, state["step"] / (state["step"] + 20)))
            done = progress(settings, state["step"], run)
            bar.update(task, completed=done, step=state["step"], losses=f"loss {loss:.3f}")
            if state["step"] % LOG_EVERY == 0:
                run.log(state["step"], {"training/loss": loss, "training/learning_rate": rate})
            warmed_up = done >= config.curriculum.warmup_share
            if (warmed_up and state["step"] % settings.validate_every == 0) or done >= 1:
                own = validate(average, state["step"]) if fabric.is_global_zero else 0.0
                fitness = float(fabric.broadcast(own))
                if fitness > state["best"]:
                    state["best"] = fitness
                    on_best()
            if state["step"] % CHECKPOINT_EVERY == 0 or done >= 1:
                run.save(state, sampler)


def training_step(
    module: Any, optimiser: Any, sampler: Sampler, rate: float, done: float, batch_size: int, fabric: Fabric
) -> float:
    """One step on a batch of views, one after the other; returns their mean loss."""
    losses: list[float] = []
    optimiser.zero_grad()
    for _ in range(batch_size):
        with fabric.no_backward_sync(module):
            loss = module(sampler.next(), sampler.generator, done)
            fabric.backward(loss / batch_size)
        losses.append(loss.item())
    average_gradients(optimiser.optimizer, fabric)
    for group in optimiser.optimizer.param_groups:
        group["lr"] = rate * group["share"]
        nn.utils.clip_grad_norm_(group["params"], 1.0)
    optimiser.step()
    return float(np.mean(losses))


@dataclass(frozen=True)
class Trained:
    """weights: those that were best on the validation patients. validations: (steps, scores) of this session."""

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
    provenance = Provenance(config_file.read_text(), config.seed, prepared.sha256, prepared.split.sha256, base_sha256)
    run = Run(folder, provenance, fabric, resume=resume)

    network = network_to_train(base)
    store = EmbeddingStore(
        network,
        base.entry,
        embeddings or folder / "embeddings",
        fabric.device,
        trains_late_stages=config.optimiser.encoder_rate > 0,
    )
    first, last = config.views.phantom_seeds
    phantoms = phantom_slices(range(first, last + 1))
    views = training_views(prepared.slices("train"), phantoms, config.views, config.augmentation, config.seed)
    objective = SegmenterObjective(network, config, store.embedding, views)
    validation = prepared.slices("validation")
    entry = fine_tuned_entry(base.entry, config, base_sha256, network.structures)
    latest, best = folder / "latest.safetensors", folder / entry.file
    history: list[tuple[int, ValidationScores]] = []

    def validate(average: PromptableSegmenter, step: int) -> float:
        save(as_stored(average.state_dict()), entry.description(), latest)
        stored = load(latest, weights_folder)
        engine = SegmenterEngine(stored, device=fabric.device.type, encode=store.encode_with(average))
        scores = validation_scores(engine, validation)
        run.log(step, scores.by_name())
        print(f"validation after {step} steps: {scores}", flush=True)
        history.append((step, scores))
        return scores.fitness

    def on_best() -> None:
        if fabric.is_global_zero:
            shutil.copyfile(latest, best)

    train(objective, config, run, fabric, validate, on_best)
    return Trained(best, tuple(history))
