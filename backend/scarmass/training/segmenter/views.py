"""Batches of augmented views: slices as another scanner might have acquired them, and the windows cut from those.

Everything happens on the tensors' device. Coordinates are fractions of a square's side from its middle, -0.5 to 0.5.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from scarmass.datasets.annotated import NOMINAL_DIAMETER_MM
from scarmass.datasets.stack_arrays import STRUCTURES
from scarmass.inference.segmenter.window import IMAGENET_MEAN, IMAGENET_STD, LOGITS_SIDE, Normalisation
from scarmass.training.augment import Augmentation
from scarmass.training.segmenter.contrast import uniform, with_new_contrast
from scarmass.training.segmenter.slices import GRID_DIAMETERS, SliceTensors

VIEW_SIDE = 256
"""Pixels on the longer side of a view; with the ventricle's share it sets the resolution of the acquisition."""

ELASTIC_CELLS = 6
"""Cells along each axis of the smooth random displacement."""


@dataclass(frozen=True)
class ViewSettings:
    """per_scar_slice, per_other_slice, per_phantom_slice: how often such a slice comes in an epoch.

    least_centre_share: share of an epoch's views that every centre has at least, its slices repeated for it.
    side_per_diameter: range of the window's side over the ventricle's diameter. elastic: standard deviation of the
    smooth displacement, in ventricular diameters.
    """

    per_scar_slice: int
    per_other_slice: int
    per_phantom_slice: int
    least_centre_share: float
    phantom_seeds: tuple[int, int]
    side_per_diameter: tuple[float, float]
    centre_jitter_mm: float
    elastic: float


class Views(NamedTuple):
    """n windows. grey: float32 (n, 256, 256) from 0 to 1. pixels: what the encoder is given (n, 3, size, size).

    masks: bool (n, 4, 256, 256), STRUCTURES. parts: uint8 (n, 2, 256, 256), as in SliceTensors. pixel_mm: size of a
    pixel of the 256 (n,).
    """

    grey: Tensor
    pixels: Tensor
    masks: Tensor
    parts: Tensor
    pixel_mm: Tensor


class Acquisition(NamedTuple):
    """n slices of 256 x 256 pixels. pixels: float32 (n, 256, 256). masks: float32 (n, 4, 256, 256), 0 to 1.

    inside: float32 (n, 256, 256), 1 where there is a slice. parts: float32 (n, 2, 256, 256). share: ventricular
    diameter over the side (n,). centre: of the ventricle, x and y (n, 2).
    """

    pixels: Tensor
    masks: Tensor
    inside: Tensor
    parts: Tensor
    share: Tensor
    centre: Tensor


@torch.no_grad()
def draw_views(
    slices: SliceTensors,
    index: Tensor,
    settings: ViewSettings,
    augmentation: Augmentation,
    input_size: int,
    normalisation: Normalisation,
) -> Views:
    """A new view of each slice of an index (n,), with a window as a detector might have placed it."""
    acquired = acquire(slices, index, settings, augmentation)
    changed = with_new_contrast(acquired.pixels, acquired.masks, acquired.inside, augmentation)
    acquired = acquired._replace(pixels=changed)
    side = uniform(len(index), settings.side_per_diameter, index.device)
    jitter = torch.randn_like(acquired.centre) * (settings.centre_jitter_mm / NOMINAL_DIAMETER_MM)
    return cut_windows(acquired, side, jitter, slices.diameter_mm[index], input_size, normalisation)


