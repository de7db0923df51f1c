"""How generously outlines are drawn: readers and centres differ in where they draw the border, not in where scar lies.

0 is the model's own limit, +4 counts every logit above -4 as scar. A reading's sensitivity follows its reader: it is
fitted to the slices that were decided, and used for those that were not.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.masks import Mask

LOWEST, HIGHEST = -4.0, 8.0
"""What a reader can set."""

FITTED = tuple(np.arange(-1.0, 7.01, 0.5).tolist())
"""What is fitted: below, a model's outlines would have to be far too wide; above, little is added."""

COST_PER_LOGIT = 0.002
"""Mean Dice that a fit must gain for each logit away from the prior."""


def mask_at(logits: NDArray[np.float32], sensitivity: float) -> Mask:
    """The mask (rows, columns) of a model's answer to boxes at a sensitivity."""
    return logits > -sensitivity


def fitted_sensitivity(decided: Sequence[tuple[NDArray[np.float32], Mask]], prior: float) -> float:
    """The sensitivity at which the answers to boxes are most like the masks that a reader decided on.

    decided: logits (rows, columns) of the answer to a slice's boxes, and the slice's mask. prior: what holds where
    nothing is decided, and what a fit is drawn to by COST_PER_LOGIT.
    """
    if not decided:
        return prior
    possible = np.array([prior, *(one for one in FITTED if one != prior)])
    gained = np.mean([_dice_at(logits, mask, possible) for logits, mask in decided], axis=0)
    return float(possible[np.argmax(gained - COST_PER_LOGIT * np.abs(possible - prior))])


def _dice_at(logits: NDArray[np.float32], mask: Mask, sensitivities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Dice (n,) of the answers at n sensitivities against a mask that is not empty."""
    can_count = logits > -HIGHEST
    counts = logits[can_count] > -sensitivities[:, None]
    return 2 * (counts & mask[can_count]).sum(1) / (counts.sum(1) + mask.sum())
