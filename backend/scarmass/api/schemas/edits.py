"""The words of the REST contract about edits: what is sent, and the history that is told."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from scarmass.api.schemas.common import (
    Coordinate,
    Drawn,
    Few,
    FrameNumber,
    Position,
    Rle,
    Sensitivity,
    SliceName,
    Uid,
)
from scarmass.api.schemas.landmarks import Insertions, Levels, landmark_edit
from scarmass.api.schemas.methods import Method, PlacedRegions, regions_of
from scarmass.api.schemas.pattern import Pattern
from scarmass.api.schemas.segmentations import TakenSegmentation
from scarmass.domain import edits
from scarmass.domain import history as domain
from scarmass.domain.errors import MethodInvalid, PromptInvalid
from scarmass.domain.history import Standing
from scarmass.domain.reading import EditKind
from scarmass.domain.stack import SliceKey
from scarmass.domain.structures import Structure

MAX_SLICES = 1024
MAX_CURVE = 512

OF_SEVERAL = {
    EditKind.ACCEPT: edits.AcceptAllEdit,
    EditKind.EXCLUDE: edits.ExcludeAllEdit,
    EditKind.INCLUDE: edits.IncludeAllEdit,
}


class EditRequest(Drawn):
    """mask: what the reader painted, the whole mask of the slice. point: of the part that is removed.

    sensitivity: null keeps it, or fits it to what was decided where it follows; then the slice, if one is named, is the
    one in hand. slices: those that are accepted, left out or taken in
    in one step. image: that takes the slice's place in an exchange.
    method: whose mask is adopted, on the slice or on all that no reader decided on. regions: that were placed for it.
    landmarks, levels: all that the reading has of them from now on. contour: a closed curve, x and y of each point;
    slices: those that it is taken over to. pattern: what the reader states from now on.
    confines_scar, papillary_muscles: what counts as the wall; null keeps it.
    """

    client_id: uuid.UUID
    expected_revision: Annotated[int, Field(ge=0, le=2**31 - 1)]
    kind: EditKind
    structure: Structure = Structure.SCAR
    sop_instance_uid: Uid | None = None
    frame_number: FrameNumber = 1
    mask: Rle | None = None
    contour: Few[tuple[Coordinate, Coordinate]] | None = Field(default=None, min_length=3, max_length=MAX_CURVE)
    point: Position | None = None
    sensitivity: Sensitivity | None = None
    follows: bool = False
    slices: Few[SliceName] = Field(default_factory=list, max_length=MAX_SLICES)
    image: SliceName | None = None
    method: Method | None = None
    regions: PlacedRegions = Field(default_factory=list)

    landmarks: Insertions | None = None
    levels: Levels | None = None
    pattern: Pattern | None = None
    confines_scar: bool | None = None
    papillary_muscles: bool | None = None

    def to_domain(self) -> edits.EditRequest:
        """Raises PromptInvalid, MethodInvalid, MaskMalformed, LandmarksInvalid, PatternInvalid."""
        return edits.EditRequest(self.client_id, self.expected_revision, self._sha256(), self._edit())

    def _sha256(self) -> str:
        """Of the request without what is at its default, so that fields a later version adds do not change it."""
        body = self.model_dump(mode="json", exclude_defaults=True)
        return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def _edit(self) -> edits.Edit:
        match self.kind:
            case EditKind.UNDO:
                return edits.UndoEdit()
            case EditKind.REDO:
                return edits.RedoEdit()
            case EditKind.TAKE_OVER:
                return edits.TakeOverEdit()
            case EditKind.PROPOSE:
                return edits.ProposeEdit(self._key)
            case EditKind.THRESHOLD:
                if self.method is None:
                    raise MethodInvalid("a threshold names its method")
                return edits.ThresholdEdit(self.method.to_domain(), self._key, regions_of(self.regions))
            case EditKind.SENSITIVITY:
                return edits.SensitivityEdit(self.sensitivity, self.follows, self._key)
            case EditKind.WALL:
                return edits.WallEdit(self.confines_scar, self.papillary_muscles)
            case EditKind.LANDMARK:
                return landmark_edit(self.landmarks or Insertions(), self.levels or Levels())
            case EditKind.PATTERN:
                return edits.PatternEdit((self.pattern or Pattern()).to_domain())
            case EditKind.IMPORT:
                raise PromptInvalid("masks are taken from a segmentation by opening the stack's reading from it")
            case EditKind.ACCEPT | EditKind.EXCLUDE | EditKind.INCLUDE if self.slices:
                return OF_SEVERAL[self.kind](tuple(dict.fromkeys(named.key for named in self.slices)))
        if (key := self._key) is None:
            raise PromptInvalid(f"an edit of kind {self.kind.value} names its slice")
        match self.kind:
            case EditKind.PROMPT:
                boxes = tuple(box.to_domain() for box in self.boxes)
                points = tuple(point.to_domain() for point in self.points)
                return edits.PromptEdit(key, boxes, points, self.structure)
            case EditKind.PAINT:
                if self.mask is None:
                    raise PromptInvalid("painting needs the mask that was painted")
                return edits.PaintEdit(key, self.mask.to_domain(), self.structure)
            case EditKind.CONTOUR:
                if self.contour is None:
                    raise PromptInvalid("an edit of kind contour needs its curve")
                keys = dict.fromkeys([key, *(named.key for named in self.slices)])
                return edits.ContourEdit(tuple(keys), tuple(self.contour), self.structure)
            case EditKind.REMOVE_PART:
                if self.point is None:
                    raise PromptInvalid("removing a part needs a point on it")
                return edits.RemovePartEdit(key, self.point.x, self.point.y, self.structure)
            case EditKind.EXCHANGE:
                if self.image is None:
                    raise PromptInvalid("an exchange names the image that comes in the place of the slice")
                return edits.ExchangeEdit(key, self.image.key)
            case EditKind.CLEAR:
                return edits.ClearEdit(key, self.structure)
            case EditKind.NO_SCAR:
                return edits.NoScarEdit(key)
            case EditKind.ACCEPT:
                return edits.AcceptEdit(key)
            case EditKind.EXCLUDE:
                return edits.ExcludeEdit(key)
            case EditKind.INCLUDE:
                return edits.IncludeEdit(key)

    @property
    def _key(self) -> SliceKey | None:
        return None if self.sop_instance_uid is None else (self.sop_instance_uid, self.frame_number)


class PastEdit(BaseModel):
    """One edit of a reading: live, undone, gone (undone for good), or a step of undo or redo.

    sensitivity, confines_scar, papillary_muscles: what the edit made them, null where it left them alone. method: in
    words, that the edit adopted. pattern: that it stated. taken_from: in words, the segmentation that an import took,
    which segmentation tells part by part.
    """

    revision: int
    kind: EditKind
    author: str
    created_at: datetime
    slices: list[SliceName]
    standing: Standing
    sensitivity: float | None
    method: str | None
    pattern: Pattern | None
    confines_scar: bool | None
    papillary_muscles: bool | None
    taken_from: str | None
    segmentation: TakenSegmentation | None


class History(BaseModel):
    """The newest edit first. next_cursor goes on with older ones."""

    edits: list[PastEdit]
    next_cursor: int | None

    @staticmethod
    def of(past: Sequence[domain.PastEdit], limit: int, before: int | None) -> "History":
        """Up to limit edits, the newest first, of those before a revision."""
        older = [edit for edit in reversed(past) if before is None or edit.revision < before]
        shown = [
            PastEdit(
                revision=edit.revision,
                kind=edit.kind,
                author=edit.author,
                created_at=edit.created_at,
                slices=[SliceName(sop_instance_uid=sop, frame_number=frame) for sop, frame in sorted(edit.slices)],
                standing=edit.standing,
                sensitivity=edit.sensitivity,
                method=edit.method,
                pattern=None if edit.pattern is None else Pattern.of(edit.pattern),
                confines_scar=None if edit.wall is None else edit.wall.confines_scar,
                papillary_muscles=None if edit.wall is None else edit.wall.papillary_muscles,
                taken_from=None if edit.taken_from is None else edit.taken_from.words,
                segmentation=TakenSegmentation.of(edit.taken_from),
            )
            for edit in older[:limit]
        ]
        return History(edits=shown, next_cursor=shown[-1].revision if len(older) > limit else None)
