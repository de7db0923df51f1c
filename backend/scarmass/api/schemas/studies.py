"""The words of the REST contract about studies, stacks and slices."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from scarmass.api.schemas.common import Box, Strict, StudyGroup
from scarmass.api.schemas.signing import Delivery, Signature
from scarmass.domain import stack as domain
from scarmass.domain.mass import MassExtent
from scarmass.domain.opening_view import Apex
from scarmass.domain.placement import MARGIN_MM
from scarmass.domain.stack import Contrast
from scarmass.services.opening_view import OpeningView
from scarmass.services.readings.load import ListedReading
from scarmass.services.readings.summary import Progress

THICKEST_MM = 100.0


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
    def of(stack: domain.Stack, listed: ListedReading | None) -> "StackSummary":
        summary = None if listed is None else listed.summary
        return StackSummary(
            stack_id=stack.stack_id,
            series_instance_uids=sorted({one.header.series_instance_uid for one in stack.slices}),
            description=stack.description,
            contrast=stack.contrast,
            is_lge=stack.is_lge,
            is_lge_because=stack.is_lge_because,
            number_of_slices=len(stack.slices),
            reading_id=None if summary is None else summary.id,
            growth=None if listed is None else Growth.of(listed.growth),
            progress=Progress.NEW if summary is None else summary.progress,
            reading=None if listed is None else ReadingSummary.of_listed(listed),
        )


class Removal(BaseModel):
    author: str
    at: datetime

    @staticmethod
    def of(removal: domain.Removal | None) -> "Removal | None":
        return None if removal is None else Removal(author=removal.author, at=removal.at)


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
    segmentations: int
    stacks: list[StackSummary]

    @staticmethod
    def of(study: domain.Study, readings: Mapping[str, ListedReading], segmentations: int) -> "Study":
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


class Slice(BaseModel):
    sop_instance_uid: str
    frame_number: int
    index: int
    rows: int
    columns: int
    dtype: str
    photometric_interpretation: str
    rescale_slope: float
    rescale_intercept: float
    window_center: float | None
    window_width: float | None
    pixel_spacing_mm: tuple[float, float]
    slice_thickness_mm: float | None
    slice_spacing_mm: float | None
    position_mm: tuple[float, float, float]
    orientation: tuple[float, float, float, float, float, float]

    @staticmethod
    def of(one: domain.Slice, index: int) -> "Slice":
        of_the_slice = {name: getattr(one, name) for name in ("slice_thickness_mm", "slice_spacing_mm")}
        shown = Slice.model_fields.keys() - {"index", *of_the_slice}
        return Slice(index=index, **of_the_slice, **{name: getattr(one.header, name) for name in shown})


class TypedThickness(BaseModel):
    """A slice thickness that the headers lack, as a reader typed it."""

    mm: float
    author: str
    at: datetime

    @staticmethod
    def of(typed: domain.TypedThickness | None) -> "TypedThickness | None":
        return None if typed is None else TypedThickness(mm=typed.mm, author=typed.author, at=typed.at)


class RepeatedImage(BaseModel):
    """One of several images of one position. acquisition_time: HHMMSS.F, or empty."""

    sop_instance_uid: str
    frame_number: int
    acquisition_time: str

    @staticmethod
    def of(one: domain.RepeatedImage) -> "RepeatedImage":
        sop, frame = one.key
        return RepeatedImage(sop_instance_uid=sop, frame_number=frame, acquisition_time=one.acquisition_time)


class Stack(BaseModel):
    """repeats: the images of each position that was imaged several times, in order of time; the stack has the last."""

    stack_id: str
    study_instance_uid: str
    patient: Patient
    study_date: str
    study_description: str
    description: str
    contrast: Contrast
    is_lge: bool
    is_lge_because: str
    mass_extent: MassExtent
    density_g_per_ml: float
    typed_thickness: TypedThickness | None = None
    warnings: list[str]
    repeats: list[list[RepeatedImage]] = []
    slices: list[Slice]

    @staticmethod
    def of(stack: domain.Stack, mass_extent: MassExtent, density_g_per_ml: float) -> "Stack":
        return Stack(
            stack_id=stack.stack_id,
            study_instance_uid=stack.study.study_instance_uid,
            patient=Patient.of(stack.study),
            study_date=stack.study.study_date,
            study_description=stack.study.study_description,
            description=stack.description,
            contrast=stack.contrast,
            is_lge=stack.is_lge,
            is_lge_because=stack.is_lge_because,
            mass_extent=domain.headline_extent(stack.slices, mass_extent),
            density_g_per_ml=density_g_per_ml,
            typed_thickness=TypedThickness.of(stack.typed_thickness),
            warnings=list(stack.warnings),
            repeats=[[RepeatedImage.of(one) for one in images] for images in stack.repeats],
            slices=[Slice.of(one, index) for index, one in enumerate(stack.slices)],
        )


class Ventricle(BaseModel):
    """Where the left ventricle lies on a slice: the heart's region where it was not found on this one."""

    sop_instance_uid: str
    frame_number: int
    box: Box | None


class View(BaseModel):
    """heart, ventricles: in corner-based image pixels. window: in rescaled values. null is what is not known.

    ventricle_margin_mm: what lies this near to a ventricle's box is not outside of it.
    """

    heart: Box | None
    window_center: float | None
    window_width: float | None
    apex: Apex | None
    ventricles: list[Ventricle]
    ventricle_margin_mm: float

    @staticmethod
    def of(view: OpeningView) -> "View":
        window = view.window
        return View(
            heart=None if view.heart is None else Box.of(view.heart),
            window_center=None if window is None else (window.low + window.high) / 2,
            window_width=None if window is None else window.high - window.low,
            apex=view.apex,
            ventricles=[
                Ventricle(sop_instance_uid=sop, frame_number=frame, box=None if box is None else Box.of(box))
                for (sop, frame), box in view.ventricles.items()
            ],
            ventricle_margin_mm=MARGIN_MM,
        )


class StackChange(Strict):
    is_lge: bool | None = None
    contrast: Contrast | None = None
    slice_thickness_mm: Annotated[float, Field(gt=0, le=THICKEST_MM, strict=True, allow_inf_nan=False)] | None = None
