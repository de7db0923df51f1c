"""What a reader can do to a reading: each kind of edit as a type of its own."""

import uuid
from dataclasses import dataclass, field
from typing import ClassVar

from scarmass.domain.errors import (
    ContourInvalid,
    LandmarksInvalid,
    MethodInvalid,
    PromptInvalid,
    SensitivityInvalid,
)
from scarmass.domain.landmarks import Place
from scarmass.domain.masks import Mask
from scarmass.domain.methods import Method, MethodName, Regions
from scarmass.domain.pattern import Pattern
from scarmass.domain.prompts import Box, Point
from scarmass.domain.reading import (
    EditKind,
)
from scarmass.domain.segmentation import Imported, TakenFrom
from scarmass.domain.sensitivity import HIGHEST, LOWEST
from scarmass.domain.stack import SliceKey
from scarmass.domain.structures import CONTOURED, Structure


@dataclass(frozen=True)
class PromptEdit:
    """Boxes and points, all that are on the slice, for a model to answer."""

    kind: ClassVar = EditKind.PROMPT
    slice: SliceKey
    boxes: tuple[Box, ...] = ()
    points: tuple[Point, ...] = ()
    structure: Structure = Structure.SCAR

    def __post_init__(self) -> None:
        if not self.boxes and not self.points:
            raise PromptInvalid("a prompt needs a box or a point")


@dataclass(frozen=True)
class PaintEdit:
    """The whole mask of the slice, bool (rows, columns), as the reader painted it."""

    kind: ClassVar = EditKind.PAINT
    slice: SliceKey
    mask: Mask
    structure: Structure = Structure.SCAR


@dataclass(frozen=True)
class ContourEdit:
    """A closed curve, corner-based pixels (n, 2), round the ventricle or its blood pool; on several slices alike."""

    kind: ClassVar = EditKind.CONTOUR
    slices: tuple[SliceKey, ...]
    contour: tuple[tuple[float, float], ...]
    structure: Structure

    def __post_init__(self) -> None:
        if self.structure not in CONTOURED:
            raise ContourInvalid("a contour goes round the left ventricle or the blood pool")


@dataclass(frozen=True)
class RemovePartEdit:
    """The part of the mask under a corner-based pixel coordinate goes, with what was drawn for it."""

    kind: ClassVar = EditKind.REMOVE_PART
    slice: SliceKey
    x: float
    y: float
    structure: Structure = Structure.SCAR


@dataclass(frozen=True)
class ClearEdit:
    kind: ClassVar = EditKind.CLEAR
    slice: SliceKey
    structure: Structure = Structure.SCAR


@dataclass(frozen=True)
class NoScarEdit:
    kind: ClassVar = EditKind.NO_SCAR
    slice: SliceKey


@dataclass(frozen=True)
class AcceptEdit:
    kind: ClassVar = EditKind.ACCEPT
    slice: SliceKey


@dataclass(frozen=True)
class AcceptAllEdit:
    """What is on several slices, accepted in one step."""

    kind: ClassVar = EditKind.ACCEPT
    slices: tuple[SliceKey, ...]


@dataclass(frozen=True)
class ExcludeEdit:
    kind: ClassVar = EditKind.EXCLUDE
    slice: SliceKey


@dataclass(frozen=True)
class IncludeEdit:
    kind: ClassVar = EditKind.INCLUDE
    slice: SliceKey


@dataclass(frozen=True)
class ExcludeAllEdit:
    """Several slices left out in one step, as those beyond the base or the apex are."""

    kind: ClassVar = EditKind.EXCLUDE
    slices: tuple[SliceKey, ...]


@dataclass(frozen=True)
class IncludeAllEdit:
    kind: ClassVar = EditKind.INCLUDE
    slices: tuple[SliceKey, ...]


@dataclass(frozen=True)
class ProposeEdit:
    """The models' own answer on one slice, or on all slices that no reader has decided on."""

    kind: ClassVar = EditKind.PROPOSE
    slice: SliceKey | None = None


