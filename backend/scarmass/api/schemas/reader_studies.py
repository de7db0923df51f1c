"""The words of the REST contract about reader studies."""

import math
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from scarmass.api.schemas.common import Few, Mass, Strict, Uid
from scarmass.api.schemas.signing import Assignment
from scarmass.api.schemas.studies import Patient
from scarmass.domain import agreement
from scarmass.domain import reader_study as domain
from scarmass.domain import reader_study_results as results
from scarmass.domain.mass import MassExtent
from scarmass.domain.reader_study import LONGEST_NAME, MOST_READERS, MOST_REPEATS, MOST_STACKS, Arm
from scarmass.domain.reader_study_results import Between
from scarmass.services.reader_studies import open as opening
from scarmass.services.reader_studies import results as services

ReaderName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")]


class MakeReaderStudy(Strict):
    """stack_ids: in the study's order. readers: their names. seed: of each reader's own order, null where stacks are
    read in the study's. alternates, hides_readings: as in ReaderStudy."""

    client_id: uuid.UUID
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")]
    stack_ids: Annotated[Few[Uid], Field(min_length=1, max_length=MOST_STACKS)]
    readers: Annotated[Few[ReaderName], Field(min_length=1, max_length=MOST_READERS)]
    arms: Few[Arm] = Field(default=[Arm.WITH_PROPOSALS], min_length=1, max_length=len(Arm))
    repeats: Annotated[int, Field(ge=1, le=MOST_REPEATS)] = 1
    seed: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None
    alternates: bool = False
    hides_readings: bool = True

    def to_domain(self, named: Callable[[str], str]) -> domain.ReaderStudy:
        """named: makes a reader of a name. Raises ReaderStudyInvalid."""
        return domain.ReaderStudy(
            id=uuid.uuid4(),
            name=self.name.strip(),
            stack_ids=tuple(self.stack_ids),
            readers=tuple(map(named, self.readers)),
            arms=tuple(self.arms),
            repeats=self.repeats,
            seed=self.seed,
            alternates=self.alternates,
            hides_readings=self.hides_readings,
        )


class NextRequest(Strict):
    client_id: uuid.UUID


class ReaderStudyStack(BaseModel):
    stack_id: str
    patient: Patient
    study_date: str


class ReaderProgress(BaseModel):
    """How far one reader is. next: null where all is signed."""

    reader: str
    done: int
    of: int
    next: Assignment | None

    @staticmethod
    def of_domain(progress: domain.Progress) -> "ReaderProgress":
        due = progress.next
        next_one = None if due is None else Assignment.of_domain(due)
        return ReaderProgress(reader=progress.reader, done=progress.done, of=progress.of, next=next_one)


class ReaderStudy(BaseModel):
    """alternates: of two arms a patient's first one alternates, over patients and over readers. hides_readings: until
    every measurement is signed, no list shows the study's readings."""

    id: uuid.UUID
    name: str
    created_by: str
    created_at: datetime
    stacks: list[ReaderStudyStack]
    readers: list[str]
    arms: list[Arm]
    repeats: int
    seed: int | None
    alternates: bool
    hides_readings: bool
    progress: list[ReaderProgress]

    @staticmethod
    def of(found: opening.ReaderStudyProgress) -> "ReaderStudy":
        study = found.study
        headers = [(stack_id, found.headers[stack_id]) for stack_id in study.stack_ids]
        return ReaderStudy(
            id=study.id,
            name=study.name,
            created_by=found.stored.created_by,
            created_at=found.stored.created_at,
            stacks=[
                ReaderStudyStack(stack_id=stack_id, patient=Patient.of(header), study_date=header.study_date)
                for stack_id, header in headers
            ],
            readers=list(study.readers),
            arms=list(study.arms),
            repeats=study.repeats,
            seed=study.seed,
            alternates=study.alternates,
            hides_readings=study.hides_readings,
            progress=[ReaderProgress.of_domain(each) for each in found.progress],
        )


