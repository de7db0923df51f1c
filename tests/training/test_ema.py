"""The average of the trained weights: it moves by its share, and copies counters."""

import pytest
import torch
from torch import nn

from scarmass.training import ema


def test_the_average_moves_by_its_share_and_copies_counters() -> None:
    average, network = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    nn.init.constant_(average.weight, 1.0)
    nn.init.constant_(network.weight, 3.0)
    network.num_batches_tracked += 7  # type: ignore[operator]
    ema.update(average, network, decay=0.75)
    assert average.weight.tolist() == pytest.approx([1.5, 1.5])
    assert average.num_batches_tracked == 7
    assert torch.equal(network.weight, torch.full((2,), 3.0))
