"""The words of the REST contract about the earlier studies of a patient."""

import uuid
from collections.abc import Sequence

from pydantic import BaseModel

from scarmass.api.schemas.common import Mass
from scarmass.api.schemas.readings import State
from scarmass.api.schemas.signing import Signature
from scarmass.api.schemas.studies import Patient
from scarmass.domain.priors import Doubt
from scarmass.domain.stack import Contrast
from scarmass.services.readings import priors as services
from scarmass.services.readings.load import MeasuredReading


class PriorReading(BaseModel):
    """signature: who signed it, and when; null of a draft."""

    id: uuid.UUID
    state: State
    signature: Signature | None
    scar: Mass

    @staticmethod
    def of(measured: MeasuredReading | None) -> "PriorReading | None":
        if measured is None:
            return None
        reading = measured.reading
        return PriorReading(
            id=reading.id,
            state=reading.state.value,
            signature=Signature.of(reading.record.signature),
            scar=Mass.of(measured.scar.mass),
        )


class Prior(BaseModel):
    """An earlier study of the same PatientID, by one of its stacks of late enhancement.

    doubts: what it says differently of its patient, which may be another one. reading: the one that was signed last,
    else the newest draft; null where nobody read it.
    """

    study_instance_uid: str
    study_date: str
    study_description: str
    patient: Patient
    doubts: list[Doubt]
    stack_id: str
    description: str
    contrast: Contrast
    number_of_slices: int
    reading: PriorReading | None

    @staticmethod
    def of(prior: services.Prior) -> "Prior":
        header, stack = prior.study.header, prior.stack
        return Prior(
            study_instance_uid=header.study_instance_uid,
            study_date=header.study_date,
            study_description=header.study_description,
            patient=Patient.of(header),
            doubts=list(prior.doubts),
            stack_id=stack.stack_id,
            description=stack.description,
            contrast=stack.contrast,
            number_of_slices=len(stack.slices),
            reading=PriorReading.of(prior.reading),
        )


class Priors(BaseModel):
    priors: list[Prior]

    @staticmethod
    def of(priors: Sequence[services.Prior]) -> "Priors":
        return Priors(priors=[Prior.of(prior) for prior in priors])
