"""The order in which training samples come, and the random numbers that augment them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


class Sampler:
    """Indices below a length, shuffled for each epoch, and the generator for all that is random in a process."""

    def __init__(self, seed: Sequence[int], length: int) -> None:
        self.generator = np.random.default_rng(seed)
        self._length = length
        self._remaining: list[int] = []

    def next(self) -> int:
        """The next index: every index comes once before any comes again."""
        self._remaining = self._remaining or self.generator.permutation(self._length).tolist()
        return self._remaining.pop()

    def next_batch(self, size: int) -> list[int]:
        return [self.next() for _ in range(size)]

    def state_dict(self) -> dict[str, Any]:
        return {"generator": self.generator.bit_generator.state, "remaining": list(self._remaining)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.generator.bit_generator.state = state["generator"]
        self._remaining = list(state["remaining"])
