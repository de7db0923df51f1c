"""What every table shares."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import DateTime, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from scarmass.storage.documents import Json

DOCUMENT = JSONB(none_as_null=True)
"""None is stored as SQL's null: a JSON document that says null would be parsed in every row that has nothing."""


def is_ours(name: str | None, kind: str, _: object) -> bool:
    """For alembic: tables whose schema is procrastinate's business are none of ours."""
    return kind != "table" or name is None or not name.startswith("procrastinate_")


class Table(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: DateTime(timezone=True),
        Json: DOCUMENT,
        list[Json]: DOCUMENT,
        list[str]: DOCUMENT,
    }
