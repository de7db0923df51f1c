"""The segmenter's optimiser: learning rates of its parts, and their schedule."""

import numpy as np
import torch
from torch import nn

from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.segmenter.tiny_vit import TinyVitEncoder
from scarmass.training.run import Run
from scarmass.training.segmenter.config import Optimiser
from scarmass.training.segmenter.encoder import LateStages


def adamw(network: PromptableSegmenter, settings: Optimiser) -> torch.optim.AdamW:
    """AdamW with a group each for refiner, decoder and, where it is trained, encoder; `share` is of the rate."""
    network.requires_grad_(settings.decoder_rate > 0).image_encoder.requires_grad_(False)
    if settings.encoder_rate > 0:
        assert isinstance(network.image_encoder, TinyVitEncoder)
        LateStages(network.image_encoder).require_gradients()
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
    minutes = run.minutes()
    return 1.0 if minutes >= settings.minutes else max(step / settings.steps, minutes / settings.minutes)


def learning_rate(settings: Optimiser, step: int, done: float) -> float:
    """A short rise, then half a cosine down to 2 % of the rate."""
    warmed = min(1.0, (step + 1) / settings.warmup_steps)
    return settings.learning_rate * warmed * float(0.51 + 0.49 * np.cos(np.pi * done))
