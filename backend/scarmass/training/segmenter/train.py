"""Fine-tune a segmenter on boxes and points: decoder, refiner and the encoder's late stages. Reads from top to bottom.

scarmass train segmenter DATASET --output FOLDER, or python -m scarmass.training.segmenter.train --help
"""

import argparse
import json
import shutil
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from scarmass.datasets.phantoms import phantom_slices
from scarmass.datasets.prepared import Prepared, read_prepared
from scarmass.datasets.readings_manifest import unseen_readings
from scarmass.inference.onnx_network import Precision
from scarmass.inference.segmenter.engine import SegmenterEngine
from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.weights.catalog import Entry
from scarmass.inference.weights.load import load
from scarmass.inference.weights.save import save
from scarmass.paths import WEIGHTS
from scarmass.training import ema
from scarmass.training.run import Devices, Provenance, Run, open_fabric, progress_bar
from scarmass.training.sampler import Sampler
from scarmass.training.segmenter.batches import Batch, draw_batch
from scarmass.training.segmenter.config import CONFIG, TrainingConfig, read_config
from scarmass.training.segmenter.epoch import Epoch, epoch_of
from scarmass.training.segmenter.network import as_stored, fine_tuned_entry, network_to_train
from scarmass.training.segmenter.objective import SegmenterObjective
from scarmass.training.segmenter.optimiser import adamw, learning_rate, progress
from scarmass.training.segmenter.parts import write_parts
from scarmass.training.segmenter.scores import ValidationScores, scores_by_centre

CHECKPOINT_EVERY = 100
"""Steps that are lost at most when a run is interrupted."""

LOG_EVERY = 10


def train(
    objective: SegmenterObjective,
    epoch: Epoch,
    config: TrainingConfig,
    entry: Entry,
    run: Run,
    fabric: Fabric,
    validate: Callable[[PromptableSegmenter, int], float],
    on_best: Callable[[], None],
) -> None:
    """From the run's checkpoint to its end. What is validated is an exponential moving average of the weights.

    validate: given the average and the steps so far, returns its fitness; called in the first process alone. on_best:
    called in every process after the best validation so far.
    """
    settings, curriculum, network, device = config.optimiser, config.curriculum, objective.network, fabric.device
    average, slices = deepcopy(network).to(device), epoch.slices.to(device)
    module, optimiser = fabric.setup(objective, adamw(network, settings))
    torch.manual_seed(config.seed + fabric.global_rank)
    sampler = Sampler([config.seed, fabric.global_rank], len(epoch.order))
    state: dict[str, Any] = {"network": module, "average": average, "optimiser": optimiser, "step": 0, "best": -1.0}
    run.restore(state, sampler)

    def choose() -> None:
        own = validate(average, state["step"]) if fabric.is_global_zero else 0.0
        fitness = float(fabric.broadcast(own))
        if fitness > state["best"]:
            state["best"] = fitness
            on_best()

    done = progress(settings, state["step"], run)
    if state["best"] < 0 and (done >= 1 or (state["step"] == 0 and curriculum.warmup_share == 0)):
        choose()  # what it starts from may be the best
    with progress_bar(fabric) as bar:
        task = bar.add_task("training", total=1.0, step=state["step"], losses="")
        while done < 1:
            index = torch.tensor(epoch.order[sampler.next_batch(settings.batch_size)], device=device)
            batch = draw_batch(slices, index, done, config, entry)
            rate = learning_rate(settings, state["step"], done)
            loss = training_step(module, optimiser, batch, rate, fabric)
            state["step"] += 1
            ema.update(average, network, min(settings.ema_decay, state["step"] / (state["step"] + 20)))
            done = progress(settings, state["step"], run)
            bar.update(task, completed=done, step=state["step"])
            if state["step"] % LOG_EVERY == 0:
                run.log(state["step"], {"training/loss": loss.item(), "training/learning_rate": rate})
                bar.update(task, losses=f"loss {loss.item():.3f}")
            warmed_up = done >= curriculum.warmup_share
            if (warmed_up and state["step"] % settings.validate_every == 0) or done >= 1:
                choose()
            if state["step"] % CHECKPOINT_EVERY == 0 or done >= 1:
                run.save(state, sampler)


def training_step(module: Any, optimiser: Any, batch: Batch, rate: float, fabric: Fabric) -> torch.Tensor:
    """One step on a batch; returns its mean loss."""
    loss = module(batch)
    optimiser.zero_grad()
    fabric.backward(loss)
    for group in optimiser.optimizer.param_groups:
        group["lr"] = rate * group["share"]
        nn.utils.clip_grad_norm_(group["params"], 1.0)
    optimiser.step()
    return loss.detach()


@dataclass(frozen=True)
class Trained:
    """weights: those that were best on the validation patients. validations: steps, and scores by centre."""

    weights: Path
    validations: tuple[tuple[int, dict[str, ValidationScores]], ...]


