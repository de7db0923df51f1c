"""Signed readings are written into the results folder, each once, and tried again until it is there."""

import logging
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress

from sqlalchemy.orm import Session

from scarmass.domain.audit import Action, Event, Named, Outcome
from scarmass.domain.errors import FileDamaged, NothingOutlined, SlicesDiffer, SourceMissing, Unavailable
from scarmass.domain.pacs import ResultKind
from scarmass.services.context import Context
from scarmass.services.readings.dicom_objects import dicom_objects
from scarmass.services.readings.export import export_rows, to_csv, to_json
from scarmass.services.readings.export_tables import other_tables
from scarmass.services.readings.report import report_of
from scarmass.services.readings.report_pages import to_pdf
from scarmass.services.readings.report_sheet import sheet_of
from scarmass.services.readings.words import Language
from scarmass.storage import audit, jobs, signatures
from scarmass.storage.jobs import Queue
from scarmass.storage.results import why_not_written, write_result
from scarmass.storage.subjects import subjects_of

log = logging.getLogger(__name__)

RETRY_S = 10
RETRY_LOST_S = 3600
"""Where an image is missing or damaged, which somebody has to bring back first."""

NO_FOLDER = "No results folder is set any more."
UNEXPECTED = "An unexpected error, of which the server's log tells more."

FORMATS: Mapping[str, Callable[[Context, uuid.UUID], bytes]] = {
    "csv": lambda context, reading_id: to_csv(export_rows(context, reading_id)[1]).encode(),
    "json": lambda context, reading_id: to_json(
        export_rows(context, reading_id)[1], other_tables(context, reading_id)
    ).encode(),
    "pdf": lambda context, reading_id: to_pdf(
        sheet_of(report_of(context, reading_id), Language.ENGLISH), context.report_templates
    ),
    "seg.dcm": lambda context, reading_id: dicom_objects(context, reading_id, [ResultKind.SEG])[0].content,
    "sr.dcm": lambda context, reading_id: dicom_objects(context, reading_id, [ResultKind.SR])[0].content,
}
"""The files that are written of a signed reading, by their extension; DICOM objects only where it has an outline."""


def deliver(context: Context, reading_id: uuid.UUID) -> None:
    """Write a signed reading that waits for it; where that cannot be done, say why and try again later."""
    with context.database.transaction() as session:
        if not signatures.is_undelivered(session, reading_id):
            return
    reason, wait_s = _written(context, reading_id)
    with context.database.transaction() as session:
        is_new = signatures.set_delivery(session, reading_id, is_written=reason is None, reason=reason)
        if reason is not None:
            jobs.add_job(session, reading_id, Queue.DELIVERING, wait_s=wait_s)
        if is_new:
            _record(session, reading_id, Outcome.SUCCESS if reason is None else Outcome.FAILED)


def give_up_for_now(context: Context, reading_id: uuid.UUID) -> None:
    """Nothing that is signed is set aside for good: `take_up` has it tried again."""
    with context.database.transaction() as session:
        if signatures.is_undelivered(session, reading_id):
            signatures.set_delivery(session, reading_id, is_written=False, reason=UNEXPECTED)
            jobs.add_job(session, reading_id, Queue.DELIVERING, wait_s=RETRY_S)


def take_up(context: Context) -> bool:
    """Queue again what ended processes left; answers whether a job is due."""
    with context.database.transaction() as session:
        jobs.take_back_stalled(session, Queue.DELIVERING)
        waiting = signatures.undelivered(session)
        for reading_id in set(waiting) - jobs.readings_with_a_job(session, Queue.DELIVERING):
            jobs.add_job(session, reading_id, Queue.DELIVERING)
        return jobs.is_job_due(session, Queue.DELIVERING)


def _record(session: Session, reading_id: uuid.UUID, outcome: Outcome) -> None:
    """What keeps a reading from being written is recorded once, however often it is tried."""
    about = {"to": "results folder", "reading_id": str(reading_id)}
    reason = "" if outcome is Outcome.SUCCESS else "ResultsNotWritten"
    subjects = subjects_of(session, Named.READING, [str(reading_id)])
    audit.append(
        session, [Event(Action.EXPORT, subject=one, outcome=outcome, reason=reason, about=about) for one in subjects]
    )


def _written(context: Context, reading_id: uuid.UUID) -> tuple[str | None, int]:
    """Write the files; answers why they are not all there, None where they are, and when to try again."""
    folder = context.results_folder
    if folder is None:
        return NO_FOLDER, RETRY_S
    name, _ = export_rows(context, reading_id)
    try:
        for extension, content in FORMATS.items():
            with suppress(NothingOutlined, SlicesDiffer):
                # Two stacks of one patient and day have files of one name.
                write_result(folder, f"{name}_{reading_id}.{extension}", content(context, reading_id))
    except OSError as error:
        return why_not_written(folder, error), RETRY_S
    except (SourceMissing, FileDamaged) as lost:
        return f"{lost}.", RETRY_LOST_S
    except Unavailable as fact:
        return f"{fact}.", RETRY_S
    return None, RETRY_S
