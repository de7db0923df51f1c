"""Who sees which rows: one rule for every query of a session, so that no query can forget it.

A session that is limited to study groups finds the rows of their studies and no others; to it the rest is not there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from scarmass.storage import tables
from scarmass.storage.tables import Table

SIGHT = "sight"
"""Under this name a session's info holds its Sight, or None where it sees everything."""


@dataclass(frozen=True)
class Sight:
    """study_groups: whose studies are seen. name: of whoever looks, who sees also what they have asked for."""

    study_groups: frozenset[str]
    name: str

    @property
    def studies(self) -> Select[tuple[str]]:
        of = tables.StudyRow.__table__.c
        return select(of.study_instance_uid).where(of.study_group.in_(sorted(self.study_groups)))

    @property
    def stacks(self) -> Select[tuple[str]]:
        of = tables.StackRow.__table__.c
        return select(of.stack_id).where(of.study_instance_uid.in_(self.studies))

    @property
    def instances(self) -> Select[tuple[str]]:
        of = tables.InstanceRow.__table__.c
        return select(of.sop_instance_uid).where(of.study_instance_uid.in_(self.studies))

    @property
    def readings(self) -> Select:
        of = tables.ReadingRow.__table__.c
        return select(of.id).where(of.stack_id.in_(self.stacks))

    @property
    def reader_studies(self) -> Select:
        of = tables.ReaderStudyStackRow.__table__.c
        return select(of.reader_study_id).where(of.stack_id.in_(self.stacks))


RULES: dict[type[Table], Callable[[Sight], ColumnElement[bool]]] = {
    tables.StudyRow: lambda sight: tables.StudyRow.study_instance_uid.in_(sight.studies),
    tables.StudyChangeRow: lambda sight: tables.StudyChangeRow.study_instance_uid.in_(sight.studies),
    tables.InstanceRow: lambda sight: tables.InstanceRow.study_instance_uid.in_(sight.studies),
    tables.SegmentationRow: lambda sight: tables.SegmentationRow.study_instance_uid.in_(sight.studies),
    tables.FrameRow: lambda sight: tables.FrameRow.sop_instance_uid.in_(sight.instances),
    tables.StackRow: lambda sight: tables.StackRow.study_instance_uid.in_(sight.studies),
    tables.StackChangeRow: lambda sight: tables.StackChangeRow.stack_id.in_(sight.stacks),
    tables.SliceRow: lambda sight: tables.SliceRow.stack_id.in_(sight.stacks),
    tables.ReadingRow: lambda sight: tables.ReadingRow.stack_id.in_(sight.stacks),
    tables.SignatureRow: lambda sight: tables.SignatureRow.reading_id.in_(sight.readings),
    tables.DeliveryRow: lambda sight: tables.DeliveryRow.reading_id.in_(sight.readings),
    tables.WorkRow: lambda sight: tables.WorkRow.reading_id.in_(sight.readings),
    tables.ReadingSliceRow: lambda sight: tables.ReadingSliceRow.reading_id.in_(sight.readings),
    tables.EditRow: lambda sight: tables.EditRow.reading_id.in_(sight.readings),
    tables.SliceChangeRow: lambda sight: tables.SliceChangeRow.reading_id.in_(sight.readings),
    tables.SegmentChangeRow: lambda sight: tables.SegmentChangeRow.reading_id.in_(sight.readings),
    tables.ReportTextRow: lambda sight: tables.ReportTextRow.reading_id.in_(sight.readings),
    tables.ReaderStudyRow: lambda sight: tables.ReaderStudyRow.id.in_(sight.reader_studies),
    tables.ReaderStudyStackRow: lambda sight: tables.ReaderStudyStackRow.stack_id.in_(sight.stacks),
    tables.ReaderStudyReadingRow: lambda sight: tables.ReaderStudyReadingRow.stack_id.in_(sight.stacks),
    tables.ArrivalRow: lambda sight: tables.ArrivalRow.study_instance_uid.in_(sight.studies),
    tables.TransferRow: lambda sight: or_(
        tables.TransferRow.study_instance_uid.in_(sight.studies), tables.TransferRow.asked_by == sight.name
    ),
    tables.DeletionRow: lambda sight: tables.DeletionRow.asked_by == sight.name,  # its study is gone, and its group
}

OF_NO_STUDY = frozenset(
    {
        tables.PersonRow,
        tables.SessionRow,
        tables.TokenRow,
        tables.SignInFailureRow,
        tables.AuditRow,  # a chain: who adds to it needs the last row, whoever it is of
        tables.AuditDeliveryRow,
        tables.NightRow,
        tables.PromotionRow,
        tables.InstallationRow,
    }
)


def limit(state: ORMExecuteState) -> None:
    """Listens to `do_orm_execute`: adds the rules to what a limited session selects, updates or deletes, in joins,
    aliases and subqueries too. Rows that it adds, and plain SQL, are not looked at."""
    sight: Sight | None = state.session.info.get(SIGHT)
    if sight is None or state.is_column_load or state.is_relationship_load:  # these follow the query that led to them
        return
    state.statement = state.statement.options(*_criteria(sight))


@lru_cache(maxsize=128)
def _criteria(sight: Sight) -> tuple[ORMOption, ...]:
    """The rules as SQLAlchemy adds them, some 80 KiB. Kept, as every query needs them and making them takes longer than
    most."""
    return tuple(with_loader_criteria(of, rule(sight), include_aliases=True) for of, rule in RULES.items())
