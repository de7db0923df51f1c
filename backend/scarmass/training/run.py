"""What a training run writes into its folder, and how a run that was interrupted is resumed.

    run.json         what the run is of (Provenance), and each session: code, packages, device, precision, when
    config.toml      the configuration as it was given
    events/          TensorBoard event files
    checkpoint.pt    networks, optimiser, counters and random states, as plain state dicts

Devices, mixed precision and several processes are Lightning Fabric's.
"""

import ctypes
import json
import os
import platform
import time
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import torch
from lightning_fabric import Fabric
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from torch.utils.tensorboard import SummaryWriter

from scarmass.domain.errors import RunConflict
from scarmass.evaluation.code_version import code_version
from scarmass.training.sampler import Sampler

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Options of mallopt, as malloc.h numbers them."""

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
    # A sample may leave parts of a network unused, whose gradients the other processes must not wait for.
    strategy = "ddp_find_unused_parameters_true" if several else "auto"
    fabric = Fabric(accelerator=devices.accelerator, devices=number, precision=devices.precision, strategy=strategy)
    fabric.launch()
    if fabric.device.type == "cpu":
        keep_freed_memory()
    return fabric


def keep_freed_memory() -> None:
    """Let glibc reuse large blocks rather than ask the system for each anew: a fifth of the time of a step on a CPU."""
    libc = ctypes.CDLL(None)
    if platform.libc_ver()[0] == "glibc":
        for option, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2**31 - 1), (M_TOP_PAD, 2**27)):
            libc.mallopt(option, value)


@dataclass(frozen=True)
class Provenance:
    """What a run is of: the same provenance, code and device give the same weights.

    config: the configuration file's text. The hashes are of the dataset, of its split by patient, and of the
    weights that training starts from. centres: those of the dataset that are learned from.
    """

    config: str
    seed: int
    dataset_sha256: str
    split_sha256: str
    base_sha256: str
    centres: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with the configuration's settings rather than its text."""
        return json.loads(json.dumps(asdict(self) | {"config": tomllib.loads(self.config)}))


class Run:
    """A folder that a training run writes into, in one session or several."""

    def __init__(self, folder: Path, provenance: Provenance, fabric: Fabric, *, resume: bool = False) -> None:
        """Begin a run in a new folder, or resume the one that the folder holds.

        Raises RunConflict where there is a run and none is to be resumed, where there is none to resume, or where
        its configuration, dataset, split, base weights or seed are others.
        """
        self.folder, self._fabric = folder, fabric
        record = _checked_record(folder, provenance, resume)
        fabric.barrier()
        self._began, self._earlier_minutes = time.monotonic(), 0.0
        self._events: SummaryWriter | None = None
        if fabric.is_global_zero:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "config.toml").write_text(provenance.config)
            record["sessions"].append(_session(fabric))
            _replace_text(folder / "run.json", json.dumps(record, indent=2))
            self._events = SummaryWriter(str(folder / "events"))

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def minutes(self) -> float:
        """Time spent over all sessions, the same in every process; every process must call."""
        own = self._earlier_minutes + (time.monotonic() - self._began) / 60
        return float(self._fabric.broadcast(own))

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Add values to the curves that TensorBoard shows."""
        if self._events:
            for name, value in values.items():
                self._events.add_scalar(name, value, step)
            self._events.flush()

    def save(self, state: Mapping[str, Any], sampler: Sampler) -> None:
        """Write the checkpoint whole or not at all; every process must call.

        state: networks, optimisers, other objects with state_dict and load_state_dict, and plain values.
        """
        rng_state = {"sampler": sampler.state_dict(), "torch": _torch_rng_state(self._fabric.device)}
        partial = self.checkpoint.with_suffix(".partial")
        own = {"minutes": self.minutes(), "rng_states": _gathered(rng_state, self._fabric)}
        self._fabric.save(partial, {**state, **own})
        if self._fabric.is_global_zero:
            partial.replace(self.checkpoint)
        self._fabric.barrier()

    def restore(self, state: dict[str, Any], sampler: Sampler) -> bool:
        """Load the checkpoint into everything, in place; False where none was written yet.

        Raises RunConflict where another number of processes wrote it.
        """
        if not self.checkpoint.is_file():
            return False
        loaded = {**state, "minutes": 0.0, "rng_states": []}
        self._fabric.load(self.checkpoint, loaded, weights_only=True)
        self._earlier_minutes, self._began = loaded.pop("minutes"), time.monotonic()
        rng_states = loaded.pop("rng_states")
        world_size = self._fabric.world_size
        if len(rng_states) != world_size:
            raise RunConflict(f"{self.folder} was trained by {len(rng_states)} processes, not {world_size}")
        own = rng_states[self._fabric.global_rank]
        sampler.load_state_dict(own["sampler"])
        _set_torch_rng_state(own["torch"], self._fabric.device)
        state.update(loaded)
        return True


def progress_bar(fabric: Fabric) -> Progress:
    """A bar that the first process shows; its fields `step` and `losses` (a line of text) are the caller's."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %  step {task.fields[step]}  {task.fields[losses]}"),
        TimeElapsedColumn(),
        disable=not fabric.is_global_zero,
    )


def _checked_record(folder: Path, provenance: Provenance, resume: bool) -> dict[str, Any]:
    path = folder / "run.json"
    if not resume:
        if path.exists():
            raise RunConflict(f"{folder} already holds a run: resume it, or name another folder")
        return {**provenance.to_dict(), "sessions": []}
    if not path.is_file():
        raise RunConflict(f"{folder} holds no run that could be resumed")
    record = json.loads(path.read_text())
    others = [name for name, value in provenance.to_dict().items() if record.get(name) != value]
    if others:
        raise RunConflict(f"{folder} is a run of another {', '.join(others)}")
    return record


def _session(fabric: Fabric) -> dict[str, Any]:
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


def _torch_rng_state(device: torch.device) -> dict[str, torch.Tensor]:
    own = {"cpu": torch.get_rng_state()}
    return own | ({"cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else {})


def _set_torch_rng_state(state: Mapping[str, torch.Tensor], device: torch.device) -> None:
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
