"""Which weights serve."""

from datetime import datetime

from sqlalchemy import BigInteger, Identity, func
from sqlalchemy.orm import Mapped, mapped_column

from scarmass.storage.documents import Json
from scarmass.storage.tables.base import Table


class PromotionRow(Table):
    """A change of the weights that serve; rows are only ever added. number: grows with each.

    name, sha256: of the weights, whose file is stored by its sha256; null in a step back. comparison: null there too.
    """

    __tablename__ = "promotions"

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    name: Mapped[str | None]
    sha256: Mapped[str | None]
    replaced_name: Mapped[str]
    replaced_sha256: Mapped[str]
    author: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    comparison: Mapped[Json | None]
