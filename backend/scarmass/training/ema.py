"""The exponential moving average of the trained weights: what is validated and kept (Polyak and Juditsky 1992)."""

import torch
from torch import nn


@torch.no_grad()
def update(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the averaged tensors a step towards the trained ones, by 1 - decay; counters are copied."""
    for kept, current in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(current, 1 - decay)
        else:
            kept.copy_(current)
