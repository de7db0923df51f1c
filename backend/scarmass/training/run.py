"""What a training run leaves behind in its folder, and how a run that was cut off goes on.

    run.json         what the run is of (Origin), and each sitting: code, packages, device, precision, when
    config.toml      the configuration as it was given
    events/          TensorBoard event files
    checkpoint.pt    networks, optimiser, counters and the state of chance, as plain state dicts

Devices, mixed precision and several processes are Lightning Fabric's.
"""

import json
import os
import platform
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from lightning_fabric import Fabric
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from torch.utils.tensorboard import SummaryWriter

from scarmass.domain.errors import RunConflict
from scarmass.evaluation.code_version import code_version

CONFIGS = Path(__file__).parent / "configs"
PACKAGES = ("torch", "lightning-fabric", "numpy")


@dataclass(frozen=True)
class Devices:
    """What to train on, in Fabric's words; under torchrun the number of processes is torchrun's."""

    accelerator: str = "auto"
    devices: int | str = "auto"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"


def open_fabric(devices: Devices) -> Fabric:
    """Fabric with its processes launched. Its errors for devices that are not there pass through."""
    count = os.environ.get("LOCAL_WORLD_SIZE", devices.devices)
    number = int(count) if str(count).isdigit() else count
    several = number > 1 if isinstance(number, int) else torch.cuda.device_count() > 1
    # A lesson may leave parts of a network unasked, whose gradients the other processes must not wait for.
    strategy = "ddp_find_unused_parameters_true" if several else "auto"
    fabric = Fabric(accelerator=devices.accelerator, devices=number, precision=devices.precision, strategy=strategy)
    fabric.launch()
    return fabric


@dataclass(frozen=True)
class Origin:
    """What a run is of: the same origin, code and device give the same weights.

    config: the configuration file's text. The hashes are of the dataset, of its split by patient, and of the
    weights that training starts from.
    """

    config: str
    seed: int
    dataset_sha256: str
    split_sha256: str
    base_sha256: str

    def told(self) -> dict[str, Any]:
        """As JSON holds it, with the configuration's settings rather than its comments."""
        return json.loads(json.dumps(asdict(self) | {"config": tomllib.loads(self.config)}))


class Draws:
    """One process's chance: a generator, and an order in which every example comes once before any comes again."""

    def __init__(self, seed: Sequence[int], length: int) -> None:
        self.generator = np.random.default_rng(seed)
        self._length = length
        self._waiting: list[int] = []

    def next(self) -> int:
        """The index of the next example, below the length."""
        self._waiting = self._waiting or self.generator.permutation(self._length).tolist()
        return self._waiting.pop()

    def state_dict(self) -> dict[str, Any]:
        return {"generator": self.generator.bit_generator.state, "waiting": list(self._waiting)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.generator.bit_generator.state = state["generator"]
        self._waiting = list(state["waiting"])


class Run:
    """A folder that a training run writes into, once or over several sittings."""

    def __init__(self, folder: Path, origin: Origin, fabric: Fabric, *, resume: bool = False) -> None:
        """Begin a run in a new folder, or go on with the one that the folder holds.

        Raises RunConflict where there is a run and none is to be resumed, where there is none to resume, or where
        its configuration, dataset, split, base weights or seed are others.
        """
        self.folder, self._fabric = folder, fabric
        record = _checked_record(folder, origin, resume)
        fabric.barrier()
        self._began, self._earlier_minutes = time.monotonic(), 0.0
        self._events: SummaryWriter | None = None
        if fabric.is_global_zero:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "config.toml").write_text(origin.config)
            record["sittings"].append(_sitting(fabric))
            _replace_text(folder / "run.json", json.dumps(record, indent=2))
            self._events = SummaryWriter(str(folder / "events"))

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def minutes(self) -> float:
        """Time spent over all sittings, the same in every process."""
        own = self._earlier_minutes + (time.monotonic() - self._began) / 60
        return float(self._fabric.broadcast(own))

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Add values to the curves that TensorBoard shows."""
        if self._events:
            for name, value in values.items():
                self._events.add_scalar(name, value, step)
            self._events.flush()

    def save(self, state: Mapping[str, Any], draws: Draws) -> None:
        """Write the checkpoint whole or not at all; every process must call.

        state: networks, optimisers, other objects with state_dict and load_state_dict, and plain values.
        """
        chance = {"draws": draws.state_dict(), "torch": _torch_chance(self._fabric.device)}
        partial = self.checkpoint.with_suffix(".partial")
        own = {"minutes": self.minutes(), "chance": _gathered(chance, self._fabric)}
        self._fabric.save(partial, {**state, **own})
        if self._fabric.is_global_zero:
            partial.replace(self.checkpoint)
        self._fabric.barrier()

    def restore(self, state: dict[str, Any], draws: Draws) -> bool:
        """Bring everything to where the checkpoint was written, in place; False where none was written yet.

        Raises RunConflict where another number of processes wrote it.
        """
        if not self.checkpoint.is_file():
            return False
        loaded = {**state, "minutes": 0.0, "chance": []}
        self._fabric.load(self.checkpoint, loaded, weights_only=True)
        self._earlier_minutes, self._began = loaded.pop("minutes"), time.monotonic()
        chances = loaded.pop("chance")
        if len(chances) != self._fabric.world_size:
            raise RunConflict(f"{self.folder} was trained by {len(chances)} processes, not {self._fabric.world_size}")
        own = chances[self._fabric.global_rank]
        draws.load_state_dict(own["draws"])
        _set_torch_chance(own["torch"], self._fabric.device)
        state.update(loaded)
        return True


def progress_bar(fabric: Fabric) -> Progress:
    """A bar that the first process shows; its fields `step` and `told` (a line of losses) are the caller's."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %  step {task.fields[step]}  {task.fields[told]}"),
        TimeElapsedColumn(),
        disable=not fabric.is_global_zero,
    )


def _checked_record(folder: Path, origin: Origin, resume: bool) -> dict[str, Any]:
    path = folder / "run.json"
    if not resume:
        if path.exists():
            raise RunConflict(f"{folder} already holds a run: resume it, or name another folder")
        return {**origin.told(), "sittings": []}
    if not path.is_file():
        raise RunConflict(f"{folder} holds no run that could be resumed")
    record = json.loads(path.read_text())
    others = [name for name, told in origin.told().items() if record.get(name) != told]
    if others:
        raise RunConflict(f"{folder} is a run of another {', '.join(others)}")
    return record


def _sitting(fabric: Fabric) -> dict[str, Any]:
    device = fabric.device
    return {
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code_version(),
        "packages": {"scarmass": version("scarmass"), **{name: version(name) for name in PACKAGES}},
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else f"{device} ({platform.machine()})",
        "processes": fabric.world_size,
        "precision": str(fabric._precision.precision),
    }


def _replace_text(path: Path, text: str) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    partial.replace(path)


def _torch_chance(device: torch.device) -> dict[str, torch.Tensor]:
    own = {"cpu": torch.get_rng_state()}
    return own | ({"cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else {})


def _set_torch_chance(state: Mapping[str, torch.Tensor], device: torch.device) -> None:
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)


def _gathered(own: Any, fabric: Fabric) -> list[Any]:
    """Every process's object, in the order of their ranks."""
    if fabric.world_size == 1:
        return [own]
    every: list[Any] = [None] * fabric.world_size
    torch.distributed.all_gather_object(every, own)
    return every
