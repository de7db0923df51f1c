"""Small batches of the drawn heart for the tests of the segmenter's training."""

from dataclasses import replace

import torch

from scarmass.inference.weights.load import load
from scarmass.paths import WEIGHTS
from scarmass.training.segmenter.batches import Batch, draw_batch
from scarmass.training.segmenter.config import CONFIG, TrainingConfig, read_config
from scarmass.training.segmenter.slices import SliceTensors, slice_tensors
from tests.training.segmenter.hearts import heart

BASE = load("scarmass-litemedsam", WEIGHTS)
SHIPPED = read_config(CONFIG)


def hearts() -> SliceTensors:
    """One with scar and one without."""
    return slice_tensors([heart(0), heart(1, with_scar=False)], {})


def batch(seed: int = 0, config: TrainingConfig = SHIPPED, per_view: int = 2, decoded: int = 2) -> Batch:
    """One view of each of the two hearts, of which so many are decoded, with so many prompts on each of those."""
    torch.manual_seed(seed)
    config = replace(
        config, curriculum=replace(config.curriculum, refiner_only_share=1 - decoded / 2, prompts_per_view=per_view)
    )
    return draw_batch(hearts(), torch.tensor([0, 1]), 1.0, config, BASE.entry)


def each_alone(whole: Batch) -> list[Batch]:
    """Batches of one prompt on one view."""
    return [
        Batch(
            type(whole.views)(*(tensor[view : view + 1] for tensor in whole.views)),
            int(view < whole.decoded),
            type(whole.prompts)(*(tensor[n : n + 1] for tensor in whole.prompts))._replace(view=torch.tensor([0])),
            whole.sensitivity[n : n + 1],
            whole.clicks[n : n + 1],
            whole.gives_previous[n : n + 1],
        )
        for n, view in enumerate(whole.prompts.view.tolist())
    ]
