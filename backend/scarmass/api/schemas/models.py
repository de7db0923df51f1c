"""The words of the REST contract about detection, segmentation and mass."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from scarmass.api.schemas.common import (
    Density,
    Drawn,
    Few,
    Mass,
    Model,
    Rle,
    Sensitivity,
    SliceName,
    Strict,
    Uid,
)
from scarmass.domain import prompts, protocols
from scarmass.domain.mass import MassExtent
from scarmass.domain.stack import Slice
from scarmass.domain.structures import Structure
from scarmass.services.measure import SliceMeasure, StackMeasure

Detectable = Literal["left_ventricle", "scar"]


class DetectRequest(Strict):
    """Either a stack or a list of slices. Left ventricles alone are found without asking the segmenter."""

    stack_id: Uid | None = None
    slices: Annotated[Few[SliceName], Field(min_length=1, max_length=512)] | None = None
    structures: set[Detectable] = Field(default={"left_ventricle", "scar"}, min_length=1, fail_fast=True)


class DetectedBox(BaseModel):
    x0: float
    y0: float
    x1: float
    y1: float
    structure: Structure
    score: float

    @staticmethod
    def of(found: protocols.DetectedBox) -> "DetectedBox":
        box = found.box
        return DetectedBox(x0=box.x0, y0=box.y0, x1=box.x1, y1=box.y1, structure=found.structure, score=found.score)


class SliceBoxes(BaseModel):
    sop_instance_uid: str
    frame_number: int
    boxes: list[DetectedBox]

    @staticmethod
    def of(one: Slice, boxes: Sequence[protocols.DetectedBox]) -> "SliceBoxes":
        return SliceBoxes(
            sop_instance_uid=one.header.sop_instance_uid,
            frame_number=one.header.frame_number,
            boxes=[DetectedBox.of(found) for found in boxes],
        )


class Detection(BaseModel):
    """model: the detector. segmenter: says where the scar lies in a stack that shows any."""

    slices: list[SliceBoxes]
    model: Model
    segmenter: Model


class SegmentRequest(SliceName, Drawn):
    structure: Structure = Structure.SCAR
    previous: Rle | None = None
    sensitivity: Sensitivity = 0.0

    def to_domain(self) -> prompts.Prompt:
        """Raises PromptInvalid, MaskMalformed."""
        return prompts.Prompt(
            structure=self.structure,
            boxes=tuple(box.to_domain() for box in self.boxes),
            points=tuple(point.to_domain() for point in self.points),
            previous=None if self.previous is None else self.previous.to_domain(),
            sensitivity=self.sensitivity,
        )


class Segmentation(BaseModel):
    """is_likeliest: nothing reached the limit in a box, so its likeliest part is answered.

    warnings: what is to be said of where scar lies.
    """

    mask: Rle
    score: float
    area_mm2: float
    mass: Mass
    elapsed_ms: float
    model: Model
    is_likeliest: bool
    warnings: list[str]


class PixelsAbove(BaseModel):
    mask: Rle


class SliceMask(SliceName):
    mask: Rle


class MassRequest(Strict):
    stack_id: Uid
    masks: Annotated[Few[SliceMask], Field(max_length=4096)]
    mass_extent: MassExtent | None = None
    density_g_per_ml: Density | None = None


class SliceMass(BaseModel):
    sop_instance_uid: str
    frame_number: int
    area_mm2: float
    mass: Mass

    @staticmethod
    def of(measure: SliceMeasure) -> "SliceMass":
        header = measure.slice.header
        return SliceMass(
            sop_instance_uid=header.sop_instance_uid,
            frame_number=header.frame_number,
            area_mm2=measure.area_mm2,
            mass=Mass.of(measure.mass),
        )


class StackMass(BaseModel):
    slices: list[SliceMass]
    mass: Mass
    mass_extent: MassExtent
    mass_g: float | None
    density_g_per_ml: float

    @staticmethod
    def of(measure: StackMeasure, extent: MassExtent, density_g_per_ml: float) -> "StackMass":
        return StackMass(
            slices=[SliceMass.of(measured) for measured in measure.slices],
            mass=Mass.of(measure.mass),
            mass_extent=extent,
            mass_g=measure.mass_g(extent),
            density_g_per_ml=density_g_per_ml,
        )
