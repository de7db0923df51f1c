"""Reader studies made and looked at, and their readings opened one after the other."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from scarmass.domain.errors import ClientIdReused, NothingLeftToRead, StackNotFound
from scarmass.domain.reader_study import Arm, Assignment, Key, Opened, Progress, ReaderStudy, key_of, progress
from scarmass.domain.reading import ReadingState
from scarmass.domain.stack import StudyHeader
from scarmass.services.context import Context
from scarmass.storage import jobs, opening, reader_studies, stacks, studies
from scarmass.storage.reader_studies import StoredReaderStudy


@dataclass(frozen=True)
class ReaderStudyProgress:
    """headers: patient and study of each stack, by stack_id. progress: of each reader, in their order."""

    stored: StoredReaderStudy
    headers: Mapping[str, StudyHeader]
    progress: tuple[Progress, ...]

    @property
    def study(self) -> ReaderStudy:
        return self.stored.study


@dataclass(frozen=True)
class OpenedAssignment:
    """is_new: whether its reading was begun by this."""

    assignment: Assignment
    reading_id: uuid.UUID
    is_new: bool


def make_reader_study(context: Context, study: ReaderStudy, client_id: uuid.UUID, author: str) -> ReaderStudyProgress:
    """The study as it is stored; the same request again makes no second one. Raises StackNotFound, ClientIdReused."""
    with context.database.transaction() as session:
        headers = stacks.headers_of_stacks(session, study.stack_ids)
        if missing := set(study.stack_ids) - headers.keys():
            raise StackNotFound(f"no stack has the id {sorted(missing)[0]}")
        study_id = reader_studies.add_reader_study(session, study, client_id, author)
        stored = reader_studies.get_reader_study(session, study_id)
        if stored.study != replace(study, id=study_id):
            raise ClientIdReused("this client_id made another reader study")
        return _progress(session, stored, headers)


def show_reader_study(context: Context, study_id: uuid.UUID) -> ReaderStudyProgress:
    """Raises ReaderStudyNotFound."""
    with context.database.moment() as session:
        return _shown(session, reader_studies.get_reader_study(session, study_id))


def page_of_reader_studies(context: Context, limit: int, before: int | None) -> list[ReaderStudyProgress]:
    """The newest first. before: the number of the last one of the page before."""
    with context.database.moment() as session:
        page = reader_studies.page_of_reader_studies(session, limit, before)
        return [_shown(session, stored) for stored in page]


def open_next(context: Context, study_id: uuid.UUID, client_id: uuid.UUID, reader: str) -> OpenedAssignment:
    """The first of the reader's assignments that is not signed, with its reading; the same request again answers the
    same, also when that is signed meanwhile.

    Raises ReaderStudyNotFound, NotReaderOfStudy, NothingLeftToRead, ClientIdReused.
    """
    with context.database.transaction() as session:
        study = reader_studies.get_reader_study(session, study_id, lock=True).study
        opened = reader_studies.opened_in(session, study_id)
        due = progress(study, reader, opened).next
        if (before := opening.amendment_by(session, client_id)) is not None:
            return _opened_before(study, reader, opened, before)
        if due is None:
            raise NothingLeftToRead("you have signed everything that this reader study asks of you")
        if key_of(due) in opened:
            return OpenedAssignment(due, opened[key_of(due)].reading_id, is_new=False)
        return OpenedAssignment(due, _begin(context, session, due, client_id), is_new=True)


def _opened_before(
    study: ReaderStudy, reader: str, opened: Mapping[Key, Opened], reading_id: uuid.UUID
) -> OpenedAssignment:
    for one in study.assignments(reader):
        if key_of(one) in opened and opened[key_of(one)].reading_id == reading_id:
            return OpenedAssignment(one, reading_id, is_new=False)
    raise ClientIdReused("this client_id opened another reading")


def _begin(context: Context, session: Session, due: Assignment, client_id: uuid.UUID) -> uuid.UUID:
    studies.lock_study(session, stacks.get_stack(session, due.stack_id).study.study_instance_uid)
    stack = stacks.get_stack(session, due.stack_id)  # an import may have changed it meanwhile
    is_prepared = stack.is_lge and due.arm is Arm.WITH_PROPOSALS
    state = ReadingState.PREPARING if is_prepared else ReadingState.DRAFT
    reading_id = opening.open_assigned(session, stack, client_id, state, context.sensitivity, context.wall, due)
    if is_prepared:
        jobs.add_job(session, reading_id)
    return reading_id


def _shown(session: Session, stored: StoredReaderStudy) -> ReaderStudyProgress:
    return _progress(session, stored, stacks.headers_of_stacks(session, stored.study.stack_ids))


def _progress(session: Session, stored: StoredReaderStudy, headers: Mapping[str, StudyHeader]) -> ReaderStudyProgress:
    study, opened = stored.study, reader_studies.opened_in(session, stored.study.id)
    return ReaderStudyProgress(stored, headers, tuple(progress(study, reader, opened) for reader in study.readers))
