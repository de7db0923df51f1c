"""Linear layers in 8-bit integers, whose products a CPU computes in half the time that bfloat16 takes.

Quantised after training (Jacob et al. 2018, arXiv:1712.05877): weights symmetrically by output channel, what goes into
a layer affinely, over the range that it has for examples. Once exported, a layer is of operations that OpenVINO
computes in integers; all else of the network stays as it is.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def with_int8_linear_layers(module: nn.Module, examples: Sequence[Mapping[str, Tensor]]) -> nn.Module:
    """A copy of a module, in evaluation mode. examples: inputs by their names, such as the module meets."""
    copy = deepcopy(module).eval()
    layers = {name: layer for name, layer in copy.named_modules() if isinstance(layer, nn.Linear)}
    ranges = _input_ranges(copy, layers, examples)
    for name, layer in layers.items():
        copy.set_submodule(name, Int8Linear(layer, *ranges[name]))
    return copy


class Int8Linear(nn.Module):
    """A linear layer of 8-bit weights and inputs."""

    def __init__(self, linear: nn.Linear, lowest: float, highest: float) -> None:
        """lowest, highest: of what goes in; what lies beyond is cut off there."""
        super().__init__()
        lowest, highest = min(lowest, 0.0), max(highest, 0.0)  # so that 0 stays 0
        self._step = max((highest - lowest) / 255, torch.finfo(torch.float32).tiny)
        self._zero = round(-lowest / self._step)
        self._linear = linear
        largest = linear.weight.detach().abs().amax(dim=1)
        self.register_buffer("_weight_steps", (largest / 127).clamp_min(torch.finfo(torch.float32).tiny))
        self.register_buffer("_weight_zeros", torch.zeros(len(largest), dtype=torch.int32))

    def forward(self, x: Tensor) -> Tensor:
        """(..., inputs) -> (..., outputs), rounded as integers would be."""
        steps, zeros = self.get_buffer("_weight_steps"), self.get_buffer("_weight_zeros")
        weights = torch.fake_quantize_per_channel_affine(self._linear.weight, steps, zeros, 0, -128, 127)
        rounded = torch.fake_quantize_per_tensor_affine(x, self._step, self._zero, 0, 255)
        return F.linear(rounded, weights, self._linear.bias)


def _input_ranges(
    module: nn.Module, layers: Mapping[str, nn.Linear], examples: Sequence[Mapping[str, Tensor]]
) -> dict[str, tuple[float, float]]:
    """The lowest and the highest value that goes into each layer."""
    seen: dict[str, list[Tensor]] = {name: [] for name in layers}

    def record(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        return lambda _, given: seen[name].append(torch.stack(given[0].aminmax()))

    hooks = [layer.register_forward_pre_hook(record(name)) for name, layer in layers.items()]
    with torch.no_grad():
        for example in examples:
            module(*example.values())
    for hook in hooks:
        hook.remove()
    return {name: (float(torch.stack(of).amin()), float(torch.stack(of).amax())) for name, of in seen.items()}
