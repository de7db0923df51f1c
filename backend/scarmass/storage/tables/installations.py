"""Whose database it is."""

import uuid

from sqlalchemy.orm import Mapped, mapped_column

from scarmass.storage.tables.base import Table


class InstallationRow(Table):
    """The one row that tells this installation from others. single: true, so that there is no other row."""

    __tablename__ = "installations"

    single: Mapped[bool] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID]