def finetune(
    prepared: Prepared,
    weights_folder: Path,
    folder: Path,
    config_file: Path = CONFIG,
    devices: Devices = Devices(),
    *,
    base: str | None = None,
    minutes: float | None = None,
    centres: Sequence[str] = (),
    parts: Path | None = None,
    resume: bool = False,
) -> Trained:
    """A whole run into a folder, or the rest of one.

    weights_folder: of the catalog, where the base is. base, minutes: in place of the configuration's. centres: that it
    learns from and chooses by, all without any; every centre's validation patients are scored. parts: a folder where
    the best weights are also left in parts, with the validations.
    Raises RunConflict, WeightsMissing, WeightsInvalid, PreparedDatasetInvalid.
    """
    config = read_config(config_file)
    settings = replace(config.optimiser, minutes=config.optimiser.minutes if minutes is None else minutes)
    config = replace(config, base=base or config.base, optimiser=settings)
    centres = centres or tuple(prepared.centres)
    fabric = open_fabric(devices)
    torch.manual_seed(config.seed)
    starting = load(config.base, weights_folder)
    source = starting.entry.source
    base_sha256 = (source.sha256 if source else starting.entry.base_sha256) or starting.sha256
    provenance = Provenance(
        config_file.read_text(), config.seed, prepared.sha256, prepared.split.sha256, starting.sha256, tuple(centres)
    )
    run = Run(folder, provenance, fabric, resume=resume)

    network = network_to_train(starting)
    first, last = config.views.phantom_seeds
    slices = [annotated for centre in centres for annotated in prepared.slices("train", centre)]
    epoch = epoch_of(slices, phantom_slices(range(first, last + 1)), config.views, config.borders.by_centre)
    objective = SegmenterObjective(network, config.loss, trains_encoder=settings.encoder_rate > 0)
    validation = {centre: prepared.slices("validation", centre) for centre in prepared.centres}
    entry = fine_tuned_entry(starting.entry, config, base_sha256, network.structures, unseen_readings(prepared.folder))
    latest, best, validations = folder / "latest.safetensors", folder / entry.file, folder / "validations.json"
    history = _validated(validations) if resume else []

    def validate(average: PromptableSegmenter, step: int) -> float:
        save(as_stored(average.state_dict()), entry.description(), latest)
        weights = load(latest, weights_folder)
        engine = SegmenterEngine(weights, device=fabric.device.type, precision=Precision.FLOAT32)
        scores = scores_by_centre(engine, validation, config.borders.by_centre)
        for centre, own in scores.items():
            run.log(step, {f"validation/{centre}/{name}": value for name, value in own.by_name().items()})
            print(f"{centre} after {step} steps: {own}", flush=True)
        history[:] = [earlier for earlier in history if earlier[0] < step]  # steps that were lost are taken again
        history.append((step, scores))
        content = [{"step": s, **{centre: asdict(own) for centre, own in by.items()}} for s, by in history]
        validations.write_text(json.dumps(content, indent=1))
        if parts:
            parts.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(validations, parts / validations.name)
        return float(np.mean([scores[centre].fitness for centre in centres]))

    def on_best() -> None:
        if fabric.is_global_zero:
            shutil.copyfile(latest, best)
            if parts:
                write_parts(best, parts)

    train(objective, epoch, config, starting.entry, run, fabric, validate, on_best)
    return Trained(best, tuple(history))


def _validated(validations: Path) -> list[tuple[int, dict[str, ValidationScores]]]:
    """In the sessions before, as their file says."""
    rows = json.loads(validations.read_text()) if validations.is_file() else []
    return [(row.pop("step"), {centre: ValidationScores.of(own) for centre, own in row.items()}) for row in rows]


def main() -> None:
    """One call, bounded in time, that needs nothing of the application but this package's training."""
    parser = argparse.ArgumentParser(prog="python -m scarmass.training.segmenter.train", description=finetune.__doc__)
    parser.add_argument("dataset", type=Path, help="a prepared dataset, or a packed one")
    parser.add_argument("--output", type=Path, required=True, help="the run's folder")
    parser.add_argument("--config", type=Path, default=CONFIG)
    parser.add_argument("--base", help="weights to start from: a name in the catalog, or a file")
    parser.add_argument("--minutes", type=float, help="of training; the last validation comes after them")
    parser.add_argument("--centre", action="append", default=[], help="to learn from, once each; all by default")
    parser.add_argument("--parts", type=Path, help="a folder for the weights in parts of 15 MiB")
    parser.add_argument("--accelerator", default="auto")
    parser.add_argument("--bf16", action="store_true", help="mixed precision")
    parser.add_argument("--resume", action="store_true")
    given = parser.parse_args()
    trained = finetune(
        read_prepared(given.dataset),
        WEIGHTS,
        given.output,
        given.config,
        Devices(given.accelerator, precision="bf16-mixed" if given.bf16 else "32-true"),
        base=given.base,
        minutes=given.minutes,
        centres=given.centre,
        parts=given.parts,
        resume=given.resume,
    )
    print(f"{trained.weights} did best on the validation patients")


if __name__ == "__main__":
    main()
