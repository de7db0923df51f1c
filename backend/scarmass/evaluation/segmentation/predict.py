"""What the models answer, prompted as in the application. No reference comes in here: readers only draw."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Box, Point, Prompt
from scarmass.domain.proposal import (
    detect_stack,
    proposed_prompt,
    scar_on_slice,
    shows_scar,
    without_scar,
)
from scarmass.domain.protocols import Detector, Segmenter, SliceImage
from scarmass.domain.sensitivity import fitted_sensitivity
from scarmass.domain.stack import outwards

MOST_CLICKS = 3
"""Corrections on one slice."""


class Reader(Protocol):
    """Draws on one slice, and sees an answer to correct it."""

    def boxes(self) -> tuple[Box, ...]: ...

    def click(self, answer: Mask) -> Point | None: ...


@dataclass(frozen=True)
class Proposal:
    """The automatic answer on one slice: the proposed scar boxes and the mask (rows, columns) they gave."""

    boxes: tuple[Box, ...]
    mask: Mask


@dataclass(frozen=True)
class Correction:
    """A slice read with drawn boxes: answers[k] is the mask (rows, columns) after k clicks, 0 to len(points).

    sensitivity: at which the boxes were answered.
    """

    boxes: tuple[Box, ...]
    points: tuple[Point, ...]
    answers: tuple[Mask, ...]
    sensitivity: float = 0.0

    def after(self, clicks: int) -> Mask:
        """The mask after this many clicks; a reader who found nothing wrong earlier had stopped there."""
        return self.answers[min(clicks, len(self.points))]


@dataclass(frozen=True)
class Seconds:
    """Machine time of one patient: finding heart and scar, encoding all slices, and answering in each use."""

    detect: float
    embed: float
    automatic: float
    box: float
    clicks: float
    following: float


@dataclass(frozen=True)
class Prediction:
    """All answers on one patient's slices, in their order.

    corrections: each slice on its own, at one sensitivity. following: as in a reading whose outlines follow its reader.
    """

    proposals: tuple[Proposal, ...]
    corrections: tuple[Correction, ...]
    following: tuple[Correction, ...]
    heart_found: bool
    seconds: Seconds


def predict(
    detector: Detector,
    segmenter: Segmenter,
    images: Sequence[SliceImage],
    readers: Sequence[Reader],
    sensitivity: float = 0.0,
) -> Prediction:
    """Every use on one patient, each slice encoded once: the detector's boxes place the window in all of them.

    sensitivity: of the automatic use and of drawn boxes; where outlines follow the reader, the one they begin with.
    """
    clock = Clock()
    detection = detect_stack(detector, images)
    detect = clock.lap()
    for image in images:
        segmenter.embed(image, detection.region)
    embed = clock.lap()
    found = [scar_on_slice(segmenter, image, detection, index, sensitivity) for index, image in enumerate(images)]
    certain_mm2 = [one.certain_mm2 for one in found]
    is_shown = shows_scar(segmenter, detection, images[0].pixel_spacing_mm, certain_mm2)
    proposals = []
    for image, one in zip(images, found, strict=True):
        prompt = proposed_prompt(one.boxes if is_shown else without_scar(one.boxes), sensitivity)
        proposals.append(Proposal(prompt.boxes, answer(segmenter, image, detection.region, prompt)))
    automatic = clock.lap()
    drawn = [
        boxed(segmenter, image, detection.region, reader, sensitivity)
        for image, reader in zip(images, readers, strict=True)
    ]
    box = clock.lap()
    corrections = [
        corrected(segmenter, image, detection.region, reader, first)
        for image, reader, first in zip(images, readers, drawn, strict=True)
    ]
    clicks = clock.lap()
    following = followed(segmenter, images, detection.region, readers, sensitivity)
    seconds = Seconds(detect, embed, automatic, box, clicks, clock.lap())
    return Prediction(tuple(proposals), tuple(corrections), following, detection.region is not None, seconds)


def boxed(
    segmenter: Segmenter, image: SliceImage, region: HeartRegion | None, reader: Reader, sensitivity: float
) -> Correction:
    """The slice after its reader has drawn boxes."""
    boxes = reader.boxes()
    mask = answer(segmenter, image, region, Prompt(boxes=boxes, sensitivity=sensitivity))
    return Correction(boxes, (), (mask,), sensitivity)


def corrected(
    segmenter: Segmenter, image: SliceImage, region: HeartRegion | None, reader: Reader, first: Correction
) -> Correction:
    """The slice after up to MOST_CLICKS clicks, each answered with the boxes, all clicks so far and the mask so far."""
    points, answers = list(first.points), list(first.answers)
    while len(points) < MOST_CLICKS and (point := reader.click(answers[-1])) is not None:
        points.append(point)
        # As a reading does: points correct the mask that is there.
        prompt = Prompt(boxes=first.boxes, points=tuple(points), previous=answers[-1], sensitivity=first.sensitivity)
        answers.append(answer(segmenter, image, region, prompt))
    return replace(first, points=tuple(points), answers=tuple(answers))


def followed(
    segmenter: Segmenter,
    images: Sequence[SliceImage],
    region: HeartRegion | None,
    readers: Sequence[Reader],
    prior: float,
) -> tuple[Correction, ...]:
    """A stack read from its middle outwards, each slice drawn at the sensitivity that fits those accepted before it."""
    decided: list[tuple[NDArray[np.float32], Mask]] = []
    read: dict[int, Correction] = {}
    for index in outwards(range(len(images)), len(images) // 2):
        image, reader = images[index], readers[index]
        first = boxed(segmenter, image, region, reader, fitted_sensitivity(decided, prior))
        read[index] = corrected(segmenter, image, region, reader, first)
        accepted = read[index].after(MOST_CLICKS)
        if first.boxes and accepted.any():
            logits = segmenter.segment(image, region, Prompt(boxes=first.boxes)).logits
            decided.append((logits, accepted))
    return tuple(read[index] for index in range(len(images)))


def answer(segmenter: Segmenter, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Mask:
    """The segmenter's mask (rows, columns), empty where nothing was drawn."""
    if not prompt.boxes and not prompt.points:
        return np.zeros(image.pixels.shape, dtype=bool)
    return segmenter.segment(image, region, prompt).mask


class Clock:
    """Seconds since the last lap."""

    def __init__(self) -> None:
        self._since = perf_counter()

    def lap(self) -> float:
        now = perf_counter()
        seconds, self._since = now - self._since, now
        return seconds
