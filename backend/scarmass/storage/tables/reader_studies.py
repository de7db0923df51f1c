"""Reader studies and what was read in them."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scarmass.storage.tables.base import Table
from scarmass.storage.tables.images import StackRow
from scarmass.storage.tables.readings import ReadingRow


class ReaderStudyRow(Table):
    """Several readers' measurements of the same stacks. number: grows in the order in which they were made."""

    __tablename__ = "reader_studies"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    client_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    name: Mapped[str]
    readers: Mapped[list[str]]
    arms: Mapped[list[str]]
    repeats: Mapped[int]
    seed: Mapped[int | None] = mapped_column(BigInteger)
    alternates: Mapped[bool]
    hides_readings: Mapped[bool]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    stacks: Mapped[list["ReaderStudyStackRow"]] = relationship(order_by="ReaderStudyStackRow.ordinal", lazy="selectin")


class ReaderStudyStackRow(Table):
    """One of the stacks that a reader study measures."""

    __tablename__ = "reader_study_stacks"

    reader_study_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ReaderStudyRow.id), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    stack_id: Mapped[str] = mapped_column(ForeignKey(StackRow.stack_id), index=True)


class ReaderStudyReadingRow(Table):
    """The reading that one assignment of a reader study became when it was opened."""

    __tablename__ = "reader_study_readings"

    reader_study_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ReaderStudyRow.id), primary_key=True)
    reader: Mapped[str] = mapped_column(primary_key=True)
    stack_id: Mapped[str] = mapped_column(ForeignKey(StackRow.stack_id), primary_key=True)
    arm: Mapped[str] = mapped_column(primary_key=True)
    repeat: Mapped[int] = mapped_column(primary_key=True)
    reading_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ReadingRow.id), unique=True)