def acquire(slices: SliceTensors, index: Tensor, settings: ViewSettings, augmentation: Augmentation) -> Acquisition:
    """The slices through another field of view: turned, mirrored, bent, scaled and moved; 0 where there is no slice."""
    n, device = len(index), index.device
    share = uniform(n, augmentation.ventricle_share, device, logarithmic=True)
    centre = torch.randn(n, 2, device=device) * augmentation.offset
    degrees = 90 * torch.randint(4, (n,), device=device) + uniform(n, (-1, 1), device) * augmentation.tilt_degrees
    cosine, sine = degrees.deg2rad().cos(), degrees.deg2rad().sin()
    mirror = torch.randint(2, (n,), device=device) * 2.0 - 1
    turn = torch.stack([torch.stack([cosine, -sine * mirror], -1), torch.stack([sine, cosine * mirror], -1)], -2)
    cells = torch.randn(n, 2, ELASTIC_CELLS, ELASTIC_CELLS, device=device) * settings.elastic
    bent = F.interpolate(cells, size=(VIEW_SIDE, VIEW_SIDE), mode="bicubic", align_corners=False).movedim(1, -1)
    places = _square(VIEW_SIDE, device) - centre[:, None, None]
    in_diameters = torch.einsum("nyxi,nji->nyxj", places, turn) / share[:, None, None, None] + bent
    grid = 2 / GRID_DIAMETERS * in_diameters
    shorter = uniform(n, (augmentation.shorter_side, 1), device)[:, None, None] / 2
    across, along = _square(VIEW_SIDE, device).abs().unbind(-1)
    narrow = torch.where(torch.rand(n, 1, 1, device=device) < 0.5, across, along) <= shorter
    bits = torch.arange(len(STRUCTURES) + 1, device=device, dtype=torch.uint8)[:, None, None]
    planes = (slices.masks[index][:, None] >> bits & 1).float()
    layers = torch.cat([slices.grey[index][:, None] / 255, planes], dim=1)
    sampled = F.grid_sample(layers, grid, align_corners=False) * narrow[:, None]
    parts = F.grid_sample(slices.parts[index].float(), grid, mode="nearest", align_corners=False)
    return Acquisition(sampled[:, 0], sampled[:, 1:-1], (sampled[:, -1] > 0.5).float(), parts, share, centre)


def cut_windows(
    acquired: Acquisition,
    side_per_diameter: Tensor,
    off_centre: Tensor,
    diameter_mm: Tensor,
    input_size: int,
    normalisation: Normalisation,
) -> Views:
    """Square windows around the ventricles, as window.py cuts them. off_centre: x and y (n, 2), in diameters."""
    side, centre = (side_per_diameter * acquired.share), acquired.centre + off_centre * acquired.share[:, None]

    def sampled(layers: Tensor, size: int, mode: str) -> Tensor:
        places = _square(size, layers.device) * side[:, None, None, None] + centre[:, None, None]
        return F.grid_sample(layers, 2 * places, mode=mode, align_corners=False)

    def grey_of(size: int) -> tuple[Tensor, Tensor]:
        pixels, inside = sampled(torch.stack([acquired.pixels, acquired.inside], dim=1), size, "bilinear").unbind(1)
        return grey_values(pixels, inside > 0.5), inside > 0.5

    grey, inside = grey_of(LOGITS_SIDE)
    masks = sampled((acquired.masks > 0.5).float(), LOGITS_SIDE, "bilinear") > 0.5
    parts = sampled(acquired.parts, LOGITS_SIDE, "nearest").to(torch.uint8)
    of_encoder = (grey, inside) if input_size == LOGITS_SIDE else grey_of(input_size)
    pixel_mm = side_per_diameter * diameter_mm / LOGITS_SIDE
    return Views(grey, encoder_pixels(*of_encoder, normalisation), masks, parts, pixel_mm)


def grey_values(pixels: Tensor, inside: Tensor) -> Tensor:
    """Pixels (n, rows, columns), 0.5th to 99.5th percentile to 0..1; 0 where not inside, bool of that shape."""
    known = pixels.masked_fill(~inside, torch.nan).flatten(1)
    low, high = known.nanquantile(torch.tensor([0.005, 0.995], device=pixels.device), dim=1)[..., None, None]
    return (((pixels - low) / (high - low).clamp(min=1e-6)).clamp(0, 1)).where(inside, 0)


def encoder_pixels(grey: Tensor, inside: Tensor, normalisation: Normalisation) -> Tensor:
    """Grey values (n, size, size) as the encoder is given them (n, 3, size, size), 0 where not inside."""
    channels = grey[:, None].expand(-1, 3, -1, -1)
    if normalisation is Normalisation.IMAGENET:
        mean, std = (
            torch.from_numpy(values).to(grey.device)[:, None, None] for values in (IMAGENET_MEAN, IMAGENET_STD)
        )
        channels = (255 * channels - mean) / std
    return channels * inside[:, None]


def _square(side: int, device: torch.device) -> Tensor:
    """x and y (side, side, 2) of the pixels' centres."""
    axis = (torch.arange(side, device=device) + 0.5) / side - 0.5
    return torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1)
