"""The detector's network before and after training: from a checkpoint or a file of ours, to a file to be served."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from scarmass.domain.errors import WeightsInvalid
from scarmass.inference.detector import STRUCTURES, build_network, quiet_ultralytics, read_network
from scarmass.inference.weights.catalog import Entry
from scarmass.inference.weights.save import save
from scarmass.training.detector.config import TrainingConfig


def network_to_train(base: Path, config: TrainingConfig) -> tuple[Any, Entry | None]:
    """The network to start from, and what its file says of itself where it is a detector of this application, and not
    the COCO checkpoint that the configuration names.

    Raises WeightsMissing, WeightsInvalid.
    """
    if base.suffix != ".safetensors":
        return pretrained_network(base, config), None
    network, entry = read_network(base)
    if (entry.architecture, tuple(entry.structures)) != (config.architecture, STRUCTURES):
        raise WeightsInvalid(
            f"{base.name} is a {entry.architecture}, and the configuration trains {config.architecture}"
        )
    return network, entry


def pretrained_network(base: Path, config: TrainingConfig) -> Any:
    """Our network with every tensor of the COCO checkpoint that fits; the class branches keep their initial weights.

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


def save_network(network: Any, path: Path, entry: Entry) -> None:
    """Write the network in float16 as a safetensors file that says what it is and which classes it has."""
    state = {
        name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in network.state_dict().items()
    }
    save(state, replace(entry, structures=STRUCTURES).description(), path)
