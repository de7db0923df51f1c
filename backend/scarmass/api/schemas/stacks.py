"""The words of the REST contract about stacks and slices."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from scarmass.api.schemas.common import Box, Strict
from scarmass.api.schemas.studies import Patient
from scarmass.domain import stack as domain
from scarmass.domain.mass import MassExtent
from scarmass.domain.opening_view import Apex
from scarmass.domain.placement import MARGIN_MM
from scarmass.domain.stack import Contrast
from scarmass.services.opening_view import OpeningView

THICKEST_MM = 100.0


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
