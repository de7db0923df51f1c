"""Readings: their slices, edits, signatures and what is sent of them."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, UniqueConstraint, false, func
from sqlalchemy.orm import Mapped, mapped_column

from scarmass.storage.documents import Json
from scarmass.storage.tables.base import DOCUMENT, Table
from scarmass.storage.tables.images import InstanceRow, StackRow


class ReadingRow(Table):
    """sliced_at: when the reading got the slices that it has. reason: why it failed. slice_looked_at: the SliceKey that
    its reader looked at last while it was prepared. sensitivity, follows, wall: as the reading was opened. replaces:
    the signed reading that it amends. reader: whose own reading it is, null where it is the stack's."""

    __tablename__ = "readings"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    client_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    stack_id: Mapped[str] = mapped_column(ForeignKey(StackRow.stack_id), index=True)
    state: Mapped[str]
    reason: Mapped[str | None]
    slice_looked_at: Mapped[tuple[str, int] | None] = mapped_column(DOCUMENT)
    sensitivity: Mapped[float] = mapped_column(server_default="0")
    follows: Mapped[bool] = mapped_column(server_default="true")
    wall: Mapped[Json | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    sliced_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    version: Mapped[int] = mapped_column(server_default="1")
    replaces: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("readings.id"), unique=True)
    reader: Mapped[str | None]
    opened_by: Mapped[str | None]


class SignatureRow(Table):
    """A signed reading: by whom, when, by which recipe, and what was signed: masses by structure, and of the stack its
    contrast and warnings."""

    __tablename__ = "signatures"

    reading_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ReadingRow.id), primary_key=True)
    client_id: Mapped[uuid.UUID]
    revision: Mapped[int]
    reader: Mapped[str]
    signed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    recipe: Mapped[Json]
    masses: Mapped[Json]
    contrast: Mapped[str]
    warnings: Mapped[list[str]]


class DeliveryRow(Table):
    """A signed reading's way into the results folder. changes: how often the row has changed."""

    __tablename__ = "deliveries"

    reading_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ReadingRow.id), primary_key=True)
    is_written: Mapped[bool] = mapped_column(server_default=false())
    reason: Mapped[str | None]
    changes: Mapped[int] = mapped_column(server_default="1")
    changed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class WorkRow(Table):
    """How long a reader worked on a reading, in small pieces; rows are only ever added."""

    __tablename__ = "work"

    reading_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ReadingRow.id), primary_key=True)
    client_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    reader: Mapped[str]
    seconds: Mapped[float]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class ReadingSliceRow(Table):
    """One slice of a reading's own list, with all that showing and measuring it need.

    revision: of the edit that made the list what it is, 0 for the one the reading was opened on.
    """

    __tablename__ = "reading_slices"

    reading_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ReadingRow.id), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    sop_instance_uid: Mapped[str] = mapped_column(ForeignKey(InstanceRow.sop_instance_uid), index=True)
    sha256: Mapped[str]
    header: Mapped[Json]
    slice_spacing_mm: Mapped[float | None]


class EditRow(Table):
    """One step of a reading; rows are only ever added. request_sha256: of the request as it came.

    sensitivity, follows: null where the step left the reading's sensitivity alone. landmarks, pattern, wall: likewise.
    taken_from: the segmentation that an import took masks from.
    """

    __tablename__ = "edits"

    reading_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ReadingRow.id), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[uuid.UUID]
    author: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    kind: Mapped[str]
    request_sha256: Mapped[str]
    sensitivity: Mapped[float | None]
    follows: Mapped[bool | None]
    landmarks: Mapped[Json | None]
    pattern: Mapped[Json | None]
    wall: Mapped[Json | None]
    taken_from: Mapped[Json | None]

    __table_args__ = (UniqueConstraint("reading_id", "client_id"),)


class SliceChangeRow(Table):
    """What a proposal (revision 0) or an edit made of one slice; what it left alone is null.

    ordinal: grows in the order in which a reading's proposals were stored.
    """

    __tablename__ = "slice_changes"

    reading_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ReadingRow.id), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    sop_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    frame_number: Mapped[int] = mapped_column(primary_key=True)
    decision: Mapped[str | None]
    is_excluded: Mapped[bool | None]
    ordinal: Mapped[int] = mapped_column(BigInteger, Identity(always=True))


class SegmentChangeRow(Table):
    """What a proposal (revision 0) or an edit made of one structure on one slice; without a segment it took it away."""

    __tablename__ = "segment_changes"

    reading_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ReadingRow.id), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    sop_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    frame_number: Mapped[int] = mapped_column(primary_key=True)
    structure: Mapped[str] = mapped_column(primary_key=True)
    segment: Mapped[Json | None]


class ReportTextRow(Table):
    """What a reader wrote into a reading's report; rows are only ever added. revision: of the reading at that time."""

    __tablename__ = "report_texts"

    reading_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(ReadingRow.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int]
    author: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    finding: Mapped[str]
    remarks: Mapped[str]
    quality: Mapped[str | None]