@dataclass(frozen=True)
class SensitivityEdit:
    """How generously outlines are drawn from now on, on every slice that no reader decided on and the one in hand.

    value: None keeps it, or fits it where it follows. Raises SensitivityInvalid.
    """

    kind: ClassVar = EditKind.SENSITIVITY
    value: float | None
    follows: bool
    slice: SliceKey | None = None

    def __post_init__(self) -> None:
        if self.value is not None and not LOWEST <= self.value <= HIGHEST:
            raise SensitivityInvalid(f"a sensitivity lies between {LOWEST:g} and {HIGHEST:g}")


@dataclass(frozen=True)
class WallEdit:
    """What counts as the wall from now on, on all slices of the reading; None keeps a rule as it is."""

    kind: ClassVar = EditKind.WALL
    confines_scar: bool | None = None
    papillary_muscles: bool | None = None


@dataclass(frozen=True)
class ThresholdEdit:
    """A method's mask as scar on one slice, or on all slices that no reader decided on. Raises MethodInvalid."""

    kind: ClassVar = EditKind.THRESHOLD
    method: Method
    slice: SliceKey | None = None
    regions: Regions = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.method.name is MethodName.GREY_ZONE:
            raise MethodInvalid("the grey zone is a part of the scar and is not adopted as all of it")


@dataclass(frozen=True)
class LandmarkEdit:
    """All the landmarks that the reading has from now on; None is one that is not marked.

    first_mid, first_apical: the first slices of their levels, counted from the base. Raises LandmarksInvalid.
    """

    kind: ClassVar = EditKind.LANDMARK
    anterior_insertion: Place | None = None
    inferior_insertion: Place | None = None
    first_mid: SliceKey | None = None
    first_apical: SliceKey | None = None

    def __post_init__(self) -> None:
        if self.anterior_insertion is None and self.inferior_insertion is None:
            raise LandmarksInvalid("an edit of landmarks marks at least one insertion point")


@dataclass(frozen=True)
class PatternEdit:
    """What the reader says of the pattern from now on; without a layer, that it is not said any more."""

    kind: ClassVar = EditKind.PATTERN
    pattern: Pattern


@dataclass(frozen=True)
class TakeOverEdit:
    """The slices that the study has since the reading got its own."""

    kind: ClassVar = EditKind.TAKE_OVER


@dataclass(frozen=True)
class ExchangeEdit:
    """Another image of the same position in the place of a slice."""

    kind: ClassVar = EditKind.EXCHANGE
    slice: SliceKey
    image: SliceKey


@dataclass(frozen=True, eq=False)
class ImportEdit:
    """What a segmentation of somebody else shows, in the place of all that the reading has of those structures."""

    kind: ClassVar = EditKind.IMPORT
    imported: Imported
    taken_from: TakenFrom


@dataclass(frozen=True)
class UndoEdit:
    kind: ClassVar = EditKind.UNDO


@dataclass(frozen=True)
class RedoEdit:
    kind: ClassVar = EditKind.REDO


SliceEdit = PromptEdit | PaintEdit | RemovePartEdit | ClearEdit | NoScarEdit | AcceptEdit | ExcludeEdit | IncludeEdit
StackEdit = (
    AcceptAllEdit
    | ExcludeAllEdit
    | IncludeAllEdit
    | ContourEdit
    | ProposeEdit
    | SensitivityEdit
    | WallEdit
    | ThresholdEdit
    | LandmarkEdit
    | PatternEdit
    | TakeOverEdit
    | ExchangeEdit
    | ImportEdit
)
Edit = SliceEdit | StackEdit | UndoEdit | RedoEdit


@dataclass(frozen=True)
class EditRequest:
    """An edit as it was asked for. sha256: of the request as it came, which the same request again is known by."""

    client_id: uuid.UUID
    expected_revision: int
    sha256: str
    edit: Edit
