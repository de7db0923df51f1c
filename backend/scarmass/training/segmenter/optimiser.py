"""How the segmenter's weights are moved: rates of its parts, their rise and fall, gradients of several processes."""

from dataclasses import dataclass

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.training.run import Run
from scarmass.training.segmenter.embedding_store import Late


@dataclass(frozen=True)
class Optimiser:
    """learning_rate: of the refiner; those of the decoder and of the encoder's late stages are relative to it, and 0
    leaves them as they are.

    Training ends after so many steps or minutes, whichever comes first.
    """

    steps: int
    minutes: float
    batch_size: int
    learning_rate: float
    decoder_rate: float
    encoder_rate: float
    warmup_steps: int
    weight_decay: float
    average_decay: float
    validate_every: int


def optimiser_of(network: PromptableSegmenter, settings: Optimiser) -> torch.optim.AdamW:
    """AdamW with a group each for refiner, decoder and, where it is trained, encoder; `share` is of the rate."""
    network.requires_grad_(settings.decoder_rate > 0).image_encoder.requires_grad_(False)
    if settings.encoder_rate > 0:
        Late(network.image_encoder).train_weights()
    assert network.refiner is not None
    network.refiner.requires_grad_()
    shares = {"refiner.": 1.0, "image_encoder.": settings.encoder_rate, "": settings.decoder_rate}
    groups: dict[str, list[nn.Parameter]] = {prefix: [] for prefix in shares}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups[next(prefix for prefix in shares if name.startswith(prefix))].append(parameter)
    return torch.optim.AdamW(
        [{"params": own, "share": shares[prefix]} for prefix, own in groups.items() if own],
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
    )


def progress(settings: Optimiser, step: int, run: Run) -> float:
    """Share of the training that is done, by steps or by minutes, whichever is further."""
    return max(step / settings.steps, run.minutes() / settings.minutes)


def learning_rate(settings: Optimiser, step: int, done: float) -> float:
    """A short rise, then half a cosine down to 2 % of the rate."""
    warmed = min(1.0, (step + 1) / settings.warmup_steps)
    return settings.learning_rate * warmed * float(0.51 + 0.49 * np.cos(np.pi * done))


def average_gradients(optimiser: torch.optim.Optimizer, fabric: Fabric) -> None:
    """Over the processes, once a step and of every weight: which weights a lesson asks differs between them."""
    if fabric.world_size == 1:
        return
    for group in optimiser.param_groups:
        for weight in group["params"]:
            own = torch.zeros_like(weight) if weight.grad is None else weight.grad
            weight.grad = fabric.all_reduce(own, reduce_op="mean")
