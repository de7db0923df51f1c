"""What a detector is trained on: batches of augmented slices with the boxes of their masks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.evaluation.detection.scores import reference_boxes
from scarmass.inference.detector import STRUCTURES
from scarmass.inference.detector_views import network_input
from scarmass.training.augment import Augmentation, augmented
from scarmass.training.sampler import Sampler


@dataclass(frozen=True)
class Mixture:
    """How batches are made up. phantom_share: of a batch, on average. input_size: side in pixels."""

    batch_size: int
    input_size: int
    phantom_share: float
    augmentation: Augmentation


def training_batch(slices: Sequence[AnnotatedSlice], input_size: int) -> dict[str, torch.Tensor]:
    """Images (n, 3, size, size), and a row per box: its image, class, and centre, width and height from 0 to 1."""
    images, owners, classes, boxes = [], [], [], []
    for owner, annotated in enumerate(slices):
        square, letterbox = network_input(annotated.image, input_size)
        images.append(torch.from_numpy(square).expand(3, -1, -1))
        for structure, references in reference_boxes(annotated).items():
            corners = np.array([[b.x0, b.y0, b.x1, b.y1] for b in references]).reshape(-1, 4)
            corners = letterbox.to_input(corners) / input_size
            owners += [owner] * len(corners)
            classes += [STRUCTURES.index(structure)] * len(corners)
            boxes.append(np.hstack([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]]))
    return {
        "img": torch.stack(images),
        "batch_idx": torch.tensor(owners, dtype=torch.float32),
        "cls": torch.tensor(classes, dtype=torch.float32).reshape(-1, 1),
        "bboxes": torch.from_numpy(np.concatenate(boxes).astype(np.float32)),
    }


def training_batches(
    real: Sequence[AnnotatedSlice],
    phantoms: Sequence[AnnotatedSlice],
    mixture: Mixture,
    sampler: Sampler,
) -> Iterator[dict[str, torch.Tensor]]:
    """Endless batches of newly augmented slices; each real slice comes once before any comes again."""
    while True:
        chosen: list[AnnotatedSlice] = []
        while len(chosen) < mixture.batch_size:
            if phantoms and sampler.generator.random() < mixture.phantom_share:
                chosen.append(phantoms[int(sampler.generator.integers(len(phantoms)))])
                continue
            chosen.append(real[sampler.next()])
        views = [augmented(one, mixture.input_size, mixture.augmentation, sampler.generator) for one in chosen]
        yield training_batch(views, mixture.input_size)
