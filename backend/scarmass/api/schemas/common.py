"""The words that all of the REST contract shares, as Pydantic models made from domain types."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from scarmass.domain import masks, mass, prompts, protocols
from scarmass.domain.sensitivity import HIGHEST, LOWEST
from scarmass.domain.stack import SliceKey

Uid = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[ -~]+$")]
FrameNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]
Coordinate = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Sensitivity = Annotated[float, Field(ge=LOWEST, le=HIGHEST, allow_inf_nan=False)]
Density = Annotated[float, Field(gt=0.5, lt=2)]
StudyGroup = Annotated[str, Field(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
MAX_BOXES = 64
MAX_POINTS = 256
MAX_DRAWN = 24
"""Boxes and points on one slice and structure: more than a hand draws."""
MAX_RUNS = 2**21
MAX_FIELDS = 64

T = TypeVar("T")
Few = Annotated[list[T], Field(fail_fast=True)]
"""A list whose first item that is wrong ends its validation: a long one would be as many errors."""


class Strict(BaseModel):
    """A request body: unknown fields are refused, so that a misspelt one is not silently ignored."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _has_few_fields(cls, data: Any) -> Any:
        if isinstance(data, dict) and len(data) > MAX_FIELDS:
            raise PydanticCustomError("too_many_fields", "at most {most} fields are taken", {"most": MAX_FIELDS})
        return data


class SliceName(Strict):
    sop_instance_uid: Uid
    frame_number: FrameNumber = 1

    @property
    def key(self) -> SliceKey:
        return self.sop_instance_uid, self.frame_number


class Box(Strict):
    x0: Coordinate
    y0: Coordinate
    x1: Coordinate
    y1: Coordinate

    @staticmethod
    def of(box: prompts.Box) -> "Box":
        return Box(x0=box.x0, y0=box.y0, x1=box.x1, y1=box.y1)

    def to_domain(self) -> prompts.Box:
        """Raises PromptInvalid."""
        return prompts.Box(self.x0, self.y0, self.x1, self.y1)


class Position(Strict):
    x: Coordinate
    y: Coordinate


class Point(Strict):
    x: Coordinate
    y: Coordinate
    positive: bool

    @staticmethod
    def of(point: prompts.Point) -> "Point":
        return Point(x=point.x, y=point.y, positive=point.positive)

    def to_domain(self) -> prompts.Point:
        """Raises PromptInvalid."""
        return prompts.Point(self.x, self.y, self.positive)


class Drawn(Strict):
    """What a hand draws on one slice."""

    boxes: Few[Box] = Field(default=[], max_length=MAX_BOXES)
    points: Few[Point] = Field(default=[], max_length=MAX_POINTS)

    @model_validator(mode="after")
    def _is_drawn_by_hand(self) -> "Drawn":
        if len(self.boxes) + len(self.points) > MAX_DRAWN:
            raise PydanticCustomError("too_long", "at most {most} boxes and points are taken", {"most": MAX_DRAWN})
        return self


class Rle(Strict):
    """COCO uncompressed run lengths, column-major."""

    size: Annotated[Few[Annotated[int, Field(ge=1, le=65535)]], Field(min_length=2, max_length=2)]
    counts: Annotated[Few[Annotated[int, Field(ge=0, le=2**26)]], Field(max_length=MAX_RUNS)]

    @staticmethod
    def of(mask: masks.Mask) -> "Rle":
        return Rle(**masks.to_rle(mask))

    def to_domain(self) -> masks.Mask:
        """Raises MaskMalformed."""
        return masks.from_rle(self.model_dump())


class Model(BaseModel):
    name: str
    sha256: str

    @staticmethod
    def of(model: protocols.Model) -> "Model":
        return Model(name=model.name, sha256=model.sha256)


class Quantity(BaseModel):
    volume_ml: float
    mass_g: float

    @staticmethod
    def of(quantity: mass.Quantity | None) -> "Quantity | None":
        return None if quantity is None else Quantity(volume_ml=quantity.volume_ml, mass_g=quantity.mass_g)


class Mass(BaseModel):
    by_slice_thickness: Quantity | None
    by_slice_spacing: Quantity | None

    @staticmethod
    def of(measured: mass.Mass) -> "Mass":
        return Mass(
            by_slice_thickness=Quantity.of(measured.by_slice_thickness),
            by_slice_spacing=Quantity.of(measured.by_slice_spacing),
        )


class Problem(BaseModel):
    """RFC 9457 problem details; errors and rejected are extension members."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] | None = None
    rejected: list[dict[str, str]] | None = None
