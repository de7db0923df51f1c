"""The words of the REST contract as Pydantic models."""

import uuid
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from scarmass.domain.mass import MassExtent
from scarmass.domain.stack import Contrast
from scarmass.domain.structures import Structure

Uid = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[ -~]+$")]
FrameNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]
Coordinate = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Density = Annotated[float, Field(gt=0.5, lt=2)]
MAX_BOXES = 64
MAX_POINTS = 256
MAX_RUNS = 2**21


class Strict(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one is not silently ignored."""

    model_config = ConfigDict(extra="forbid")


class Box(Strict):
    x0: Coordinate
    y0: Coordinate
    x1: Coordinate
    y1: Coordinate


class Point(Strict):
    x: Coordinate
    y: Coordinate
    positive: bool


class Rle(Strict):
    """COCO uncompressed run lengths, column-major."""

    size: Annotated[list[Annotated[int, Field(ge=1, le=65535)]], Field(min_length=2, max_length=2)]
    counts: Annotated[list[Annotated[int, Field(ge=0, le=2**26)]], Field(max_length=MAX_RUNS)]


class Model(BaseModel):
    name: str
    sha256: str


class Quantity(BaseModel):
    volume_ml: float
    mass_g: float


class Mass(BaseModel):
    by_slice_thickness: Quantity | None
    by_slice_spacing: Quantity | None


class Patient(BaseModel):
    name: str
    id: str
    birth_date: str
    sex: str


class StackSummary(BaseModel):
    stack_id: str
    series_instance_uids: list[str]
    description: str
    contrast: Contrast
    is_lge: bool
    is_lge_because: str
    number_of_slices: int
    reading_id: uuid.UUID | None = None


class Study(BaseModel):
    study_instance_uid: str
    patient: Patient
    study_date: str
    study_description: str
    stacks: list[StackSummary]


class Rejected(BaseModel):
    name: str
    reason: str


class Intake(BaseModel):
    studies: list[Study]
    rejected: list[Rejected]


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


class Stack(BaseModel):
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
    warnings: list[str]
    slices: list[Slice]


class StackChange(Strict):
    is_lge: bool | None = None
    contrast: Contrast | None = None


class SliceName(Strict):
    sop_instance_uid: Uid
    frame_number: FrameNumber = 1


class DetectRequest(Strict):
    """Either a stack or a list of slices. Left ventricles alone are found without asking the segmenter."""

    stack_id: Uid | None = None
    slices: Annotated[list[SliceName], Field(min_length=1, max_length=512)] | None = None
    structures: Annotated[set[Literal["left_ventricle", "scar"]], Field(min_length=1)] = {"left_ventricle", "scar"}


class DetectedBox(BaseModel):
    x0: float
    y0: float
    x1: float
    y1: float
    structure: Structure
    score: float


class SliceBoxes(BaseModel):
    sop_instance_uid: str
    frame_number: int
    boxes: list[DetectedBox]


class Detection(BaseModel):
    """model: the detector. segmenter: says where the scar lies in a stack that shows any."""

    slices: list[SliceBoxes]
    model: Model
    segmenter: Model


class SegmentRequest(SliceName):
    structure: Structure = Structure.SCAR
    boxes: Annotated[list[Box], Field(max_length=MAX_BOXES)] = []
    points: Annotated[list[Point], Field(max_length=MAX_POINTS)] = []
    previous: Rle | None = None


class Segmentation(BaseModel):
    mask: Rle
    score: float
    area_mm2: float
    mass: Mass
    elapsed_ms: float
    model: Model


class SliceMask(SliceName):
    mask: Rle


class MassRequest(Strict):
    stack_id: Uid
    masks: Annotated[list[SliceMask], Field(max_length=4096)]
    mass_extent: MassExtent | None = None
    density_g_per_ml: Density | None = None


class SliceMass(BaseModel):
    sop_instance_uid: str
    frame_number: int
    area_mm2: float
    mass: Mass


class StackMass(BaseModel):
    slices: list[SliceMass]
    mass: Mass
    mass_extent: MassExtent
    mass_g: float | None
    density_g_per_ml: float


class Problem(BaseModel):
    """RFC 9457 problem details; errors and rejected are extension members."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] | None = None
    rejected: list[dict[str, str]] | None = None
