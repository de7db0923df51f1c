"""Fine-tune a COCO YOLO on annotated slices and write what is served. Reads from top to bottom.

scarmass train detector DATASET --base yolo26n.pt --output FOLDER
"""

import hashlib
import shutil
import tomllib
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.datasets.phantoms import phantom_slices
from scarmass.datasets.prepared import Prepared
from scarmass.domain.errors import WeightsInvalid
from scarmass.evaluation.detection.evaluate import scores_of
from scarmass.inference.detector import STRUCTURES, build_network, quiet_ultralytics
from scarmass.inference.weights.catalog import Entry
from scarmass.inference.weights.save import save as save_weights
from scarmass.training.augment import Augmentation
from scarmass.training.detector.samples import Mixture, training_batches
from scarmass.training.ema import follow
from scarmass.training.run import CONFIGS, Devices, Draws, Origin, Run, open_fabric, progress_bar

CONFIG = CONFIGS / "detector.toml"
CHECKPOINT_EVERY = 50
"""Steps that are lost at most when a run is cut off."""

LOG_EVERY = 20


@dataclass(frozen=True)
class Optimiser:
    batch_size: int
    warmup_steps: int
    weight_decay: float
    average_decay: float


@dataclass(frozen=True)
class Phase:
    """Training at one mixture of views; ends after so many steps or minutes, whichever comes first."""

    steps: int
    minutes: float
    learning_rate: float
    validate_every: int
    close_up_share: float


@dataclass(frozen=True)
class Config:
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


def read_config(path: Path) -> Config:
    """Raises TypeError or KeyError for a setting that is missing or unknown."""
    settings = tomllib.loads(path.read_text())
    phantoms = settings.pop("phantoms")
    first, last = phantoms["seeds"]
    return Config(
        optimiser=Optimiser(**settings.pop("optimiser")),
        phases=tuple(Phase(**phase) for phase in settings.pop("phases")),
        augmentation=Augmentation(**settings.pop("augmentation"), close_up_share=0.0),
        phantom_seeds=range(first, last + 1),
        phantom_share=phantoms["share"],
        **settings,
    )


def mixture(config: Config, phase: Phase) -> Mixture:
    return Mixture(
        batch_size=config.optimiser.batch_size,
        input_size=config.input_size,
        phantom_share=config.phantom_share,
        augmentation=replace(config.augmentation, close_up_share=phase.close_up_share),
    )


def pretrained_network(base: Path, config: Config) -> Any:
    """Our network with every tensor of the COCO checkpoint that fits; the class branches start anew.

    Raises WeightsInvalid where the checkpoint is not the one the configuration names.
    """
    sha256 = hashlib.sha256(base.read_bytes()).hexdigest()
    if sha256 != config.base_sha256:
        raise WeightsInvalid(f"{base.name} has sha256 {sha256}, the configuration names {config.base_sha256}")
    checkpoint, _ = quiet_ultralytics().torch_safe_load(base, safe_only=True)
    source = (checkpoint["ema"] or checkpoint["model"]).float().state_dict()
    network = build_network(config.architecture)
    own = network.state_dict()
    fitting = {name: tensor for name, tensor in source.items() if name in own and own[name].shape == tensor.shape}
    network.load_state_dict(fitting, strict=False)
    return network


def optimiser_of(network: Any, decay: float) -> torch.optim.AdamW:
    """AdamW that decays matrices and kernels alone."""
    decayed = [p for p in network.parameters() if p.ndim > 1]
    undecayed = [p for p in network.parameters() if p.ndim <= 1]
    return torch.optim.AdamW([{"params": decayed, "weight_decay": decay}, {"params": undecayed, "weight_decay": 0.0}])


def prepared_to_learn(network: Any, config: Config, fabric: Fabric) -> tuple[Any, Any]:
    """Network and optimiser on Fabric's device, the loss made there: ultralytics keeps it with the network."""
    network.args = SimpleNamespace(**config.loss)
    module, optimiser = fabric.setup(network, optimiser_of(network, config.optimiser.weight_decay))
    network.criterion = network.init_criterion()
    network.train()
    return module, optimiser


def drawn_anew(config: Config, phase: int, fabric: Fabric, length: int) -> Draws:
    """The chance of a phase; each process sees other batches."""
    others = [fabric.global_rank] if fabric.global_rank else []
    return Draws([config.seed, phase, *others], length)


