"""Promotions as rows that are only ever added."""

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from scarmass.domain.promotion import ModelKind, Promotion, promoted
from scarmass.domain.protocols import Model
from scarmass.storage.documents import Json
from scarmass.storage.notifications import notify
from scarmass.storage.tables import PromotionRow

PROMOTED = "promoted"
"""The key that is notified when other weights are to serve."""

_LOCK = text("select pg_advisory_xact_lock(hashtextextended('promotions', 0))")


def lock(session: Session) -> None:
    """Let nobody else change which weights serve until the transaction ends."""
    session.execute(_LOCK)


def promoted_model(session: Session, kind: ModelKind) -> Model | None:
    """The weights that were promoted last and not gone back on; None where what is shipped serves."""
    query = select(PromotionRow).where(PromotionRow.kind == kind.value).order_by(PromotionRow.number)
    return promoted(map(_promotion, session.scalars(query)))


def add(
    session: Session, kind: ModelKind, model: Model | None, replaced: Model, author: str, comparison: Json | None
) -> Promotion:
    """Note a change, or a step back without a model, and wake the servers."""
    row = PromotionRow(
        kind=kind.value,
        name=None if model is None else model.name,
        sha256=None if model is None else model.sha256,
        replaced_name=replaced.name,
        replaced_sha256=replaced.sha256,
        author=author,
        comparison=comparison,
    )
    session.add(row)
    session.flush()
    notify(session, PROMOTED)
    return _promotion(row)


def page(session: Session, limit: int, before: int | None = None) -> list[Promotion]:
    """The newest first, at most limit; before: the number that the page before ended with."""
    query = select(PromotionRow).order_by(PromotionRow.number.desc()).limit(limit)
    if before is not None:
        query = query.where(PromotionRow.number < before)
    return [_promotion(row) for row in session.scalars(query)]


def _promotion(row: PromotionRow) -> Promotion:
    return Promotion(
        number=row.number,
        kind=ModelKind(row.kind),
        model=None if row.name is None or row.sha256 is None else Model(row.name, row.sha256),
        replaced=Model(row.replaced_name, row.replaced_sha256),
        author=row.author,
        created_at=row.created_at,
        comparison=row.comparison,
    )
