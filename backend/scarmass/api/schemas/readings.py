"""The words of the REST contract about readings: what is sent as an edit, and what a reading tells."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from scarmass.api.schemas.common import (
    MAX_BOXES,
    MAX_POINTS,
    Box,
    FrameNumber,
    Mass,
    Model,
    Point,
    Rle,
    SliceName,
    Strict,
    Uid,
)
from scarmass.domain.mass import MassExtent
from scarmass.domain.reading import EditKind, SliceState, Standing


class OpenReading(Strict):
    client_id: uuid.UUID


class ReadingSlice(BaseModel):
    """revision: of the edit that made the slice what it is, 0 where no edit did. state_before: of an excluded slice."""

    sop_instance_uid: str
    frame_number: int
    index: int
    revision: int
    state: SliceState
    state_before: SliceState | None
    boxes: list[Box]
    points: list[Point]
    mask: Rle | None
    score: float | None
    area_mm2: float | None
    mass: Mass | None


class Totals(BaseModel):
    revision: int
    totals: Mass
    mass_extent: MassExtent
    mass_g: float | None
    reviewed: int
    of: int
    can_undo: bool
    can_redo: bool


class Models(BaseModel):
    detector: Model
    segmenter: Model


class Reading(Totals):
    id: uuid.UUID
    stack_id: str
    state: Literal["preparing", "draft", "failed"]
    prepared: int
    density_g_per_ml: float
    model: Models
    slices: list[ReadingSlice]


class ReadingChange(Totals):
    """What an event tells: the slices that changed since the event before, and the totals."""

    state: Literal["preparing", "draft", "failed"]
    prepared: int
    slices: list[ReadingSlice]


class EditRequest(Strict):
    client_id: uuid.UUID
    expected_revision: Annotated[int, Field(ge=0, le=2**31 - 1)]
    kind: EditKind
    sop_instance_uid: Uid | None = None
    frame_number: FrameNumber = 1
    boxes: list[Box] = Field(default_factory=list, max_length=MAX_BOXES)
    points: list[Point] = Field(default_factory=list, max_length=MAX_POINTS)
    mask: Rle | None = None
    """What the reader painted, the whole mask of the slice."""


class EditAnswer(Totals):
    slice: ReadingSlice | None
    slices: list[ReadingSlice]


class PastEdit(BaseModel):
    """One edit of a reading: live, undone, gone (undone for good), or a step of undo or redo."""

    revision: int
    kind: EditKind
    author: str
    created_at: datetime
    slices: list[SliceName]
    standing: Standing


class History(BaseModel):
    """The newest edit first. next_cursor goes on with older ones."""

    edits: list[PastEdit]
    next_cursor: int | None
