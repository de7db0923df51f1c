"""The words of the REST contract about which models came to serve."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from scarmass.api.schemas.common import Model
from scarmass.domain import promotion as domain
from scarmass.domain.promotion import ModelKind


class Promotion(BaseModel):
    """A change of the model that serves. model: null in a step back, after which what served before it does again.

    comparison: of model and replaced on held-out signed readings; null in a step back.
    """

    number: int
    kind: ModelKind
    model: Model | None
    replaced: Model
    author: str
    created_at: datetime
    comparison: dict[str, Any] | None

    @staticmethod
    def of(promotion: domain.Promotion) -> "Promotion":
        return Promotion(
            number=promotion.number,
            kind=promotion.kind,
            model=None if promotion.model is None else Model.of(promotion.model),
            replaced=Model.of(promotion.replaced),
            author=promotion.author,
            created_at=promotion.created_at,
            comparison=None if promotion.comparison is None else dict(promotion.comparison),
        )


class Promotions(BaseModel):
    """The newest first, and the models that answer now."""

    detector: Model
    segmenter: Model
    promotions: list[Promotion]
    next_cursor: int | None
