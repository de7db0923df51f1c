"""The report of a reading: everything that its one page tells, as numbers and texts of no language yet."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from scarmass.domain.comparison import difference
from scarmass.domain.errors import FileDamaged, ObjectRefused, Unavailable
from scarmass.domain.layers import LayersOfScar, layers_of
from scarmass.domain.mass import Mass, MassExtent
from scarmass.domain.protocols import Model
from scarmass.domain.reading import DECIDED_STATES, Origin, Reading, ReadingState, Sensitivity, SliceContent, SliceState
from scarmass.domain.report_text import ImageQuality, ReportText, plain_text
from scarmass.domain.segments17 import AhaSegment
from scarmass.domain.signature import Signature
from scarmass.domain.stack import Stack, headline_extent
from scarmass.domain.structures import Structure
from scarmass.imaging.mr.protocol import Protocol, delay_s, protocol_of
from scarmass.services.context import Context
from scarmass.services.readings.export import models_of
from scarmass.services.readings.key_images import KeyImage, key_images
from scarmass.services.readings.load import MeasuredReading, measured
from scarmass.services.readings.priors import signed_prior
from scarmass.services.readings.report_parts import (
    LeftVentricle,
    MethodsCompared,
    left_ventricle,
    methods_compared,
    segments_of_wall,
)
from scarmass.services.readings.segments17 import wall_of
from scarmass.services.readings.spread import known_spread, spread_of
from scarmass.storage import history, readings, report_texts, stacks


@dataclass(frozen=True)
class Acquisition:
    """protocol: of the first slice's object. inversion_time_ms, delay_s: the least and the greatest of the slices'.

    slice_thickness_mm, slice_spacing_mm: the values that occur, in order.
    """

    protocol: Protocol
    inversion_time_ms: tuple[float, float] | None
    delay_s: tuple[float, float] | None
    slice_thickness_mm: tuple[float, ...]
    slice_spacing_mm: tuple[float, ...]


@dataclass(frozen=True)
class SliceNumbers:
    """Which slices, by their numbers from 1. unreviewed: without a reader's decision. edited: outlined by hand.

    pending: neither a model nor a reader has looked at them.
    """

    with_scar: tuple[int, ...]
    edited: tuple[int, ...]
    excluded: tuple[int, ...]
    failed: tuple[int, ...]
    unreviewed: tuple[int, ...]
    pending: tuple[int, ...]
    of: int

    @property
    def reviewed(self) -> int:
        return self.of - len(self.unreviewed)


@dataclass(frozen=True)
class Prior:
    """An earlier study of the patient: its date, its scar as it was signed, and how much more or less there is now."""

    study_date: str
    scar: Mass
    difference: Mass
    reading_id: uuid.UUID
    signature: Signature


@dataclass(frozen=True)
class Report:
    """One reading at one revision. spread: of scar, None where models could not be asked. signature: None is a draft.

    changed_at: when a reader last changed the reading; None where nobody did. layers: where in the wall scar lies.
    segments: None where contours or insertion points are missing. left_ventricle, layers: None without contours.
    """

    reading: Reading
    stack: Stack
    acquisition: Acquisition
    slices: SliceNumbers
    scar: Mass
    no_reflow: Mass | None
    spread: Mass | None
    mass_extent: MassExtent
    density_g_per_ml: float
    models: tuple[Model, ...]
    key_images: tuple[KeyImage, ...]
    text: ReportText | None
    changed_at: datetime | None
    methods: MethodsCompared
    left_ventricle: LeftVentricle | None = None
    segments: tuple[AhaSegment, ...] | None = None
    layers: LayersOfScar | None = None
    signature: Signature | None = None
    prior: Prior | None = None

    @property
    def is_draft(self) -> bool:
        return self.signature is None

    @property
    def sensitivity(self) -> Sensitivity:
        return self.reading.sensitivity

    @property
    def text_is_older(self) -> bool:
        """Whether the reading has changed since its finding was written."""
        return self.text is not None and bool(self.text.finding) and self.text.revision != self.reading.revision


def report_of(context: Context, reading_id: uuid.UUID, *, asks: bool = True) -> Report:
    """The report of a reading as it is now. Raises ReadingNotFound.

    asks: whether models are asked how unsure its mass is, which takes its time; else it is told where it is known.
    """
    with context.database.transaction() as session:
        found = measured(context, session, readings.get_reading(session, reading_id))
        stack = stacks.get_stack(session, found.reading.stack_id)
        text = report_texts.latest(session, reading_id)
        edits = history.past_edits(session, reading_id)
        prior = _prior(context, session, found, stack)
    reading, signature = found.reading, found.reading.record.signature
    if signature is not None:
        stack = replace(stack, contrast=signature.contrast, warnings=signature.warnings)
    recipe, wall = context.recipe_of(reading), wall_of(found.reading)
    no_reflow = found.measures.get(Structure.NO_REFLOW)
    return Report(
        reading=reading,
        stack=stack,
        acquisition=_acquisition(context, reading),
        slices=_numbers(found),
        scar=found.scar.mass,
        no_reflow=None if no_reflow is None else no_reflow.mass,
        spread=_spread(context, reading, asks),
        mass_extent=headline_extent(reading.slices, recipe.mass_extent),
        density_g_per_ml=recipe.density_g_per_ml,
        models=tuple(models_of(reading)),
        key_images=key_images(context.files, reading, found.scar.slices),
        text=text,
        changed_at=max((edit.created_at for edit in edits), default=None),
        methods=methods_compared(context, reading, stack.contrast),
        left_ventricle=left_ventricle(found.myocardium),
        segments=segments_of_wall(wall, reading.landmarks, recipe.density_g_per_ml),
        layers=layers_of(wall),
        signature=signature,
        prior=prior,
    )


def write_text(
    context: Context,
    reading_id: uuid.UUID,
    author: str,
    finding: str,
    remarks: str,
    quality: ImageQuality | None,
    after: int,
) -> Report:
    """The report with another finding, other remarks and image quality; an empty finding is the proposed one again.

    after: the number of the version that they take the place of, 0 where there is none.
    Raises ReadingNotFound, ReadingAlreadySigned, ReportTextChanged.
    """
    with context.database.transaction() as session:
        report_texts.add(session, reading_id, author, plain_text(finding), plain_text(remarks), quality, after)
    return report_of(context, reading_id)


def _prior(context: Context, session: Session, found: MeasuredReading, stack: Stack) -> Prior | None:
    """None where none is signed, or it may be another patient's. A signed report knows no later signature."""
    signature = found.reading.record.signature
    prior = signed_prior(context, session, stack.study, signature and signature.signed_at)
    if prior is None or prior.reading is None or prior.signature is None:
        return None
    scar = prior.reading.scar.mass
    less = difference(found.scar.mass, scar)
    return Prior(prior.study.header.study_date, scar, less, prior.reading.reading.id, prior.signature)


