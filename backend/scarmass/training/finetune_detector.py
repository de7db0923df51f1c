"""Fine-tune a COCO YOLO on annotated slices and write what is served. Reads from top to bottom.

python -m scarmass.training.finetune_detector --dataset FOLDER --base yolo26n.pt --output FOLDER
"""

import argparse
import hashlib
import shutil
import time
import tomllib
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from scarmass.domain.errors import WeightsInvalid
from scarmass.inference import weights
from scarmass.inference.catalog import Entry
from scarmass.inference.detector import STRUCTURES, build_network, described, network_input, quiet_ultralytics
from scarmass.training.augment import Augmentation, augmented
from scarmass.training.dataset import (
    AnnotatedSlice,
    emidec_split,
    phantom_slices,
    read_patients,
)
from scarmass.training.detection_scores import reference_boxes
from scarmass.training.evaluate_detector import scores_of

CONFIG = Path(__file__).parent / "configs" / "detector.toml"
LICENCE = "AGPL-3.0 (ultralytics) and CC BY-NC-SA 4.0 (trained on EMIDEC)"


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


def training_batch(slices: Sequence[AnnotatedSlice], input_size: int) -> dict[str, torch.Tensor]:
    """Images (n, 3, size, size), and a row per box: its image, class, and centre, width and height from 0 to 1."""
    images, owners, classes, boxes = [], [], [], []
    for owner, annotated in enumerate(slices):
        square, letterbox = network_input(annotated.image, input_size)
        images.append(torch.from_numpy(square).expand(3, -1, -1))
        for structure, references in reference_boxes(annotated).items():
            corners = np.array([[b.x0, b.y0, b.x1, b.y1] for b in references]).reshape(-1, 4)
            corners = letterbox.to_input(corners) / input_size
            owners += [owner] * len(corners)
            classes += [STRUCTURES.index(structure)] * len(corners)
            boxes.append(np.hstack([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]]))
    return {
        "img": torch.stack(images),
        "batch_idx": torch.tensor(owners, dtype=torch.float32),
        "cls": torch.tensor(classes, dtype=torch.float32).reshape(-1, 1),
        "bboxes": torch.from_numpy(np.concatenate(boxes).astype(np.float32)),
    }


def training_batches(
    real: Sequence[AnnotatedSlice],
    phantoms: Sequence[AnnotatedSlice],
    config: Config,
    phase: Phase,
) -> Iterator[dict[str, torch.Tensor]]:
    """Endless batches of newly augmented slices; each real slice comes once before any comes again."""
    generator = np.random.default_rng([config.seed, config.phases.index(phase)])
    ranges = replace(config.augmentation, close_up_share=phase.close_up_share)
    waiting: list[int] = []
    while True:
        chosen: list[AnnotatedSlice] = []
        while len(chosen) < config.optimiser.batch_size:
            if phantoms and generator.random() < config.phantom_share:
                chosen.append(phantoms[int(generator.integers(len(phantoms)))])
                continue
            waiting = waiting or generator.permutation(len(real)).tolist()
            chosen.append(real[waiting.pop()])
        views = [augmented(one, config.input_size, ranges, generator) for one in chosen]
        yield training_batch(views, config.input_size)


def train(
    network: Any, batches: Iterator[dict[str, torch.Tensor]], config: Config, phase: Phase
) -> Iterator[tuple[int, Any]]:
    """Yields (steps done, averaged network) at every validation and at the end. Cosine learning rate, AdamW."""
    settings = config.optimiser
    network.args = SimpleNamespace(**config.loss)
    network.criterion = network.init_criterion()
    average = deepcopy(network).eval()
    decayed = [p for p in network.parameters() if p.ndim > 1]
    undecayed = [p for p in network.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": undecayed, "weight_decay": 0.0}],
        lr=phase.learning_rate,
    )
    started, step, progress = time.monotonic(), 0, 0.0
    network.train()
    while progress < 1:
        rate = phase.learning_rate * (0.51 + 0.49 * np.cos(np.pi * progress))
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, (step + 1) / settings.warmup_steps)
        loss, parts = network.loss(next(batches))
        optimiser.zero_grad()
        loss.sum().backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimiser.step()
        step += 1
        _follow(average, network, min(settings.average_decay, step / (step + 100)))
        minutes = (time.monotonic() - started) / 60
        progress = max(step / phase.steps, minutes / phase.minutes)
        if step % 20 == 0:
            values = "  ".join(f"{name} {float(value):.3f}" for name, value in parts.items())
            print(f"step {step}  {minutes:.1f} min  {values}", flush=True)
        if step % phase.validate_every == 0 and progress < 1:
            yield step, average
    yield step, average


@torch.no_grad()
def _follow(average: Any, network: Any, decay: float) -> None:
    """Move the averaged tensors a step towards the trained ones; counters are copied."""
    for kept, current in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(current, 1 - decay)
        else:
            kept.copy_(current)


def save(network: Any, path: Path, entry: Entry) -> None:
    """Write the network in float16 as a safetensors file that says what it is and which classes it has."""
    state = {
        name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in network.state_dict().items()
    }
    weights.save(state, described(entry), path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--dataset", type=Path, required=True, help="EMIDEC in PNG form")
    parser.add_argument("--base", type=Path, required=True, help="YOLO26n trained on COCO (.pt)")
    parser.add_argument("--output", type=Path, required=True, help="folder for weights and scores")
    parser.add_argument("--config", type=Path, default=CONFIG)
    arguments = parser.parse_args()
    config = read_config(arguments.config)
    torch.manual_seed(config.seed)

    split = emidec_split(arguments.dataset)
    real = read_patients(arguments.dataset, split.train)
    validation = read_patients(arguments.dataset, split.validation)
    phantoms = phantom_slices(config.phantom_seeds)
    print(f"{len(real)} slices, {len(phantoms)} of phantoms, split {split.sha256[:16]}", flush=True)

    entry = Entry(
        name=arguments.output.name,
        kind="detector",
        architecture=config.architecture,
        input_size=config.input_size,
        licence=LICENCE,
        file="best.safetensors",
        base_sha256=config.base_sha256,
    )
    latest, best = arguments.output / "latest.safetensors", arguments.output / entry.file
    best_fitness = -1.0
    network = pretrained_network(arguments.base, config)
    for number, phase in enumerate(config.phases, start=1):
        batches = training_batches(real, phantoms, config, phase)
        for step, average in train(network, batches, config, phase):
            save(average, latest, entry)
            scores = scores_of(latest, validation)
            print(f"phase {number}, validation after {step} steps: {scores}", flush=True)
            if scores.fitness > best_fitness:
                best_fitness = scores.fitness
                shutil.copyfile(latest, best)
        network.load_state_dict(average.state_dict())


if __name__ == "__main__":
    main()
