"""From a network's logits to what is answered on the slice's own grid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from scarmass.domain.masks import Mask, component_at
from scarmass.domain.prompts import Box, PromptGroup, within
from scarmass.inference.segmenter.clicks import obeying_clicks
from scarmass.inference.segmenter.window import Float32, Window, native_logits

LIKELIEST_DEPTH = 2.0
"""Where nothing in a drawn box reaches the limit, what is this close to the largest logit there is answered."""


@dataclass(frozen=True)
class Answer:
    """mask: bool (rows, columns). logits: (rows, columns), those above 0 count. score: the overlap to expect."""

    mask: Mask
    logits: Float32
    box: Box | None
    score: float
    is_likeliest: bool = False

    def or_likeliest(self) -> "Answer":
        """This answer, or the likeliest part of its box where it is empty: a reader drew the box round something."""
        if self.mask.any() or self.box is None:
            return self
        inside = within(self.box, self.mask.shape)
        if not inside.any():
            x, y = self.box.centre
            inside[min(int(y), inside.shape[0] - 1), min(int(x), inside.shape[1] - 1)] = True
        values = np.where(inside, self.logits, -np.inf)
        row, column = np.unravel_index(values.argmax(), values.shape)
        near = inside & (values >= values[row, column] - LIKELIEST_DEPTH)
        near[row, column] = True
        return replace(self, mask=component_at(near, float(column), float(row)), is_likeliest=True)


def answer_of(logits: Float32, group: PromptGroup, grey: Float32, window: Window) -> Answer:
    """The answer of a group's logits (256, 256): its clicks obeyed, and nothing outside its box.

    grey: the window (256, 256) from 0 to 1.
    """
    native = native_logits(obeying_clicks(logits, group.points, grey, window), window)
    mask = native > 0
    if group.box is not None:
        mask &= within(group.box, mask.shape)
    return Answer(mask, native, group.box, expected_iou(logits))


def expected_iou(logits: Float32) -> float:
    """Overlap to expect of a mask, logits (rows, columns) above 0, where the logits' probabilities are right.

    In numpy: threads of torch that wait for each other would take longer than the sums.
    """
    probability, mask = expit(logits), logits > 0
    return float(probability[mask].sum() / max(mask.sum() + probability[~mask].sum(), 1e-6))


def boxes_logits(answers: Sequence[Answer], shape: tuple[int, ...]) -> Float32:
    """The largest logit (rows, columns) that the answers to boxes have in their boxes, -inf outside all of them."""
    largest = np.full(shape, -np.inf, dtype=np.float32)
    for answer in answers:
        if answer.box is not None:
            inside = within(answer.box, shape)
            largest[inside] = np.maximum(largest[inside], answer.logits[inside])
    return largest


def area_weighted_score(answers: Sequence[Answer]) -> float:
    areas = np.array([answer.mask.sum() for answer in answers], dtype=float)
    if not areas.any():
        return 0.0
    return float(np.average([answer.score for answer in answers], weights=areas))
