"""The tables. Column names are the words of the REST contract."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    MetaData,
    UniqueConstraint,
    false,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from scarmass.storage.documents import Json


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
        Json: JSONB,
        list[Json]: JSONB,
        list[str]: JSONB,
    }


class StudyRow(Table):
    """study_group: who sees it; empty for the general one."""

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
    stacks: Mapped[list["StackRow"]] = relationship(
        back_populates="study", order_by="StackRow.ordinal", lazy="selectin"
    )

    __table_args__ = (Index(None, "study_date", "study_instance_uid"),)


class StudyChangeRow(Table):
    """A study taken off the worklist, or brought back to it; rows are only ever added."""

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
    repeats: Mapped[list[list[Json]]] = mapped_column(JSONB, server_default="[]")
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
    slice_looked_at: Mapped[tuple[str, int] | None] = mapped_column(JSONB)
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


class ArrivalRow(Table):
    """What came of a study from one source. number: grows in the order in which studies began to come.

    study_instance_uid: empty where objects did not say. refused: name and reason of the first of them. prepared_at:
    null while more may come. readings: that were opened then; because: of which rule, or why none were.
    """

    __tablename__ = "arrivals"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    study_instance_uid: Mapped[str]
    source: Mapped[str]
    objects: Mapped[int] = mapped_column(server_default="0")
    refused_count: Mapped[int] = mapped_column(server_default="0")
    refused: Mapped[list[Json]]
    first_object_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    last_object_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    prepared_at: Mapped[datetime | None]
    readings: Mapped[int] = mapped_column(server_default="0")
    because: Mapped[str | None]

    __table_args__ = (UniqueConstraint("study_instance_uid", "source"),)


class TransferRow(Table):
    """A reading's results on their way to a peer, or a study on its way from one. number: grows as they are asked for.

    next_attempt_at: of one that waits. transaction_uid: of the storage commitment that was asked for. changes: how
    often the row has changed.
    """

    __tablename__ = "transfers"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    client_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    direction: Mapped[str]
    peer: Mapped[str]
    reading_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(ReadingRow.id))
    study_instance_uid: Mapped[str]
    kinds: Mapped[list[str]]
    state: Mapped[str] = mapped_column(index=True)
    done: Mapped[int] = mapped_column(server_default="0")
    of: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_attempt_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    asked_by: Mapped[str]
    transaction_uid: Mapped[str | None] = mapped_column(index=True)
    committed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    changes: Mapped[int] = mapped_column(server_default="1")

    __table_args__ = (UniqueConstraint("reading_id", "peer"),)


class PersonRow(Table):
    """Somebody who signs in. issuer: the provider's, empty for a local account; subject: who it is there.

    name_key: the name as it is compared, so that no two look alike. study_groups: null where every study is seen.
    """

    __tablename__ = "people"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    issuer: Mapped[str]
    subject: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str] = mapped_column(server_default="")
    roles: Mapped[list[str]]
    study_groups: Mapped[list[str] | None]
    password_hash: Mapped[str | None]
    is_disabled: Mapped[bool] = mapped_column(server_default=false())
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    signed_in_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class SessionRow(Table):
    """A person signed in with one browser. sha256: of the cookie's token, which is not stored."""

    __tablename__ = "sessions"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PersonRow.id), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    person: Mapped[PersonRow] = relationship(lazy="joined", innerjoin=True)


class TokenRow(Table):
    """What a service shows. sha256: of the token, which is not stored. permissions: null for all of a service's."""

    __tablename__ = "tokens"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    sha256: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    permissions: Mapped[list[str] | None]
    study_groups: Mapped[list[str] | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class SignInFailureRow(Table):
    """Wrong passwords one after the other. sha256: of the user name, be there such an account or not: people type
    passwords where names belong."""

    __tablename__ = "sign_in_failures"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class AuditRow(Table):
    """What somebody did, with whose data and what came of it; rows are only ever added, which a trigger sees to.

    number: without a gap. previous, sha256: the chain, see domain/audit.py.
    """

    __tablename__ = "audit_events"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    occurred_at: Mapped[datetime] = mapped_column(index=True)
    action: Mapped[str]
    outcome: Mapped[str]
    reason: Mapped[str]
    person_id: Mapped[uuid.UUID | None]
    person: Mapped[str]
    address: Mapped[str]
    patient_id: Mapped[str] = mapped_column(index=True)
    study_instance_uid: Mapped[str] = mapped_column(index=True)
    about: Mapped[Json]
    previous: Mapped[str]
    sha256: Mapped[str]


class AuditDeliveryRow(Table):
    """How far the audit trail was sent to a destination. number: of the last row that was."""

    __tablename__ = "audit_deliveries"

    destination: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


class DeletionRow(Table):
    """A deletion for good: its record, and for as long as it goes on, what is left to be removed. number: grows as they
    are asked for.

    target: as JSON, null when all is done: it names the patient, and the record must not. counts: by kind. sent_to:
    peers that have copies. waits_because: what is in the way. rewritten_at: when the database's files were written
    anew.
    """

    __tablename__ = "deletions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    client_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    patient_hash: Mapped[str]
    whole_patient: Mapped[bool]
    although_signed: Mapped[bool]
    reason: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    target: Mapped[Json | None]
    counts: Mapped[Json]
    sent_to: Mapped[list[str]]
    waits_because: Mapped[str | None]
    done_at: Mapped[datetime | None]
    rewritten_at: Mapped[datetime | None]


class NightRow(Table):
    """A day on which somebody began the daily work: of several servers, the one that added the row."""

    __tablename__ = "nights"

    day: Mapped[date] = mapped_column(primary_key=True)