class ReaderStudies(BaseModel):
    """The newest first."""

    reader_studies: list[ReaderStudy]
    next_cursor: int | None


class OpenedAssignment(BaseModel):
    assignment: Assignment
    reading_id: uuid.UUID


class MeasurementSet(BaseModel):
    """One reader's measurements of all stacks in one arm and repeat."""

    reader: str
    arm: Arm
    repeat: int

    @staticmethod
    def of(each: results.MeasurementSet) -> "MeasurementSet":
        return MeasurementSet(reader=each.reader, arm=each.arm, repeat=each.repeat)


class Measurement(MeasurementSet):
    """A signed reading. seconds: of work."""

    patient: Patient
    study_date: str
    stack_id: str
    reading_id: uuid.UUID
    mass: Mass
    seconds: float


class SetSummary(MeasurementSet):
    """n: measurements, of so many. mean_mass_g: null by an extent that a patient's geometry does not know.

    mean_seconds, median_seconds: a patient, null where nothing is measured.
    """

    n: int
    of_stacks: int
    mean_mass_g: dict[MassExtent, float | None]
    mean_seconds: float | None
    median_seconds: float | None


class Estimate(BaseModel):
    """With its 95 % confidence interval; null where undefined."""

    value: float | None
    low: float | None
    high: float | None

    @staticmethod
    def of(estimate: agreement.Estimate | None) -> "Estimate | None":
        if estimate is None:
            return None
        return Estimate(value=_finite(estimate.value), low=_finite(estimate.low), high=_finite(estimate.high))


class Agreement(BaseModel):
    """Of n patients that every set has measured. icc: ICC(2,1). cv: within patients, a fraction. bias and limits in
    grams, the first set less the second; null of more than two sets."""

    n: int
    icc: Estimate | None
    cv: float | None
    bias: Estimate | None
    lower_limit: Estimate | None
    upper_limit: Estimate | None

    @staticmethod
    def of(found: results.Agreement | None) -> "Agreement | None":
        if found is None:
            return None
        return Agreement(
            n=found.n,
            icc=Estimate.of(found.icc),
            cv=_finite(found.cv),
            bias=Estimate.of(found.bias),
            lower_limit=Estimate.of(found.lower_limit),
            upper_limit=Estimate.of(found.upper_limit),
        )


class SetComparison(BaseModel):
    """number: names its plot. agreement: by each extent, null below three patients."""

    number: int
    between: Between
    sets: list[MeasurementSet]
    agreement: dict[MassExtent, Agreement | None]


class Results(BaseModel):
    """Of what is signed. comparisons: all that the study makes, whatever is measured yet."""

    measurements: list[Measurement]
    sets: list[SetSummary]
    comparisons: list[SetComparison]

    @staticmethod
    def of(found: services.Results) -> "Results":
        return Results(
            measurements=[_measurement(found, one) for one in found.measurements],
            sets=[_summary(one) for one in found.summaries],
            comparisons=[
                SetComparison(
                    number=one.number,
                    between=one.comparison.between,
                    sets=[MeasurementSet.of(each) for each in one.comparison.sets],
                    agreement={extent: Agreement.of(each) for extent, each in one.agreement.items()},
                )
                for one in found.compared
            ],
        )


def _measurement(found: services.Results, one: results.Measurement) -> Measurement:
    header = found.headers[one.assignment.stack_id]
    return Measurement(
        **MeasurementSet.of(one.set).model_dump(),
        patient=Patient.of(header),
        study_date=header.study_date,
        stack_id=one.assignment.stack_id,
        reading_id=one.reading_id,
        mass=Mass.of(one.mass),
        seconds=one.seconds,
    )


def _summary(one: results.SetSummary) -> SetSummary:
    return SetSummary(
        **MeasurementSet.of(one.set).model_dump(),
        n=one.n,
        of_stacks=one.of,
        mean_mass_g=dict(one.mean_mass_g),
        mean_seconds=_finite(one.mean_seconds),
        median_seconds=_finite(one.median_seconds),
    )


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
