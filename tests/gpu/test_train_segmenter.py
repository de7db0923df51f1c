"""Training the segmenter on a CUDA device in mixed precision says nearly the same as on the CPU."""

import pytest
import torch

from scarmass.training.run import Devices, open_fabric
from scarmass.training.segmenter.batches import Batch
from scarmass.training.segmenter.network import network_to_train
from scarmass.training.segmenter.objective import SegmenterObjective
from scarmass.training.segmenter.optimiser import adamw
from scarmass.training.segmenter.prompts import Prompts
from scarmass.training.segmenter.train import training_step
from scarmass.training.segmenter.views import Views
from tests.training.segmenter.batches import BASE, SHIPPED, batch

STEPS = 3
LEARNING_RATE = 1e-6
"""So small that the weights stay: AdamW's first steps are the signs of gradients, which rounding turns round."""


@pytest.fixture
def cuda() -> Devices:
    if not torch.cuda.is_available():
        pytest.skip("this machine has no CUDA device")
    return Devices(accelerator="cuda", devices=1, precision="bf16-mixed")


def moved(one: Batch, device: torch.device) -> Batch:
    """Without clicks: where answers differ by rounding, so may the pixels that are clicked."""
    views, prompts = Views(*(t.to(device) for t in one.views)), Prompts(*(t.to(device) for t in one.prompts))
    sensitivity, gives_previous = one.sensitivity.to(device), one.gives_previous.to(device)
    return Batch(views, one.decoded, prompts, sensitivity, torch.zeros_like(one.clicks).to(device), gives_previous)


def losses_on(devices: Devices) -> list[float]:
    """The loss at each of a few steps from the same weights on the same batches."""
    fabric = open_fabric(devices)
    torch.manual_seed(0)
    network = network_to_train(BASE)
    objective = SegmenterObjective(network, SHIPPED.loss, trains_encoder=True)
    module, optimiser = fabric.setup(objective, adamw(network, SHIPPED.optimiser))
    batches = [moved(batch(seed), fabric.device) for seed in range(STEPS)]
    return [training_step(module, optimiser, one, LEARNING_RATE, fabric).item() for one in batches]


@pytest.mark.xfail(strict=True, reason="one batch of three loses 0.73 on CUDA and 0.42 on the CPU: why is not known")
def test_a_few_steps_in_bf16_lose_as_much_as_in_float32_on_the_cpu(cuda: Devices) -> None:
    on_cpu, on_cuda = losses_on(Devices(accelerator="cpu", devices=1)), losses_on(cuda)
    assert on_cuda == pytest.approx(on_cpu, rel=0.1)
