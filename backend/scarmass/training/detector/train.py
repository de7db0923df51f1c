"""Fine-tune a COCO YOLO on annotated slices and write what is served. Reads from top to bottom.

scarmass train detector DATASET --base yolo26n.pt --output FOLDER, or --base current
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.datasets.phantoms import phantom_slices
from scarmass.datasets.prepared import Prepared
from scarmass.datasets.readings_manifest import unseen_readings
from scarmass.evaluation.detection.evaluate import scores_of
from scarmass.inference.weights.catalog import Entry, unseen_of_both
from scarmass.inference.weights.load import sha256_of
from scarmass.training import ema
from scarmass.training.detector.config import CONFIG, Phase, TrainingConfig, read_config
from scarmass.training.detector.network import network_to_train, save_network
from scarmass.training.detector.samples import training_batches
from scarmass.training.run import Devices, Provenance, Run, open_fabric, progress_bar
from scarmass.training.sampler import Sampler

CHECKPOINT_EVERY = 50
"""Steps that are lost at most when a run is interrupted."""

LOG_EVERY = 20


def train(
    network: Any,
    real: Sequence[AnnotatedSlice],
    phantoms: Sequence[AnnotatedSlice],
    config: TrainingConfig,
    run: Run,
    fabric: Fabric,
    validate: Callable[[Any, int], float],
    on_best: Callable[[], None],
) -> None:
    """All phases, from the run's checkpoint on. What is validated is an exponential moving average of the weights.

    validate: given the average and all steps so far, returns its fitness, at every validation and at each phase's
    end. on_best: called after the best validation so far. Both are called in the first process alone.
    """
    average = deepcopy(network).eval().to(fabric.device)
    module, optimiser = set_up(network, config, fabric)
    state: dict[str, Any] = {"network": module, "average": average, "optimiser": optimiser}
    state |= {"phase": 0, "step": 0, "earlier_steps": 0, "earlier_minutes": run.minutes(), "best": -1.0}
    sampler = phase_sampler(config, 0, fabric, len(real))
    run.restore(state, sampler)
    with progress_bar(fabric) as bar:
        while state["phase"] < len(config.phases):
            phase = config.phases[state["phase"]]
            task = bar.add_task(f"phase {state['phase'] + 1}", total=1.0, step=state["step"], losses="")
            batches = training_batches(real, phantoms, config.mixture(phase), sampler)
            for done, losses in phase_steps(phase, state, batches, config, run, fabric):
                step, steps = state["step"], state["earlier_steps"] + state["step"]
                text = "  ".join(f"{name} {value:.3f}" for name, value in losses.items())
                bar.update(task, completed=done, step=step, losses=text)
                if step % LOG_EVERY == 0:
                    run.log(steps, {f"training/{name}": value for name, value in losses.items()})
                if step % phase.validate_every == 0 or done >= 1:
                    fitness = float(fabric.broadcast(validate(average, steps) if fabric.is_global_zero else 0.0))
                    if fitness > state["best"]:
                        state["best"] = fitness
                        if fabric.is_global_zero:
                            on_best()
                if step % CHECKPOINT_EVERY == 0 and done < 1:
                    run.save(state, sampler)
            network.load_state_dict(average.state_dict())
            optimiser.optimizer.state.clear()
            state["earlier_steps"] += state["step"]
            state |= {"phase": state["phase"] + 1, "step": 0, "earlier_minutes": run.minutes()}
            sampler = phase_sampler(config, state["phase"], fabric, len(real))
            run.save(state, sampler)


def phase_steps(
    phase: Phase,
    state: dict[str, Any],
    batches: Iterator[dict[str, torch.Tensor]],
    config: TrainingConfig,
    run: Run,
    fabric: Fabric,
) -> Iterator[tuple[float, dict[str, float]]]:
    """Train to the end of a phase; yields, after each step, the share of it that is done and the losses by name."""
    settings = config.optimiser
    done = min(progress(phase, state, run), 0.999)  # resumed at its very end, a phase still ends validated
    while done < 1:
        rate = learning_rate(phase, done) * min(1, (state["step"] + 1) / settings.warmup_steps)
        losses = training_step(state["network"], state["optimiser"], next(batches), rate, fabric)
        state["step"] += 1
        decay = min(settings.ema_decay, state["step"] / (state["step"] + 100))
        ema.update(state["average"], state["network"], decay)
        done = progress(phase, state, run)
        yield done, losses


def training_step(
    module: Any, optimiser: Any, batch: dict[str, torch.Tensor], rate: float, fabric: Fabric
) -> dict[str, float]:
    """One step on a batch; returns the parts of the loss by name. module, optimiser: as Fabric set them up."""
    for group in optimiser.optimizer.param_groups:
        group["lr"] = rate
    loss, parts = module(fabric.to_device(batch))
    optimiser.zero_grad()
    fabric.backward(loss.sum())
    fabric.clip_gradients(module, optimiser, max_norm=10.0)
    optimiser.step()
    return {name: float(value) for name, value in parts.items()}


def set_up(network: Any, config: TrainingConfig, fabric: Fabric) -> tuple[Any, Any]:
    """Network and optimiser on Fabric's device, the loss made there: ultralytics keeps it with the network."""
    network.args = SimpleNamespace(**config.loss)
    module, optimiser = fabric.setup(network, adamw(network, config.optimiser.weight_decay))
    network.criterion = network.init_criterion()
    network.train()
    return module, optimiser


