"""Which weights serve at a site: promotions in their order, each of which can be gone back on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from scarmass.domain.protocols import Model


class ModelKind(StrEnum):
    DETECTOR = "detector"
    SEGMENTER = "segmenter"


@dataclass(frozen=True)
class Promotion:
    """A change of the weights that serve. number: grows with each. model: that serves from then on.

    model is None in a step back: what served before the last promotion serves again. replaced: what served until then.
    comparison: of model and replaced on held-out readings, as JSON; None in a step back.
    """

    number: int
    kind: ModelKind
    model: Model | None
    replaced: Model
    author: str
    created_at: datetime
    comparison: Mapping[str, Any] | None = None


def promoted(changes: Iterable[Promotion]) -> Model | None:
    """What serves after the changes of one kind of model, in their order; None where it is what is shipped."""
    standing: list[Model] = []
    for change in changes:
        if change.model is not None:
            standing.append(change.model)
        elif standing:
            standing.pop()
    return standing[-1] if standing else None
