"""Deletions as rows: what is left to be removed while one goes on, and the record that stays."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

from sqlalchemy import func, null, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from scarmass.domain.deletion import Deletion, DeletionReason, DeletionRequest
from scarmass.domain.errors import ClientIdReused, DeletionNotFound
from scarmass.domain.patient import is_surely_same_patient
from scarmass.domain.stack import StudyHeader
from scarmass.storage.documents import Json
from scarmass.storage.notifications import notify
from scarmass.storage.tables import DeletionRow

FORGET = "forget"
"""The key that is notified when what processes remember is to be forgotten."""


@dataclass(frozen=True)
class Target:
    """What is to be removed, and what is left of it once the rows are gone.

    studies: UIDs whose rows are there still. patient_id: of whom everything goes, None where it is these studies alone;
    name and birth date as they were known when it was asked for. left: UIDs of studies that stay as they are.
    gone: UIDs whose rows are gone; with them went objects (SOP Instance UIDs), readings, transfers and files (sha256).
    """

    studies: tuple[str, ...]
    patient_id: str | None = None
    patient_name: str = ""
    patient_birth_date: str = ""
    left: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    transfers: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def uids(self) -> frozenset[str]:
        """Of every study and object."""
        return frozenset((*self.studies, *self.gone, *self.objects))

    def is_of_patient(self, study: StudyHeader) -> bool:
        """Whether a study that came meanwhile is of the patient of whom everything goes, and surely of no other."""
        if self.patient_id is None:
            return False
        patient = StudyHeader("", self.patient_name, self.patient_id, self.patient_birth_date)
        return is_surely_same_patient(patient, study)


@dataclass(frozen=True)
class Removed:
    """What one step removed: counts by kind; and of rows what the next steps need to know."""

    counts: Counter[str] = field(default_factory=Counter)
    objects: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    transfers: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    sent_to: frozenset[str] = frozenset()


def add(session: Session, request: DeletionRequest, patient_hash: str, target: Target) -> Deletion:
    """A deletion that begins; of a client_id that is known already, the one that is stored. Raises ClientIdReused where
    that is not seen."""
    values = {
        "id": uuid.uuid4(),
        "client_id": request.client_id,
        "patient_hash": patient_hash,
        "whole_patient": request.whole_patient,
        "although_signed": request.although_signed,
        "reason": request.reason.value,
        "asked_by": request.asked_by,
        "confirmation_hash": request.confirmation_hash,
        "target": asdict(target),
        "counts": {},
        "sent_to": [],
    }
    session.execute(insert(DeletionRow).values(values).on_conflict_do_nothing(index_elements=["client_id"]))
    found = by_client_id(session, request.client_id)
    if found is None:
        raise ClientIdReused("this client_id asked for another deletion")
    return found


def by_client_id(session: Session, client_id: uuid.UUID) -> Deletion | None:
    row = session.scalar(select(DeletionRow).where(DeletionRow.client_id == client_id))
    return None if row is None else _deletion(row)


def get(session: Session, deletion_id: uuid.UUID) -> Deletion:
    """Raises DeletionNotFound."""
    return _deletion(_row(session, deletion_id))


def page(session: Session, limit: int, before: int | None) -> list[Deletion]:
    """The newest first, at most limit; before: the number that the page before ended with."""
    query = select(DeletionRow).order_by(DeletionRow.number.desc()).limit(limit)
    if before is not None:
        query = query.where(DeletionRow.number < before)
    return [_deletion(row) for row in session.scalars(query)]


def unfinished(session: Session) -> list[uuid.UUID]:
    return list(session.scalars(select(DeletionRow.id).where(DeletionRow.done_at.is_(None))))


def studies_under_way(session: Session) -> set[str]:
    """UIDs of the studies that unfinished deletions are of."""
    targets = session.scalars(select(DeletionRow.target).where(DeletionRow.done_at.is_(None)))
    return {uid for target in targets if target is not None for uid in (*target["studies"], *target["gone"])}


def lock_target(session: Session, deletion_id: uuid.UUID) -> Target | None:
    """What is left to be removed, kept from other processes until the transaction ends; None where all is done.

    Raises DeletionNotFound.
    """
    document = _row(session, deletion_id, lock=True).target
    if document is None:
        return None
    values: Json = {name: tuple(value) if isinstance(value, list) else value for name, value in document.items()}
    return Target(**values)


def set_target(session: Session, deletion_id: uuid.UUID, target: Target) -> None:
    _row(session, deletion_id).target = asdict(target)
    session.flush()


def note_rows(session: Session, deletion_id: uuid.UUID, target: Target, study: str, removed: Removed) -> None:
    """The rows of one of the target's studies are gone."""
    left = replace(
        target,
        studies=tuple(uid for uid in target.studies if uid != study),
        gone=(*target.gone, study),
        objects=(*target.objects, *removed.objects),
        readings=(*target.readings, *removed.readings),
        transfers=(*target.transfers, *removed.transfers),
        files=(*target.files, *removed.files),
    )
    set_target(session, deletion_id, left)
    count(session, deletion_id, removed.counts)
    row = _row(session, deletion_id)
    row.sent_to = sorted({*row.sent_to, *removed.sent_to})
    session.flush()