def train(
    network: Any,
    real: Sequence[AnnotatedSlice],
    phantoms: Sequence[AnnotatedSlice],
    config: Config,
    run: Run,
    fabric: Fabric,
    validate: Callable[[Any, int], float],
    keep: Callable[[], None],
) -> None:
    """All phases, from where the run stands. What is validated is an exponential average of the weights.

    validate: given the average and all steps so far, answers its fitness, at every validation and at each
    phase's end. keep: called after the best validation so far. The first process alone calls them.
    """
    average = deepcopy(network).eval().to(fabric.device)
    module, optimiser = prepared_to_learn(network, config, fabric)
    stand: dict[str, Any] = {"network": module, "average": average, "optimiser": optimiser}
    stand |= {"phase": 0, "step": 0, "earlier_steps": 0, "earlier_minutes": run.minutes(), "best": -1.0}
    draws = drawn_anew(config, 0, fabric, len(real))
    run.restore(stand, draws)
    with progress_bar(fabric) as bar:
        while stand["phase"] < len(config.phases):
            phase = config.phases[stand["phase"]]
            task = bar.add_task(f"phase {stand['phase'] + 1}", total=1.0, step=stand["step"], told="")
            batches = training_batches(real, phantoms, mixture(config, phase), draws)
            done = min(progress(phase, stand, run), 0.999)  # resumed at its very end, a phase still ends validated
            while done < 1:
                rate = learning_rate(phase, done) * min(1, (stand["step"] + 1) / config.optimiser.warmup_steps)
                losses = learn(module, optimiser, next(batches), rate, fabric)
                stand["step"] += 1
                follow(average, network, min(config.optimiser.average_decay, stand["step"] / (stand["step"] + 100)))
                done, steps = progress(phase, stand, run), stand["earlier_steps"] + stand["step"]
                told = "  ".join(f"{name} {value:.3f}" for name, value in losses.items())
                bar.update(task, completed=done, step=stand["step"], told=told)
                if stand["step"] % LOG_EVERY == 0:
                    run.log(steps, {f"training/{name}": value for name, value in losses.items()})
                if stand["step"] % phase.validate_every == 0 or done >= 1:
                    fitness = float(fabric.broadcast(validate(average, steps) if fabric.is_global_zero else 0.0))
                    if fitness > stand["best"]:
                        stand["best"] = fitness
                        if fabric.is_global_zero:
                            keep()
                if stand["step"] % CHECKPOINT_EVERY == 0 and done < 1:
                    run.save(stand, draws)
            network.load_state_dict(average.state_dict())
            optimiser.optimizer.state.clear()
            stand["earlier_steps"] += stand["step"]
            stand |= {"phase": stand["phase"] + 1, "step": 0, "earlier_minutes": run.minutes()}
            draws = drawn_anew(config, stand["phase"], fabric, len(real))
            run.save(stand, draws)


def progress(phase: Phase, stand: Mapping[str, Any], run: Run) -> float:
    """Share of the phase that is done, by steps or by minutes, whichever is further; its first step is at 0."""
    if stand["step"] == 0:
        return 0.0
    return max(stand["step"] / phase.steps, (run.minutes() - stand["earlier_minutes"]) / phase.minutes)


def learning_rate(phase: Phase, done: float) -> float:
    """Half a cosine over a phase, from its rate down to 2 % of it."""
    return phase.learning_rate * float(0.51 + 0.49 * np.cos(np.pi * done))


def learn(module: Any, optimiser: Any, batch: dict[str, torch.Tensor], rate: float, fabric: Fabric) -> dict[str, float]:
    """One step; answers the parts of the loss by name. module, optimiser: as Fabric set them up."""
    for group in optimiser.optimizer.param_groups:
        group["lr"] = rate
    loss, parts = module(fabric.to_device(batch))
    optimiser.zero_grad()
    fabric.backward(loss.sum())
    fabric.clip_gradients(module, optimiser, max_norm=10.0)
    optimiser.step()
    return {name: float(value) for name, value in parts.items()}


def save(network: Any, path: Path, entry: Entry) -> None:
    """Write the network in float16 as a safetensors file that says what it is and which classes it has."""
    state = {
        name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in network.state_dict().items()
    }
    save_weights(state, replace(entry, structures=STRUCTURES).description(), path)


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

    The weights are named after the folder. Raises RunConflict, WeightsInvalid, PreparedDatasetInvalid.
    """
    config = read_config(config_file)
    fabric = open_fabric(devices)
    torch.manual_seed(config.seed)
    network = pretrained_network(base, config)
    origin = Origin(config_file.read_text(), config.seed, prepared.sha256, prepared.split.sha256, config.base_sha256)
    run = Run(folder, origin, fabric, resume=resume)
    validation = prepared.slices("validation")
    latest, best = folder / "latest.safetensors", folder / "best.safetensors"
    entry = Entry(
        name=folder.resolve().name,
        kind="detector",
        architecture=config.architecture,
        input_size=config.input_size,
        licence=config.licence,
        file=best.name,
        base_sha256=config.base_sha256,
    )

    def validate(average: Any, steps: int) -> float:
        save(average, latest, entry)
        scores = scores_of(latest, validation, fabric.device.type)
        values = {name: value for name, value in asdict(scores).items() if isinstance(value, float)}
        values |= {f"average_precision_50/{name}": value for name, value in scores.average_precision_50.items()}
        run.log(steps, {f"validation/{name}": value for name, value in values.items()})
        print(f"validation after {steps} steps: {scores}", flush=True)
        return scores.fitness

    def keep() -> None:
        shutil.copyfile(latest, best)

    phantoms = phantom_slices(config.phantom_seeds)
    train(network, prepared.slices("train"), phantoms, config, run, fabric, validate, keep)
    return best