def _acquisition(context: Context, reading: Reading) -> Acquisition:
    protocol = _protocol(context, reading)
    headers = [one.header for one in reading.slices]
    delays = [delay_s(protocol.contrast_start_time, header.acquisition_time) for header in headers]
    return Acquisition(
        protocol=protocol,
        inversion_time_ms=_range([header.inversion_time_ms for header in headers if header.inversion_time_ms]),
        delay_s=_range([delay for delay in delays if delay is not None]),
        slice_thickness_mm=_values(one.slice_thickness_mm for one in reading.slices),
        slice_spacing_mm=_values(one.slice_spacing_mm for one in reading.slices),
    )


def _protocol(context: Context, reading: Reading) -> Protocol:
    """Nothing is said where the stored object cannot be read: the numbers don't hang on it."""
    if not reading.slices:
        return Protocol()
    try:
        return protocol_of(context.files.get(reading.slices[0].sha256), context.examiners.bounds)
    except (OSError, FileDamaged, ObjectRefused):
        return Protocol()


def _range(values: Collection[float]) -> tuple[float, float] | None:
    return (min(values), max(values)) if values else None


def _values(values: Iterable[float | None]) -> tuple[float, ...]:
    return tuple(sorted({round(value, 2) for value in values if value is not None}))


def _numbers(found: MeasuredReading) -> SliceNumbers:
    reading = found.reading
    contents = [(number, reading.content(key)) for number, key in enumerate(reading.keys, start=1)]
    with_scar = {one.slice.key for one in found.scar.slices if one.area_mm2 > 0}

    def in_state(state: SliceState) -> tuple[int, ...]:
        return tuple(number for number, content in contents if content.state is state)

    return SliceNumbers(
        with_scar=tuple(number for number, key in enumerate(reading.keys, start=1) if key in with_scar),
        edited=tuple(number for number, content in contents if _is_edited(content)),
        excluded=in_state(SliceState.EXCLUDED),
        failed=in_state(SliceState.FAILED),
        unreviewed=tuple(number for number, content in contents if content.state not in DECIDED_STATES),
        pending=in_state(SliceState.PENDING),
        of=len(contents),
    )


def _is_edited(content: SliceContent) -> bool:
    """Whether a reader outlined a structure on a slice: by boxes and points, or with a brush."""
    by_hand = any(segment.origin is not Origin.PROPOSED for segment in content.segments.values())
    return by_hand and content.decision is not SliceState.NO_SCAR


def _spread(context: Context, reading: Reading, asks: bool) -> Mass | None:
    """Of this revision; None where models still work on the reading, are out of reach or others than it was signed
    with, or it moved on meanwhile."""
    signature = reading.record.signature
    models = context.detector.model, context.segmenter.model
    is_of_other_models = signature and (signature.recipe.detector, signature.recipe.segmenter) != models
    if reading.state is ReadingState.PREPARING or is_of_other_models:
        return None
    known = known_spread(context, reading)
    if known is not None or not asks:
        return known
    try:
        spread = spread_of(context, reading.id)
    except Unavailable:
        return None
    return spread.mass if spread.revision == reading.revision else None
