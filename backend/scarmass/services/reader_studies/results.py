"""What comes of a reader study, as it was signed: measurements, their agreement, and the same as rows of a table."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from scarmass.domain.errors import NothingMeasured, ReaderStudyNotFound, ReaderStudyUnfinished
from scarmass.domain.mass import MassExtent
from scarmass.domain.reader_study import Arm, ReaderStudy, key_of, progress
from scarmass.domain.reader_study_results import (
    Agreement,
    Comparison,
    Measurement,
    SetSummary,
    agreement,
    comparisons,
    grams,
    summaries,
)
from scarmass.domain.stack import StudyHeader
from scarmass.domain.structures import Structure
from scarmass.services.context import Context
from scarmass.services.reader_studies.bland_altman import bland_altman
from scarmass.services.readings.export import OF_SLICES, export_rows
from scarmass.storage import reader_studies, signatures, stacks


@dataclass(frozen=True)
class Compared:
    """number: its place among the study's comparisons. agreement: by each extent, None below three patients."""

    number: int
    comparison: Comparison
    agreement: Mapping[MassExtent, Agreement | None]


@dataclass(frozen=True)
class Results:
    study: ReaderStudy
    headers: Mapping[str, StudyHeader]
    measurements: tuple[Measurement, ...]
    summaries: tuple[SetSummary, ...]
    compared: tuple[Compared, ...]


@dataclass(frozen=True)
class Selected:
    """Which measurements are wanted; None is any."""

    reader: str | None = None
    arm: Arm | None = None
    repeat: int | None = None

    def has(self, one: Measurement) -> bool:
        wanted, is_of = (self.reader, self.arm, self.repeat), one.set
        return all(
            want in (None, value) for want, value in zip(wanted, (is_of.reader, is_of.arm, is_of.repeat), strict=True)
        )


def results_of(context: Context, study_id: uuid.UUID, reader: str) -> Results:
    """reader: who asks. Raises ReaderStudyNotFound, ReaderStudyUnfinished."""
    study, measured = _measured(context, study_id, reader)
    with context.database.transaction() as session:
        headers = stacks.headers_of_stacks(session, study.stack_ids)
    compared = tuple(
        Compared(number, each, {extent: agreement(grams(each, measured, extent)) for extent in MassExtent})
        for number, each in enumerate(comparisons(study))
    )
    return Results(study, headers, measured, summaries(study, measured), compared)


def bland_altman_of(context: Context, study_id: uuid.UUID, number: int, extent: MassExtent, reader: str) -> str:
    """The SVG of a comparison of two sets. Raises ReaderStudyNotFound, ReaderStudyUnfinished, PairsInvalid."""
    study, measured = _measured(context, study_id, reader)
    every = comparisons(study)
    if number >= len(every) or len(every[number].sets) != 2:
        raise ReaderStudyNotFound("no comparison of two sets has this number")
    values = grams(every[number], measured, extent)
    first, second = (_label(every[number], place) for place in range(2))
    return bland_altman(values[:, 0], values[:, 1], first, second)


def rows_of(context: Context, study_id: uuid.UUID, reader: str, selected: Selected) -> list[dict[str, Any]]:
    """The total of each measurement, as an export has it, with whose it is in the study.

    Raises ReaderStudyNotFound, ReaderStudyUnfinished, NothingMeasured.
    """
    study, measured = _measured(context, study_id, reader)
    rows = [_row(context, study, one) for one in measured if selected.has(one)]
    if not rows:
        raise NothingMeasured("nothing of this is signed yet")
    return rows


def _row(context: Context, study: ReaderStudy, one: Measurement) -> dict[str, Any]:
    total = export_rows(context, one.reading_id)[1][-1]
    kept = {column: cell for column, cell in total.items() if column == "row" or column not in OF_SLICES}
    return {
        **kept,
        "reader_study": study.name,
        "reader": one.set.reader,
        "arm": one.set.arm.value,
        "repeat": one.set.repeat,
    }


def _label(comparison: Comparison, place: int) -> str:
    """What one of the two sets is called beside the other."""
    one = comparison.sets[place]
    return {"readers": one.reader, "arms": one.arm.value.replace("_", " "), "repeats": f"repeat {one.repeat}"}[
        comparison.between
    ]


def _measured(context: Context, study_id: uuid.UUID, reader: str) -> tuple[ReaderStudy, tuple[Measurement, ...]]:
    """The signed readings of a study, in its order. Raises ReaderStudyNotFound, ReaderStudyUnfinished."""
    with context.database.moment() as session:
        study = reader_studies.get_reader_study(session, study_id).study
        _require_shown(session, study, reader)
        opened = reader_studies.opened_in(session, study_id)
        records = signatures.records_of(session, [one.reading_id for one in opened.values() if one.is_signed])
    measured = []
    for one in study.all_assignments:
        reading = opened.get(key_of(one))
        if reading is not None and (record := records.get(reading.reading_id)) is not None and record.signature:
            mass = record.signature.masses[Structure.SCAR]
            measured.append(Measurement(one, reading.reading_id, mass, record.seconds_of_work))
    return study, tuple(measured)


def _require_shown(session: Session, study: ReaderStudy, reader: str) -> None:
    if not study.hides_readings or reader not in study.readers:
        return
    if progress(study, reader, reader_studies.opened_in(session, study.id)).next is not None:
        raise ReaderStudyUnfinished("the results are shown to you when you have signed your last measurement")
