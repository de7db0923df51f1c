"""A reading: what a clinician holds of the slices it was opened on, as the fold of proposals and edits.

Every step is a set of changes, slice by slice and within a slice structure by structure. Proposals are the ground,
edits lie on top of them in order, and of each part of a slice the last change counts.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from scarmass.domain.errors import ReadingAlreadySigned, SlicesUndecided
from scarmass.domain.landmarks import Landmarks
from scarmass.domain.masks import Mask
from scarmass.domain.methods import Circle, Method, Region
from scarmass.domain.pattern import StatedPattern
from scarmass.domain.prompts import Box, Point
from scarmass.domain.protocols import Model
from scarmass.domain.segmentation import TakenFrom
from scarmass.domain.signature import Record
from scarmass.domain.stack import Slice, SliceKey
from scarmass.domain.structures import Structure


class ReadingState(StrEnum):
    PREPARING = "preparing"
    DRAFT = "draft"
    SIGNED = "signed"
    AMENDED = "amended"
    FAILED = "failed"

    def require_unsigned(self) -> None:
        """Raises ReadingAlreadySigned."""
        if self in SIGNED_STATES:
            raise ReadingAlreadySigned("the reading is signed and takes no edit: amend it to change it")


SIGNED_STATES = frozenset({ReadingState.SIGNED, ReadingState.AMENDED})
"""What was signed stays as it was, also where a newer version amends it."""


class SliceState(StrEnum):
    """What a reader, or the models, decided on a slice's scar."""

    PENDING = "pending"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    EDITED = "edited"
    NO_SCAR = "no_scar"
    EXCLUDED = "excluded"
    FAILED = "failed"


DECIDED_STATES = frozenset({SliceState.ACCEPTED, SliceState.NO_SCAR, SliceState.EXCLUDED})
"""What a reader decided on: these slices are reviewed. A correction is work on the way to a decision."""

READERS_STATES = DECIDED_STATES | {SliceState.EDITED}
"""What a reader made: models that are asked for the whole stack leave these slices as they are."""


class Origin(StrEnum):
    """How a segment came to be."""

    PROPOSED = "proposed"
    PROMPT = "prompt"
    PAINT = "paint"
    THRESHOLD = "threshold"
    CONTOUR = "contour"
    IMPORT = "import"


HAND_MADE = frozenset({Origin.PAINT, Origin.THRESHOLD, Origin.CONTOUR, Origin.IMPORT})
"""Made without a prompt: what comes to such a mask is added to it, and it is never drawn anew."""


class EditKind(StrEnum):
    PROMPT = "prompt"
    PAINT = "paint"
    CONTOUR = "contour"
    CLEAR = "clear"
    NO_SCAR = "no_scar"
    ACCEPT = "accept"
    EXCLUDE = "exclude"
    INCLUDE = "include"
    PROPOSE = "propose"
    REMOVE_PART = "remove_part"
    SENSITIVITY = "sensitivity"
    THRESHOLD = "threshold"
    LANDMARK = "landmark"
    PATTERN = "pattern"
    WALL = "wall"
    TAKE_OVER = "take_over"
    EXCHANGE = "exchange"
    IMPORT = "import"
    UNDO = "undo"
    REDO = "redo"


LIST_EDITS = frozenset({EditKind.TAKE_OVER, EditKind.EXCHANGE})
"""Edits that make another list of a reading's slices."""


@dataclass(frozen=True)
class Segment:
    """What a reading holds of one structure on one slice.

    mask: bool (rows, columns). score, model, sensitivity: of the model that made the mask, None where none did.
    is_likeliest: nothing reached the limit in a box that a reader drew, so its likeliest part is shown.
    warnings: what is to be said of where the mask lies. misplaced: the parts of it (rows, columns) that they speak of.
    method: whose mask it is, where a threshold made it. placed: what of that the method rests on a reader had placed.
    papillary_muscles: what was taken out of a blood pool, bool (rows, columns). given_to_scar: what of it scar took.
    """

    mask: Mask
    origin: Origin
    boxes: tuple[Box, ...] = ()
    points: tuple[Point, ...] = ()
    score: float | None = None
    model: Model | None = None
    sensitivity: float | None = None
    is_likeliest: bool = False
    warnings: tuple[str, ...] = ()
    misplaced: Mask | None = None
    method: Method | None = None
    placed: Mapping[Region, Circle] = field(default_factory=dict)
    papillary_muscles: Mask | None = None
    given_to_scar: Mask | None = None


@dataclass(frozen=True)
class SliceContent:
    """What a reading holds of one slice. An excluded slice keeps beneath what it was before."""

    decision: SliceState = SliceState.PENDING
    is_excluded: bool = False
    segments: Mapping[Structure, Segment] = field(default_factory=dict)

    @property
    def state(self) -> SliceState:
        return SliceState.EXCLUDED if self.is_excluded else self.decision

    @property
    def state_before(self) -> SliceState | None:
        """The state that an excluded slice can return to."""
        return self.decision if self.is_excluded else None

    @property
    def scar(self) -> Segment | None:
        return self.segments.get(Structure.SCAR)


