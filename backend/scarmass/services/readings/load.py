"""Readings as they are now, with what they weigh and what their study has beyond them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from scarmass.domain.history import PastEdit
from scarmass.domain.mass import Mass
from scarmass.domain.reading import Reading
from scarmass.domain.signature import Record
from scarmass.domain.stack import Growth, growth
from scarmass.domain.structures import Structure
from scarmass.domain.worklist import ListedStudy
from scarmass.services.context import Context
from scarmass.services.measure import StackMeasure, measure_stack
from scarmass.services.readings.myocardium import Myocardium, measure_myocardium
from scarmass.services.readings.summary import ReadingSummary
from scarmass.storage import history, reading_slices, readings, signatures, stacks, studies


@dataclass(frozen=True)
class MeasuredReading:
    """measures: of every structure that the reading holds, and of scar always. growth: None where there is nothing."""

    reading: Reading
    measures: dict[Structure, StackMeasure]
    growth: Growth | None
    myocardium: Myocardium

    @property
    def scar(self) -> StackMeasure:
        return self.measures[Structure.SCAR]

    @property
    def masses(self) -> dict[Structure, Mass]:
        return {structure: measure.mass for structure, measure in self.measures.items()}


def load_reading(context: Context, reading_id: uuid.UUID) -> MeasuredReading:
    """The reading as it is now. Raises ReadingNotFound."""
    with context.database.moment() as session:
        return measured(context, session, readings.get_reading(session, reading_id))


def past_edits(context: Context, reading_id: uuid.UUID) -> list[PastEdit]:
    """Every edit of a reading and how it stands now, the first one first. Raises ReadingNotFound."""
    with context.database.moment() as session:
        return history.past_edits(session, reading_id)


@dataclass(frozen=True)
class ListedReading:
    """A stack's reading as the worklist tells it. growth: what its study has beyond it, None where nothing."""

    summary: ReadingSummary
    growth: Growth | None
    record: Record


def readings_of(context: Context, of: Sequence[ListedStudy]) -> dict[str, ListedReading]:
    """The readings of these studies' stacks, by stack_id."""
    with context.database.moment() as session:
        reading_ids = readings.readings_of_stacks(session, [stack.stack_id for study in of for stack in study.stacks])
        ids = list(reading_ids.values())
        by_id = _listed(context, session, ids)
    return {stack_id: by_id[id] for stack_id, id in reading_ids.items()}


def readings_of_stack(context: Context, stack_id: str) -> list[ListedReading]:
    """Every reading of a stack, of all readers and versions, the first one first. Raises StackNotFound."""
    with context.database.moment() as session:
        stacks.get_stack(session, stack_id)
        ids = readings.all_of_stack(session, stack_id)
        by_id = _listed(context, session, ids)
    return [by_id[id] for id in ids]


def _listed(context: Context, session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, ListedReading]:
    growths, records = growth_of(session, ids), signatures.records_of(session, ids)
    summaries = context.summaries.of(session, ids, context.recipe_of)
    return {one.id: ListedReading(one, growths.get(one.id), records[one.id]) for one in summaries}


def measured(context: Context, session: Session, reading: Reading) -> MeasuredReading:
    """The reading with the mass of its structures, the excluded slices left out; of a signed one as it was signed."""
    held = {structure for content in reading.contents.values() for structure in content.segments}
    recipe, signature = context.recipe_of(reading), reading.record.signature
    measures = {
        structure: measure_stack(reading.slices, reading.masks(structure), recipe.density_g_per_ml)
        for structure in Structure
        if structure in held | {Structure.SCAR}
    }
    for structure, mass in (signature.masses if signature else {}).items():
        measures[structure] = replace(measures[structure], mass=mass)
    myocardium = measure_myocardium(reading, recipe.density_g_per_ml, recipe.mass_extent)
    return MeasuredReading(reading, measures, growth_of(session, [reading.id]).get(reading.id), myocardium)


def growth_of(session: Session, reading_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Growth]:
    """What their studies have beyond the slices of these readings; readings that lack nothing are left out."""
    found = {}
    for reading_id, study_instance_uid, since in readings.outgrown(session, reading_ids):
        stacks = studies.get_study(session, study_instance_uid).stacks
        later = studies.imported_since(session, study_instance_uid, since)
        found[reading_id] = growth(reading_slices.slices_of(session, reading_id), stacks, later)
    return {reading_id: grown for reading_id, grown in found.items() if grown is not None}
