"""The words of the REST contract about segmentations that others made."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from scarmass.api.schemas.common import Few, Strict, Uid
from scarmass.domain import segmentation as domain
from scarmass.domain.errors import MeaningsInvalid
from scarmass.domain.segmentation import Meaning, SegmentationKind
from scarmass.services.readings.segmentations import ListedSegmentation

MAX_SEGMENTS = 256


class Segment(BaseModel):
    """code: its property type in words, empty where it is not coded. proposed: what it may be, null where open."""

    number: int
    label: str
    code: str
    proposed: Meaning | None

    @staticmethod
    def of(segment: domain.SegmentDescription) -> "Segment":
        return Segment(number=segment.number, label=segment.label, code=segment.code, proposed=segment.proposed)


class Segmentation(BaseModel):
    """A SEG or RTSTRUCT of the study. label: its series description, else its content_label.

    made_with: manufacturer, model and software. unusable_because: null where its masks can be taken.
    """

    sop_instance_uid: str
    kind: SegmentationKind
    label: str
    content_label: str
    series_description: str
    creator: str
    made_with: str
    content_date: str
    segments: list[Segment]
    unusable_because: str | None


class Segmentations(BaseModel):
    segmentations: list[Segmentation]

    @staticmethod
    def of(found: Sequence[ListedSegmentation]) -> "Segmentations":
        return Segmentations(
            segmentations=[
                Segmentation(
                    sop_instance_uid=one.content.sop_instance_uid,
                    kind=one.content.kind,
                    label=one.content.label,
                    content_label=one.content.content_label,
                    series_description=one.content.series_description,
                    creator=one.content.creator,
                    made_with=one.content.made_with,
                    content_date=one.content.content_date,
                    segments=[Segment.of(segment) for segment in one.content.segments],
                    unusable_because=one.unusable_because,
                )
                for one in found
            ]
        )


class SegmentOnStack(Segment):
    """slices, pixels: how much of the stack it is drawn on."""

    slices: int
    pixels: int


class SegmentationOnStack(BaseModel):
    """What a segmentation shows of the stack's slices, and all that did not go straight."""

    sop_instance_uid: str
    segments: list[SegmentOnStack]
    warnings: list[str]

    @staticmethod
    def of(content: domain.SegmentationObject, read: domain.SegmentationRead) -> "SegmentationOnStack":
        pixels = {
            segment.number: sum(int(mask.sum()) for (_, of), mask in read.masks.items() if of == segment.number)
            for segment in read.segments
        }
        return SegmentationOnStack(
            sop_instance_uid=content.sop_instance_uid,
            segments=[
                SegmentOnStack(
                    **Segment.of(segment).model_dump(),
                    slices=len(read.keys_of(segment.number)),
                    pixels=pixels[segment.number],
                )
                for segment in read.segments
            ],
            warnings=list(read.warnings),
        )


class TakenSegmentation(BaseModel):
    """What an edit took of a segmentation. meanings: which segment as what, in words. slices: how many it tells of.

    warnings: all that did not go straight.
    """

    sop_instance_uid: str
    kind: SegmentationKind
    label: str
    creator: str
    meanings: str
    slices: int
    warnings: list[str]

    @staticmethod
    def of(taken: domain.TakenFrom | None) -> "TakenSegmentation | None":
        return None if taken is None else TakenSegmentation(**{**vars(taken), "warnings": list(taken.warnings)})


class SegmentMeaning(Strict):
    number: Annotated[int, Field(ge=0, le=2**31 - 1)]
    meaning: Meaning


class IntoReading(Strict):
    """A reading of the stack, as the reader has it before them."""

    reading_id: uuid.UUID
    expected_revision: Annotated[int, Field(ge=0, le=2**31 - 1)]


class FromSegmentation(Strict):
    """segments: what each of those that are taken is; the others are left out.

    into: the reading that takes the masks; without it, the stack's where there is none yet, else the reader's own.
    """

    client_id: uuid.UUID
    sop_instance_uid: Uid
    segments: Few[SegmentMeaning] = Field(min_length=1, max_length=MAX_SEGMENTS)
    into: IntoReading | None = None

    @property
    def sha256(self) -> str:
        body = self.model_dump(mode="json", exclude_none=True)
        return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @property
    def meanings(self) -> dict[int, Meaning]:
        """Raises MeaningsInvalid where a segment is said to be two things."""
        found = {one.number: one.meaning for one in self.segments}
        if len(found) < len(self.segments):
            raise MeaningsInvalid("a segment is named twice")
        return found