def note_left(session: Session, deletion_id: uuid.UUID, target: Target, study: str, because: str) -> None:
    """A study stays as it is."""
    kept = tuple(uid for uid in target.studies if uid != study)
    set_target(session, deletion_id, replace(target, studies=kept, left=(*target.left, study)))
    note_reason(session, deletion_id, because)


def note_reason(session: Session, deletion_id: uuid.UUID, because: str) -> None:
    """Why something stays as it is."""
    row = _row(session, deletion_id)
    row.left_because = sorted({*row.left_because, because})
    session.flush()


def count(session: Session, deletion_id: uuid.UUID, counts: Counter[str]) -> None:
    """Add to what was removed so far."""
    row = _row(session, deletion_id)
    row.counts = dict(Counter(row.counts) + counts)
    session.flush()


def wait(session: Session, deletion_id: uuid.UUID, because: str) -> None:
    """Something is in the way."""
    _row(session, deletion_id).waits_because = because
    session.flush()


def finish(session: Session, deletion_id: uuid.UUID) -> None:
    """All is removed: the record names the patient no more, and no process remembers anything of them."""
    row = _row(session, deletion_id)
    row.target, row.waits_because, row.done_at = null(), None, func.clock_timestamp()
    session.flush()
    session.refresh(row)
    notify(session, FORGET)


def set_rewritten(session: Session, deletion_ids: Iterable[uuid.UUID]) -> None:
    """Also forgotten once more is what somebody was working out while it was deleted."""
    due = update(DeletionRow).where(DeletionRow.id.in_(list(deletion_ids)))
    session.execute(due.values(rewritten_at=func.clock_timestamp()))
    notify(session, FORGET)


def done_and_not_rewritten(session: Session) -> list[uuid.UUID]:
    """Those whose bytes may be in the database's files still."""
    query = select(DeletionRow.id).where(DeletionRow.done_at.is_not(None), DeletionRow.rewritten_at.is_(None))
    return list(session.scalars(query))


def _row(session: Session, deletion_id: uuid.UUID, lock: bool = False) -> DeletionRow:
    row = session.get(DeletionRow, deletion_id, with_for_update=lock or None, populate_existing=lock)
    if row is None:
        raise DeletionNotFound("no such deletion")
    return row


def _deletion(row: DeletionRow) -> Deletion:
    request = DeletionRequest(
        client_id=row.client_id,
        reason=DeletionReason(row.reason),
        asked_by=row.asked_by,
        whole_patient=row.whole_patient,
        although_signed=row.although_signed,
        confirmation_hash=row.confirmation_hash,
    )
    return Deletion(
        id=row.id,
        number=row.number,
        patient_hash=row.patient_hash,
        request=request,
        asked_at=row.asked_at,
        counts=dict(row.counts),
        sent_to=tuple(row.sent_to),
        waits_because=row.waits_because,
        left_because=tuple(row.left_because),
        done_at=row.done_at,
        rewritten_at=row.rewritten_at,
    )
