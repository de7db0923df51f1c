"""The tables. Column names are the words of the REST contract."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    MetaData,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

Json = dict[str, Any]


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
        Json: JSONB,
        list[Json]: JSONB,
        list[str]: JSONB,
    }


class StudyRow(Table):
    __tablename__ = "studies"

    study_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    patient_name: Mapped[str]
    patient_id: Mapped[str]
    patient_birth_date: Mapped[str]
    patient_sex: Mapped[str]
    study_date: Mapped[str]
    study_description: Mapped[str]
    imported_at: Mapped[datetime] = mapped_column(server_default=func.now())
    stacks: Mapped[list["StackRow"]] = relationship(
        back_populates="study", order_by="StackRow.ordinal", lazy="selectin"
    )

    __table_args__ = (Index(None, "study_date", "study_instance_uid"),)


class InstanceRow(Table):
    """One stored DICOM object; header holds the SliceHeader of its one frame."""

    __tablename__ = "instances"

    sop_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    study_instance_uid: Mapped[str] = mapped_column(ForeignKey(StudyRow.study_instance_uid), index=True)
    series_instance_uid: Mapped[str]
    sha256: Mapped[str]
    header: Mapped[Json]


class StackRow(Table):
    __tablename__ = "stacks"

    stack_id: Mapped[str] = mapped_column(primary_key=True)
    study_instance_uid: Mapped[str] = mapped_column(ForeignKey(StudyRow.study_instance_uid), index=True)
    ordinal: Mapped[int]
    description: Mapped[str]
    contrast: Mapped[str]
    is_lge: Mapped[bool]
    is_lge_because: Mapped[str]
    contrast_by_reader: Mapped[str | None]
    is_lge_by_reader: Mapped[bool | None]
    warnings: Mapped[list[str]]
    study: Mapped[StudyRow] = relationship(back_populates="stacks", lazy="joined")
    slices: Mapped[list["SliceRow"]] = relationship(
        back_populates="stack", order_by="SliceRow.index", cascade="all, delete-orphan", lazy="selectin"
    )


class SliceRow(Table):
    __tablename__ = "slices"

    stack_id: Mapped[str] = mapped_column(ForeignKey(StackRow.stack_id), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    sop_instance_uid: Mapped[str] = mapped_column(ForeignKey(InstanceRow.sop_instance_uid), index=True)
    frame_number: Mapped[int]
    slice_spacing_mm: Mapped[float | None]
    stack: Mapped[StackRow] = relationship(back_populates="slices", lazy="selectin")
    instance: Mapped[InstanceRow] = relationship(lazy="joined")


class ReadingRow(Table):
    __tablename__ = "readings"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    client_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    stack_id: Mapped[str] = mapped_column(ForeignKey(StackRow.stack_id), index=True)
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ProposalRow(Table):
    """What the models proposed for a slice while the reading was prepared: the ground that edits are folded over.

    ordinal: grows in the order in which a reading's proposals were stored.
    """

    __tablename__ = "proposals"

    reading_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ReadingRow.id), primary_key=True)
    sop_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    frame_number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[Json]
    ordinal: Mapped[int] = mapped_column(BigInteger, Identity(always=True))


class EditRow(Table):
    """One step of a reading; rows are only ever added."""

    __tablename__ = "edits"

    reading_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ReadingRow.id), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[uuid.UUID]
    author: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    kind: Mapped[str]
    request: Mapped[Json]
    slices: Mapped[list["EditSliceRow"]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    __table_args__ = (UniqueConstraint("reading_id", "client_id"),)


class EditSliceRow(Table):
    """What an edit made of one slice."""

    __tablename__ = "edit_slices"

    reading_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    sop_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    frame_number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[Json]

    __table_args__ = (ForeignKeyConstraint(["reading_id", "revision"], ["edits.reading_id", "edits.revision"]),)
