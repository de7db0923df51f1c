"""Which models serve, and how they came to."""

from typing import Annotated

from fastapi import APIRouter, Query

from scarmass.api.dependencies import CanView, InContext
from scarmass.api.schemas.common import Model
from scarmass.api.schemas.promotions import Promotion, Promotions
from scarmass.services.promotions import page_of_promotions

router = APIRouter(prefix="/api/v1", tags=["models"])


@router.get("/promotions")
def list_promotions(
    _: CanView,
    context: InContext,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Promotions:
    """Which models serve, and which were promoted by whom, in place of what, after which comparison."""
    found = page_of_promotions(context.database, limit + 1, cursor)
    page, more = found[:limit], len(found) > limit
    return Promotions(
        detector=Model.of(context.detector.model),
        segmenter=Model.of(context.segmenter.model),
        promotions=[Promotion.of(one) for one in page],
        next_cursor=page[-1].number if more else None,
    )
