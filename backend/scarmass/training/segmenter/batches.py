"""A batch of training: views of slices, prompts on them, and how those are to be corrected, all drawn on the device."""

import torch
from torch import Tensor

from scarmass.inference.segmenter.window import Normalisation
from scarmass.inference.weights.catalog import Entry
from scarmass.training.segmenter.borders import draw_steps, move_borders
from scarmass.training.segmenter.config import TrainingConfig
from scarmass.training.segmenter.prompts import SCAR, Prompts, draw_prompts
from scarmass.training.segmenter.slices import SliceTensors
from scarmass.training.segmenter.views import Views, draw_views


class Batch:
    """Some views, of which the first `decoded` are encoded and decoded, and n prompts on them.

    sensitivity: at which each is answered (n,): a logit counts above minus that. clicks: by how many each is corrected
    (n,). gives_previous: after which of them the mask so far is given, bool (n, most clicks). A plain class: what
    Fabric can take apart it rounds to bfloat16, coordinates too.
    """

    def __init__(
        self,
        views: Views,
        decoded: int,
        prompts: Prompts,
        sensitivity: Tensor,
        clicks: Tensor,
        gives_previous: Tensor,
    ) -> None:
        self.views, self.decoded, self.prompts = views, decoded, prompts
        self.sensitivity, self.clicks, self.gives_previous = sensitivity, clicks, gives_previous


def draw_batch(slices: SliceTensors, index: Tensor, done: float, config: TrainingConfig, entry: Entry) -> Batch:
    """New views of the slices of an index (views,), on their device, with several prompts on each that is decoded.

    done: share of the training, from 0 to 1. entry: of the weights that are trained.
    """
    curriculum, shares = config.curriculum, config.curriculum.correction_shares
    normalisation = Normalisation(entry.normalisation)
    views = draw_views(slices, index, config.views, config.augmentation, entry.input_size, normalisation)
    sensitivity = slices.sensitivity[index]
    steps = draw_steps(sensitivity, config.borders)
    views, is_moved = move_borders(views, steps * config.borders.mm_per_step)
    sensitivity = sensitivity + steps * is_moved
    decoded = curriculum.decoded_views(len(index), done)
    counts = torch.ones_like(index)
    counts[:decoded] = curriculum.prompts_per_view
    prompts = draw_prompts(views, counts, config.prompts, len(shares) - 1)
    n, device = len(prompts.view), index.device
    clicks = torch.tensor(shares, device=device).multinomial(n, replacement=True)
    gives_previous = torch.rand(n, len(shares) - 1, device=device) < curriculum.previous_mask_share
    answered_at = sensitivity[prompts.view] * (prompts.structure == SCAR)
    return Batch(views, decoded, prompts, answered_at, clicks, gives_previous)
