"""The words of the REST contract about the readings of one stack: their list, and two of them compared."""

import uuid
from datetime import datetime
from typing import Self

from pydantic import BaseModel

from scarmass.api.schemas.common import Mass, Rle
from scarmass.api.schemas.readings import State
from scarmass.api.schemas.signing import Record
from scarmass.domain import comparison as domain
from scarmass.domain.masks import Mask
from scarmass.services.measure import SliceMeasure
from scarmass.services.readings import compare as services
from scarmass.services.readings.load import ListedReading, MeasuredReading


class StackReading(Record):
    """One of a stack's readings. changed_by, changed_at: of the last edit."""

    id: uuid.UUID
    state: State
    revision: int
    reviewed: int
    of: int
    mass_g: float | None
    changed_by: str | None
    changed_at: datetime | None

    @classmethod
    def made_from(cls, listed: ListedReading) -> Self:
        one = listed.summary
        return cls(
            id=one.id,
            state=one.state.value,
            revision=one.revision,
            reviewed=one.reviewed,
            of=one.of,
            mass_g=one.mass_g,
            changed_by=one.reader,
            changed_at=one.changed_at,
            **Record.fields_of(listed.record),
        )


class StackReadings(BaseModel):
    """Every reading of a stack, the first one first."""

    readings: list[StackReading]

    @staticmethod
    def of(listed: list[ListedReading]) -> "StackReadings":
        return StackReadings(readings=[StackReading.made_from(one) for one in listed])


class ComparedScar(BaseModel):
    """A slice's scar in one of the two readings; the mask is empty where nothing was outlined."""

    mask: Rle
    area_mm2: float
    mass: Mass

    @staticmethod
    def of(mask: Mask | None, measure: SliceMeasure | None) -> "ComparedScar | None":
        if mask is None or measure is None:
            return None
        return ComparedScar(mask=Rle.of(mask), area_mm2=measure.area_mm2, mass=Mass.of(measure.mass))


class ComparedSlice(BaseModel):
    """dice: 1 where neither reading has scar, null where one of them does not count the slice.

    one, other: null where that reading lacks the slice or excludes it. difference: one less other.
    """

    sop_instance_uid: str
    frame_number: int
    dice: float | None
    one: ComparedScar | None
    other: ComparedScar | None
    difference: Mass

    @staticmethod
    def of(compared: services.ComparedSlice) -> "ComparedSlice":
        pair, one, other = compared.pair, compared.one, compared.other
        sop_instance_uid, frame_number = pair.key
        return ComparedSlice(
            sop_instance_uid=sop_instance_uid,
            frame_number=frame_number,
            dice=pair.dice,
            one=ComparedScar.of(pair.one, one),
            other=ComparedScar.of(pair.other, other),
            difference=Mass.of(domain.difference(one and one.mass, other and other.mass)),
        )


class ComparedReading(Record):
    id: uuid.UUID
    state: State
    revision: int
    totals: Mass

    @classmethod
    def made_from(cls, measured: MeasuredReading) -> Self:
        reading = measured.reading
        return cls(
            id=reading.id,
            state=reading.state.value,
            revision=reading.revision,
            totals=Mass.of(measured.scar.mass),
            **Record.fields_of(reading.record),
        )


class Comparison(BaseModel):
    """dice: over all slices that both readings count, null where there are none. difference: one less other."""

    one: ComparedReading
    other: ComparedReading
    dice: float | None
    difference: Mass
    slices: list[ComparedSlice]

    @staticmethod
    def of(comparison: services.Comparison) -> "Comparison":
        return Comparison(
            one=ComparedReading.made_from(comparison.one),
            other=ComparedReading.made_from(comparison.other),
            dice=comparison.dice,
            difference=Mass.of(domain.difference(comparison.one.scar.mass, comparison.other.scar.mass)),
            slices=[ComparedSlice.of(each) for each in comparison.slices],
        )
