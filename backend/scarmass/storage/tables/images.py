"""Studies, stored objects, and the stacks that they make."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Identity, Index, false, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scarmass.storage.documents import Json
from scarmass.storage.tables.base import DOCUMENT, Table


class StudyRow(Table):
    """study_group: who sees it; empty for the general one. training_consent: as it was said last, null where nobody
    said anything."""

    __tablename__ = "studies"

    study_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    patient_name: Mapped[str]
    patient_id: Mapped[str]
    patient_birth_date: Mapped[str]
    patient_sex: Mapped[str]
    study_date: Mapped[str]
    study_description: Mapped[str]
    accession_number: Mapped[str] = mapped_column(server_default="")
    is_removed: Mapped[bool] = mapped_column(server_default=false())
    imported_at: Mapped[datetime] = mapped_column(server_default=func.now())
    study_group: Mapped[str] = mapped_column(server_default="", index=True)
    training_consent: Mapped[Json | None]
    stacks: Mapped[list["StackRow"]] = relationship(
        back_populates="study", order_by="StackRow.ordinal", lazy="selectin"
    )

    __table_args__ = (Index(None, "study_date", "study_instance_uid"),)


class StudyChangeRow(Table):
    """A study taken off the worklist or brought back to it, shown to another study group, allowed for training or not;
    rows are only ever added."""

    __tablename__ = "study_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    study_instance_uid: Mapped[str] = mapped_column(ForeignKey(StudyRow.study_instance_uid), index=True)
    author: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    change: Mapped[Json]


class InstanceRow(Table):
    """One stored DICOM object."""

    __tablename__ = "instances"

    sop_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    study_instance_uid: Mapped[str] = mapped_column(ForeignKey(StudyRow.study_instance_uid), index=True)
    series_instance_uid: Mapped[str]
    sha256: Mapped[str]
    imported_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class FrameRow(Table):
    """One image of a stored object, which has one as a classic object and many as an enhanced one."""

    __tablename__ = "frames"

    sop_instance_uid: Mapped[str] = mapped_column(ForeignKey(InstanceRow.sop_instance_uid), primary_key=True)
    frame_number: Mapped[int] = mapped_column(primary_key=True)
    header: Mapped[Json]
    instance: Mapped[InstanceRow] = relationship(lazy="joined")


class SegmentationRow(Table):
    """A stored SEG or RTSTRUCT. Its study may not be here yet: it is kept until the images come.

    description: what it says of itself. digest: of all that masks are made of. number: grows as they come.
    """

    __tablename__ = "segmentations"

    sop_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    study_instance_uid: Mapped[str] = mapped_column(index=True)
    sha256: Mapped[str]
    digest: Mapped[str]
    description: Mapped[Json]
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    imported_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


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
    slice_thickness_by_reader: Mapped[Json | None]
    warnings: Mapped[list[str]]
    repeats: Mapped[list[list[Json]]] = mapped_column(DOCUMENT, server_default="[]")
    revision: Mapped[int] = mapped_column(server_default="0")
    study: Mapped[StudyRow] = relationship(back_populates="stacks", lazy="joined")
    slices: Mapped[list["SliceRow"]] = relationship(
        order_by="SliceRow.index", cascade="all, delete-orphan", lazy="selectin"
    )


class StackChangeRow(Table):
    """What a reader decided about a stack against its headers; rows are only ever added."""

    __tablename__ = "stack_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    stack_id: Mapped[str] = mapped_column(ForeignKey(StackRow.stack_id), index=True)
    author: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    change: Mapped[Json]


class SliceRow(Table):
    __tablename__ = "slices"

    stack_id: Mapped[str] = mapped_column(ForeignKey(StackRow.stack_id), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    sop_instance_uid: Mapped[str] = mapped_column(index=True)
    frame_number: Mapped[int]
    slice_spacing_mm: Mapped[float | None]
    frame: Mapped[FrameRow] = relationship(lazy="joined")

    __table_args__ = (
        ForeignKeyConstraint(["sop_instance_uid", "frame_number"], [FrameRow.sop_instance_uid, FrameRow.frame_number]),
    )