PENDING = SliceContent()


@dataclass(frozen=True)
class SliceChange:
    """What one step makes of a slice. None, and structures that are not named, stay; a structure of None goes."""

    decision: SliceState | None = None
    is_excluded: bool | None = None
    segments: Mapping[Structure, Segment | None] = field(default_factory=dict)

    @property
    def says_any(self) -> bool:
        return self.decision is not None or self.is_excluded is not None or bool(self.segments)

    def applied_to(self, content: SliceContent) -> SliceContent:
        segments = {**content.segments, **self.segments}
        return SliceContent(
            content.decision if self.decision is None else self.decision,
            content.is_excluded if self.is_excluded is None else self.is_excluded,
            {structure: one for structure, one in segments.items() if one is not None},
        )


Changes = Mapping[SliceKey, SliceChange]


@dataclass(frozen=True)
class Sensitivity:
    """How generously a reading's outlines are drawn, and whether that follows what its reader decides."""

    value: float = 0.0
    follows: bool = True


@dataclass(frozen=True)
class WallRules:
    """What counts as the wall in a reading.

    confines_scar: what models draw as scar keeps to the myocardium, and a proposed blood pool gives way to scar.
    papillary_muscles: they count as myocardium, and not as blood.
    """

    confines_scar: bool = True
    papillary_muscles: bool = False


@dataclass(frozen=True)
class Reading:
    """One reading at one revision.

    slices: its own, in order. made_at: the revision of the edit that made a slice what it is; proposals have none.
    proposed: the slices that models have proposed while the reading was prepared, whatever was made of them since.
    changed: the slices that the last step, or the steps since a known event, touched.
    reason: why a failed reading failed. prior: the sensitivity that the reading was opened with.
    """

    id: uuid.UUID
    stack_id: str
    slices: tuple[Slice, ...]
    state: ReadingState = ReadingState.DRAFT
    reason: str | None = None
    revision: int = 0
    contents: Mapping[SliceKey, SliceContent] = field(default_factory=dict)
    made_at: Mapping[SliceKey, int] = field(default_factory=dict)
    proposed: frozenset[SliceKey] = frozenset()
    can_undo: bool = False
    can_redo: bool = False
    authors: tuple[str, ...] = ()
    changed: frozenset[SliceKey] = frozenset()
    has_other_slices: bool = False
    """Whether the step, or the steps since a known event, changed which slices the reading has."""
    sensitivity: Sensitivity = Sensitivity()
    prior: float = 0.0
    wall: WallRules = WallRules()
    landmarks: Landmarks = field(default_factory=Landmarks)
    pattern: StatedPattern | None = None
    """What a reader stated last, None where nobody did."""
    record: Record = field(default_factory=Record)
    taken_from: tuple[TakenFrom, ...] = ()
    """The segmentations of others that masks were taken from, the first one first."""

    def content(self, key: SliceKey) -> SliceContent:
        return self.contents.get(key, PENDING)

    @property
    def keys(self) -> tuple[SliceKey, ...]:
        return tuple(one.key for one in self.slices)

    @property
    def unproposed(self) -> tuple[Slice, ...]:
        """The slices that are still to be prepared."""
        return tuple(one for one in self.slices if one.key not in self.proposed)

    @property
    def reviewed(self) -> int:
        return sum(self.content(key).state in DECIDED_STATES for key in self.keys)

    def require_decided(self) -> None:
        """Raises SlicesUndecided."""
        if left := len(self.slices) - self.reviewed:
            are = "slice is" if left == 1 else "slices are"
            raise SlicesUndecided(f"{left} {are} not decided yet, of {len(self.slices)}")

    def counting(self, structure: Structure) -> dict[SliceKey, Segment]:
        """The segments of a structure that count: those of the reading's slices, the excluded left out."""
        contents = {key: self.content(key) for key in self.keys}
        return {
            key: content.segments[structure]
            for key, content in contents.items()
            if structure in content.segments and not content.is_excluded
        }

    def masks(self, structure: Structure) -> dict[SliceKey, Mask]:
        return {key: segment.mask for key, segment in self.counting(structure).items()}

    @property
    def slices_with_warnings(self) -> int:
        return sum(bool(scar.warnings) for scar in self.counting(Structure.SCAR).values())


def fold(
    steps: Iterable[Changes], beneath: Mapping[SliceKey, SliceContent] = MappingProxyType({})
) -> dict[SliceKey, SliceContent]:
    """What each slice is after these steps in order: the proposals first, then the live edits.

    beneath: what steps before them made.
    """
    contents = dict(beneath)
    for changes in steps:
        for key, change in changes.items():
            contents[key] = change.applied_to(contents.get(key, PENDING))
    return contents