def adamw(network: Any, decay: float) -> torch.optim.AdamW:
    """AdamW that decays matrices and kernels alone."""
    decayed = [p for p in network.parameters() if p.ndim > 1]
    undecayed = [p for p in network.parameters() if p.ndim <= 1]
    return torch.optim.AdamW([{"params": decayed, "weight_decay": decay}, {"params": undecayed, "weight_decay": 0.0}])


def phase_sampler(config: TrainingConfig, phase: int, fabric: Fabric, length: int) -> Sampler:
    """A phase's own sampler; each process sees other batches."""
    rank = [fabric.global_rank] if fabric.global_rank else []
    return Sampler([config.seed, phase, *rank], length)


def progress(phase: Phase, state: Mapping[str, Any], run: Run) -> float:
    """Share of the phase that is done, by steps or by minutes, whichever is further; its first step is at 0."""
    if state["step"] == 0:
        return 0.0
    return max(state["step"] / phase.steps, (run.minutes() - state["earlier_minutes"]) / phase.minutes)


def learning_rate(phase: Phase, done: float) -> float:
    """Half a cosine over a phase, from its rate down to 2 % of it."""
    return phase.learning_rate * float(0.51 + 0.49 * np.cos(np.pi * done))


def finetune(
    prepared: Prepared,
    base: Path,
    folder: Path,
    config_file: Path = CONFIG,
    devices: Devices = Devices(),
    *,
    resume: bool = False,
) -> Path:
    """A whole run into a folder, or the rest of one; returns the weights that were best on the validation patients.

    base: the COCO checkpoint, or a detector's file of this application. The weights are named after the folder.
    Raises RunConflict, WeightsInvalid, PreparedDatasetInvalid.
    """
    config = read_config(config_file)
    fabric = open_fabric(devices)
    torch.manual_seed(config.seed)
    network, starting = network_to_train(base, config)
    provenance = Provenance(
        config_file.read_text(), config.seed, prepared.sha256, prepared.split.sha256, sha256_of(base)
    )
    run = Run(folder, provenance, fabric, resume=resume)
    validation = prepared.slices("validation")
    latest, best = folder / "latest.safetensors", folder / "best.safetensors"
    entry = Entry(
        name=folder.resolve().name,
        kind="detector",
        architecture=config.architecture,
        input_size=config.input_size,
        licence=config.licence,
        file=best.name,
        base_sha256=starting.base_sha256 if starting else config.base_sha256,
        unseen_readings=unseen_of_both(
            starting.unseen_readings if starting else None, unseen_readings(prepared.folder)
        ),
    )

    def validate(average: Any, steps: int) -> float:
        save_network(average, latest, entry)
        scores = scores_of(latest, validation, fabric.device.type)
        values = {name: value for name, value in asdict(scores).items() if isinstance(value, float)}
        values |= {f"average_precision_50/{name}": value for name, value in scores.average_precision_50.items()}
        run.log(steps, {f"validation/{name}": value for name, value in values.items()})
        print(f"validation after {steps} steps: {scores}", flush=True)
        return scores.fitness

    def on_best() -> None:
        shutil.copyfile(latest, best)

    phantoms = phantom_slices(config.phantom_seeds)
    train(network, prepared.slices("train"), phantoms, config, run, fabric, validate, on_best)
    return best
