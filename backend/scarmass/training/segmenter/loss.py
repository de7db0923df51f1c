"""What an answer costs: Dice, cross entropy, and divergence from softly smoothed labels, each with its weight."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

PLANE = (-2, -1)


@dataclass(frozen=True)
class LossWeights:
    """Weight of each term, 0 leaves it out.

    smoothing_pixels: standard deviation of the blur that makes a hard label soft, in window pixels.
    decoder: weight of the same loss on the decoder's own answer, before it is refined.
    outlines: weight of the same loss on the refiner's outlines of blood pool and ventricle.
    """

    dice: float
    bce: float
    kl: float
    smoothing_pixels: float
    decoder: float
    outlines: float


def mask_loss(logits: Tensor, target: Tensor, weights: LossWeights) -> Tensor:
    """Loss (...) of logits (..., 256, 256) against targets of 0 and 1, each averaged over its pixels."""
    logits = logits.float()  # sums over a mask need more digits than bfloat16 has
    loss = logits.new_zeros(logits.shape[:-2])
    if weights.dice:
        loss = loss + weights.dice * dice_loss(logits, target)
    if weights.bce:
        loss = loss + weights.bce * F.binary_cross_entropy_with_logits(logits, target, reduction="none").mean(PLANE)
    if weights.kl:
        loss = loss + weights.kl * divergence(logits, smoothed(target, weights.smoothing_pixels))
    return loss


def dice_loss(logits: Tensor, target: Tensor) -> Tensor:
    """1 - Dice of the probabilities (Milletari et al. 2016); an empty target answered with nothing costs nothing."""
    probability = logits.sigmoid()
    return 1 - (2 * (probability * target).sum(PLANE) + 1) / (probability.sum(PLANE) + target.sum(PLANE) + 1)


def divergence(logits: Tensor, soft: Tensor) -> Tensor:
    """Mean Kullback-Leibler divergence of each pixel's two classes from those of a soft label, 0 where they agree."""
    cross_entropy = F.binary_cross_entropy_with_logits(logits, soft, reduction="none")
    own_entropy = -(torch.xlogy(soft, soft) + torch.xlogy(1 - soft, 1 - soft))
    return (cross_entropy - own_entropy).mean(PLANE)


def smoothed(target: Tensor, sigma: float) -> Tensor:
    """Targets (..., rows, columns) blurred by a Gaussian in the plane; their borders go on: a full label stays full."""
    radius = max(1, math.ceil(3 * sigma))
    offsets = torch.arange(-radius, radius + 1, dtype=target.dtype, device=target.device)
    kernel = torch.exp(-(offsets**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    padded = F.pad(target.reshape(-1, 1, *target.shape[-2:]), [radius] * 4, mode="replicate")
    with torch.autocast(target.device.type, enabled=False):
        across = F.conv2d(padded, kernel[None, None, None, :])
        return F.conv2d(across, kernel[None, None, :, None]).view_as(target).clamp(0, 1)
