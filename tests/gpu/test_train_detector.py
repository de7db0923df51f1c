"""Training the detector on a CUDA device in mixed precision says the same as on the CPU."""

from itertools import islice

import pytest
import torch

from scarmass.datasets.phantoms import phantom_slices
from scarmass.inference.detector import build_network
from scarmass.training.detector.config import CONFIG, read_config
from scarmass.training.detector.samples import training_batches
from scarmass.training.detector.train import set_up, training_step
from scarmass.training.run import Devices, open_fabric
from scarmass.training.sampler import Sampler

STEPS = 4


@pytest.fixture
def cuda() -> Devices:
    if not torch.cuda.is_available():
        pytest.skip("this machine has no CUDA device")
    return Devices(accelerator="cuda", devices=1, precision="bf16-mixed")


def losses_on(devices: Devices) -> list[dict[str, float]]:
    """The parts of the loss at each of a few steps from the same weights on the same batches."""
    config, fabric = read_config(CONFIG), open_fabric(devices)
    torch.manual_seed(0)
    module, optimiser = set_up(build_network(config.architecture), config, fabric)
    slices = phantom_slices(range(10000, 10001))
    batches = training_batches(slices, [], config.mixture(config.phases[0]), Sampler([0], len(slices)))
    return [training_step(module, optimiser, batch, 1e-4, fabric) for batch in islice(batches, STEPS)]


def test_a_few_steps_in_bf16_lose_as_much_as_in_float32_on_the_cpu(cuda: Devices) -> None:
    on_cpu, on_cuda = losses_on(Devices(accelerator="cpu", devices=1)), losses_on(cuda)
    for expected, found in zip(on_cpu, on_cuda, strict=True):
        assert found == pytest.approx(expected, rel=0.1)
