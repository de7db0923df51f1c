"""Another contrast, coil, motion and noise for batches of slices, drawn on their device.

What augment.py does to one slice: pixels float32 (n, rows, columns) from 0 to about 1 everywhere.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from scarmass.datasets.stack_arrays import STRUCTURES
from scarmass.domain.structures import Structure
from scarmass.training.augment import Augmentation

AIR = 0.15
"""Grey value, blurred, below which pixels are air."""


def with_new_contrast(pixels: Tensor, masks: Tensor, inside: Tensor, ranges: Augmentation) -> Tensor:
    """The slices anew. masks: float32 (n, 4, rows, columns), STRUCTURES. inside: 1 on the slice (n, rows, columns)."""
    n, device = len(pixels), pixels.device

    def some(share: float) -> Tensor:
        return torch.rand(n, 1, 1, device=device) < share

    pixels = torch.where(some(ranges.contrast_share), pixels * _tissue_factors(masks, ranges), pixels)
    pixels = torch.where(some(ranges.nulled_share), _nulled(pixels, masks, inside, ranges), pixels)
    air = (1 - blurred(pixels, torch.full((n,), 2.0, device=device)) / AIR).clamp(0, 1)
    noisy_air = uniform(n, (0.2, 0.5), device)[:, None, None] + 0.1 * torch.randn_like(pixels)
    pixels = torch.where(some(ranges.grey_air_share), pixels + air * noisy_air, pixels)
    pixels = torch.where(some(ranges.wrap_share), _wrapped(pixels), pixels)
    pixels = _ghosted(pixels, ranges.ghosting)
    pixels = pixels.clamp(min=0) ** uniform(n, ranges.gamma, device, logarithmic=True)[:, None, None]
    pixels = pixels * _shading(n, pixels.shape[-1], ranges.shading, device).exp()
    level = uniform(n, (0, ranges.noise), device)[:, None, None]
    pixels = blurred(pixels, uniform(n, (0, ranges.blur_pixels), device))
    real, imaginary = (level * torch.randn_like(pixels) for _ in range(2))
    return torch.hypot(pixels + real, imaginary) * inside


def uniform(n: int, bounds: tuple[float, float], device: torch.device, *, logarithmic: bool = False) -> Tensor:
    """n numbers between the bounds, evenly or evenly in their logarithm."""
    low, high = map(math.log, bounds) if logarithmic else bounds
    drawn = low + (high - low) * torch.rand(n, device=device)
    return drawn.exp() if logarithmic else drawn


def blurred(images: Tensor, sigma: Tensor) -> Tensor:
    """Images (n, rows, columns), each blurred by a Gaussian of its own sigma (n,), in pixels."""
    radius = max(1, math.ceil(2.5 * float(sigma.max())))
    offsets = torch.arange(-radius, radius + 1, device=images.device)
    kernels = torch.exp(-(offsets**2) / (2 * sigma[:, None].clamp(min=0.1) ** 2))
    kernels = kernels / kernels.sum(1, keepdim=True)
    padded = F.pad(images[None], [radius] * 4, mode="replicate")
    across = F.conv2d(padded, kernels[:, None, None, :], groups=len(images))
    return F.conv2d(across, kernels[:, None, :, None], groups=len(images))[0]


def _tissue(masks: Tensor, structure: Structure) -> Tensor:
    return masks[:, STRUCTURES.index(structure)] > 0.5


def _tissue_factors(masks: Tensor, ranges: Augmentation) -> Tensor:
    """Factor (n, rows, columns) on each pixel's brightness, soft at the borders of tissues."""
    n, device = len(masks), masks.device
    factors = torch.ones_like(masks[:, 0])
    for structure, bounds in (
        (Structure.LEFT_VENTRICLE, ranges.myocardium_factor),
        (Structure.BLOOD_POOL, ranges.blood_factor),
        (Structure.SCAR, ranges.scar_factor),
    ):
        factors = torch.where(_tissue(masks, structure), uniform(n, bounds, device)[:, None, None], factors)
    return blurred(factors, uniform(n, (0.5, 1.2), device))


def _nulled(pixels: Tensor, masks: Tensor, inside: Tensor, ranges: Augmentation) -> Tensor:
    """Modulus of the signal counted from a null near normal myocardium, back on a range from 0 to about 1."""
    normal = _tissue(masks, Structure.LEFT_VENTRICLE)
    normal = normal & ~_tissue(masks, Structure.BLOOD_POOL) & ~_tissue(masks, Structure.SCAR)
    myocardium = (pixels * normal).sum((1, 2)) / normal.sum((1, 2)).clamp(min=1)
    null = myocardium * uniform(len(pixels), ranges.null_factor, pixels.device)
    modulus = (pixels - null[:, None, None]).abs() * inside  # beyond the slice there is no signal to be nulled
    return modulus / modulus.flatten(1).quantile(0.995, dim=1).clamp(min=1e-6)[:, None, None]


def _wrapped(pixels: Tensor) -> Tensor:
    """What lies beyond a field of view that was too small comes in at its opposite side (aliasing)."""
    n, side = len(pixels), pixels.shape[-1]
    depth = (side * uniform(n, (0.05, 0.2), pixels.device)).long()
    at_start = torch.rand(n, device=pixels.device) < 0.5
    axis = torch.rand(n, device=pixels.device) < 0.5
    shift = torch.where(at_start, depth, -depth)
    place = torch.arange(side, device=pixels.device)
    band = torch.where(at_start[:, None], place < depth[:, None], place >= side - depth[:, None])
    band = torch.where(axis[:, None, None], band[:, :, None], band[:, None, :])
    return pixels + _displaced(pixels, shift, axis) * band


def _ghosted(pixels: Tensor, strongest: float) -> Tensor:
    """Motion repeats the slice faintly, half or a third of the field of view away along the phase encoding."""
    n, device = len(pixels), pixels.device
    shift = pixels.shape[-1] // torch.randint(2, 4, (n,), device=device)
    strength = uniform(n, (0, strongest), device)[:, None, None]
    return pixels + strength * _displaced(pixels, shift, torch.rand(n, device=device) < 0.5)


def _displaced(images: Tensor, shift: Tensor, along_rows: Tensor) -> Tensor:
    """Images (n, side, side), each rolled by its shift (n,), down where along_rows (n,) and else to the right."""
    side, each = images.shape[-1], torch.arange(len(images), device=images.device)[:, None, None]
    place = torch.arange(side, device=images.device)
    down, right = torch.where(along_rows, shift, 0), torch.where(along_rows, 0, shift)
    rows, columns = (place - down[:, None]) % side, (place - right[:, None]) % side
    return images[each, rows[:, :, None], columns[:, None, :]]


def _shading(n: int, side: int, strength: float, device: torch.device) -> Tensor:
    """Logarithm (n, side, side) of a smooth coil profile: a random quadratic of the position."""
    axis = torch.linspace(-1, 1, side, device=device)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    terms = torch.stack([x, y, x * y, x**2 - 0.5, y**2 - 0.5])
    profile = torch.einsum("nk,kyx->nyx", torch.randn(n, len(terms), device=device), terms)
    largest = profile.abs().amax((1, 2), keepdim=True)
    return uniform(n, (0, strength), device)[:, None, None] * profile / largest
