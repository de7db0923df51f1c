"""Linear layers in 8-bit integers are the layers that they were, but for a step of each input and weight."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from scarmass.inference.int8 import Int8Linear, with_int8_linear_layers


class Perceptron(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.hidden, self.out = nn.Linear(16, 32), nn.Linear(32, 4, bias=False)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.out(nn.functional.gelu(self.hidden(pixels)))


def pixels(seed: int, rows: int = 50) -> Tensor:
    return torch.rand(rows, 16, generator=torch.Generator().manual_seed(seed))


@given(seed=st.integers(0, 1000), lowest=st.floats(-5, 1), extent=st.floats(0.01, 10))
def test_what_lies_in_the_range_is_off_by_a_step_of_each_input_and_half_a_step_of_each_weight_at_most(
    seed: int, lowest: float, extent: float
) -> None:
    torch.manual_seed(seed)
    linear, highest = nn.Linear(16, 8), lowest + extent
    x = lowest + extent * pixels(seed)
    input_step = (max(highest, 0) - min(lowest, 0)) / 255
    weight_steps = linear.weight.abs().amax(1) / 127
    with torch.no_grad():
        off = (Int8Linear(linear, lowest, highest)(x) - linear(x)).abs()
        # Each product is off by both roundings. The zero is rounded as well, by which an end may be cut off.
        bound = (input_step * linear.weight.abs() + weight_steps[:, None] / 2 * (x.abs().amax() + input_step)).sum(1)
    assert (off <= bound * 1.001 + 1e-5).all()


def test_nothing_stays_nothing() -> None:
    linear = nn.Linear(16, 8, bias=False)
    assert not Int8Linear(linear, 0.3, 0.9)(torch.zeros(1, 16)).any()


def test_weights_of_zero_and_an_input_without_extent_are_answered() -> None:
    linear = nn.Linear(16, 8)
    nn.init.zeros_(linear.weight)
    answer = Int8Linear(linear, 0.0, 0.0)(torch.zeros(2, 16))
    assert torch.equal(answer, linear.bias.expand(2, -1))


def test_every_linear_layer_is_scaled_by_what_goes_into_it() -> None:
    network = Perceptron()
    in_integers = with_int8_linear_layers(network, [{"pixels": pixels(seed)} for seed in range(4)])
    with torch.no_grad():
        expected, answer = network(pixels(9)), in_integers(pixels(9))
    assert isinstance(in_integers.get_submodule("hidden"), Int8Linear)
    assert isinstance(in_integers.get_submodule("out"), Int8Linear)
    assert 0 < float((answer - expected).norm() / expected.norm()) < 0.02


def test_what_lies_beyond_all_examples_is_cut_off() -> None:
    linear = nn.Linear(1, 1, bias=False)
    nn.init.ones_(linear.weight)
    network = with_int8_linear_layers(
        nn.Sequential(linear), [{"x": torch.tensor([[0.5]])}, {"x": torch.tensor([[2.0]])}]
    )
    assert network(torch.tensor([[1.5]])).item() == pytest.approx(1.5, abs=0.01)
    assert network(torch.tensor([[3.0]])).item() == pytest.approx(2.0, abs=0.01)


def test_the_network_itself_stays_as_it_is() -> None:
    network = Perceptron().train()
    with_int8_linear_layers(network, [{"pixels": pixels(0)}])
    assert isinstance(network.hidden, nn.Linear)
    assert network.training
    assert not network.hidden._forward_pre_hooks
