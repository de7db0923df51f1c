"""The words of the REST contract about studies, and what the worklist tells of their stacks."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel

from scarmass.api.schemas.common import Strict, StudyGroup
from scarmass.api.schemas.signing import Delivery, Signature
from scarmass.domain import stack as domain
from scarmass.domain import training_consent, worklist
from scarmass.domain.stack import Contrast
from scarmass.domain.training_consent import ConsentState
from scarmass.services.readings.load import ListedReading
from scarmass.services.readings.summary import Progress


class Patient(BaseModel):
    name: str
    id: str
    birth_date: str
    sex: str

    @staticmethod
    def of(study: domain.StudyHeader) -> "Patient":
        return Patient(
            name=study.patient_name, id=study.patient_id, birth_date=study.patient_birth_date, sex=study.patient_sex
        )


class Growth(BaseModel):
    """What a study has beyond a reading: images of its stack, and how many slices it can take over."""

    images: int
    slices: int

    @staticmethod
    def of(growth: domain.Growth | None) -> "Growth | None":
        return None if growth is None else Growth(images=growth.images, slices=len(growth.slices))


class ReadingSummary(BaseModel):
    """mass_g: by the site's extent, of the slices that have a mask. reader, changed_at: of the last edit.

    signature: who signed it, and when. delivery: its way into the results folder, null where results are not written.
    """

    id: uuid.UUID
    reviewed: int
    of: int
    mass_g: float | None
    reader: str | None
    changed_at: datetime | None
    signature: Signature | None
    delivery: Delivery | None
    version: int
    seconds_of_work: float

    @staticmethod
    def of_listed(listed: ListedReading) -> "ReadingSummary":
        of_summary = {
            name: getattr(listed.summary, name) for name in ("id", "reviewed", "of", "mass_g", "reader", "changed_at")
        }
        return ReadingSummary(
            **of_summary,
            signature=Signature.of(listed.record.signature),
            delivery=Delivery.of(listed.record.delivery),
            version=listed.record.version,
            seconds_of_work=listed.record.seconds_of_work,
        )


class StackSummary(BaseModel):
    """growth: of the stack's reading. progress: how far that reading is."""

    stack_id: str
    series_instance_uids: list[str]
    description: str
    contrast: Contrast
    is_lge: bool
    is_lge_because: str
    number_of_slices: int
    reading_id: uuid.UUID | None = None
    growth: Growth | None = None
    progress: Progress = Progress.NEW
    reading: ReadingSummary | None = None

    @staticmethod
    def of(stack: worklist.ListedStack, listed: ListedReading | None) -> "StackSummary":
        summary = None if listed is None else listed.summary
        return StackSummary(
            stack_id=stack.stack_id,
            series_instance_uids=list(stack.series_instance_uids),
            description=stack.description,
            contrast=stack.contrast,
            is_lge=stack.is_lge,
            is_lge_because=stack.is_lge_because,
            number_of_slices=stack.number_of_slices,
            reading_id=None if summary is None else summary.id,
            growth=None if listed is None else Growth.of(listed.growth),
            progress=Progress.NEW if summary is None else summary.progress,
            reading=None if listed is None else ReadingSummary.of_listed(listed),
        )


class Removal(BaseModel):
    author: str
    at: datetime

    @staticmethod
    def of(removal: worklist.Removal | None) -> "Removal | None":
        return None if removal is None else Removal(author=removal.author, at=removal.at)


class TrainingConsent(BaseModel):
    """Whether models may learn from a study. author, at: who said so and when, null where nobody said anything."""

    state: ConsentState
    author: str | None
    at: datetime | None

    @staticmethod
    def of(consent: training_consent.TrainingConsent) -> "TrainingConsent":
        return TrainingConsent(state=consent.state, author=consent.author, at=consent.at)


class TrainingConsentChange(Strict):
    """A withdrawal is for good."""

    state: ConsentState


class Study(BaseModel):
    """imported_at: when its first image came. removal: who took it off the worklist, and when. study_group: who sees
    it, empty for the general one. segmentations: how many of others lie beside it."""

    study_instance_uid: str
    patient: Patient
    study_date: str
    study_description: str
    accession_number: str
    imported_at: datetime
    removal: Removal | None
    study_group: str
    training_consent: TrainingConsent
    segmentations: int
    stacks: list[StackSummary]

    @staticmethod
    def of(study: worklist.ListedStudy, readings: Mapping[str, ListedReading], segmentations: int) -> "Study":
        """readings: by stack_id."""
        return Study(
            study_instance_uid=study.header.study_instance_uid,
            patient=Patient.of(study.header),
            study_date=study.header.study_date,
            study_description=study.header.study_description,
            accession_number=study.header.accession_number,
            imported_at=study.imported_at,
            removal=Removal.of(study.removal),
            study_group=study.study_group,
            training_consent=TrainingConsent.of(study.training_consent),
            segmentations=segmentations,
            stacks=[StackSummary.of(stack, readings.get(stack.stack_id)) for stack in study.stacks],
        )


class StudyChange(Strict):
    """What is left out stays. removed: whether it is off the worklist. study_group: who sees it, empty for the general
    one."""

    removed: bool | None = None
    study_group: StudyGroup | None = None


class Rejected(BaseModel):
    name: str
    reason: str


class Intake(BaseModel):
    """stored, already_here: objects that are new, and those that were there before, which changed nothing.

    segmentations: how many of both are segmentations; of images that are not here yet, they have no study above.
    """

    studies: list[Study]
    rejected: list[Rejected]
    stored: int
    already_here: int
    segmentations: int = 0


class Worklist(BaseModel):
    studies: list[Study]
    next_cursor: str | None
