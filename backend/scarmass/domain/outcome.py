"""What an edit makes of a reading.

Models are asked outside: `drawn_by` and `slices_to_propose` say what for, and `apply` takes their answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from scarmass.domain.edits import (
    AcceptAllEdit,
    AcceptEdit,
    ContourEdit,
    Edit,
    ExchangeEdit,
    ExcludeAllEdit,
    ExcludeEdit,
    ImportEdit,
    IncludeAllEdit,
    IncludeEdit,
    LandmarkEdit,
    PatternEdit,
    PromptEdit,
    ProposeEdit,
    RedoEdit,
    SensitivityEdit,
    TakeOverEdit,
    ThresholdEdit,
    UndoEdit,
    WallEdit,
)
from scarmass.domain.errors import (
    ImageNotRepeated,
    NothingToAdopt,
    NothingToPropose,
    NothingToRedo,
    NothingToTakeOver,
    NothingToUndo,
)
from scarmass.domain.landmarks import Landmark, Landmarks, LevelBorder, Place
from scarmass.domain.pattern import Pattern
from scarmass.domain.prompts import Point, Prompt
from scarmass.domain.reading import (
    READERS_STATES,
    Changes,
    Reading,
    Segment,
    Sensitivity,
    SliceChange,
    WallRules,
    fold,
)
from scarmass.domain.segmentation import TakenFrom
from scarmass.domain.slice_changes import adopted, change_imported, change_of, contoured, proposal, slice_of, undrawn
from scarmass.domain.stack import Growth, Slice, SliceKey, with_slices
from scarmass.domain.structures import Structure

ALL_TOUCHED = "every slice was edited, accepted or excluded by a reader, and stays as it is"


@dataclass(frozen=True)
class Outcome:
    """What an edit makes of a reading: slices that change, and its list of slices, its sensitivity, its rules of the
    wall, its landmarks and its pattern where they do. taken_from: the segmentation that an import took masks from."""

    changes: Changes
    slices: tuple[Slice, ...] | None = None
    sensitivity: Sensitivity | None = None
    wall: WallRules | None = None
    landmarks: Landmarks | None = None
    pattern: Pattern | None = None
    taken_from: TakenFrom | None = None


def drawn_by(reading: Reading, edit: PromptEdit) -> Prompt:
    """All that is drawn on the slice after the edit. Raises SliceNotInStack, PromptOutsideImage."""
    prompt = Prompt(edit.structure, edit.boxes, edit.points, sensitivity=reading.sensitivity.value)
    prompt.require_inside(*slice_of(reading, edit.slice).shape)
    return prompt


def slices_to_propose(reading: Reading, edit: ProposeEdit) -> list[Slice]:
    """The slices that models are asked for. Raises SliceNotInStack, NothingToPropose."""
    if edit.slice is not None:
        return [slice_of(reading, edit.slice)]
    chosen = untouched(reading)
    if not chosen:
        raise NothingToPropose(ALL_TOUCHED)
    return chosen


def slices_to_adopt_on(reading: Reading, edit: ThresholdEdit) -> list[Slice]:
    """The slices that the method is asked for. Raises SliceNotInStack, NothingToAdopt."""
    if edit.slice is not None:
        return [slice_of(reading, edit.slice)]
    chosen = untouched(reading)
    if not chosen:
        raise NothingToAdopt(ALL_TOUCHED)
    return chosen


def untouched(reading: Reading) -> list[Slice]:
    """The slices that no reader edited or decided on: what is asked for the whole stack changes no others."""
    return [one for one in reading.slices if reading.content(one.key).state not in READERS_STATES]


def apply(
    reading: Reading,
    edit: Edit,
    answers: Mapping[SliceKey, Segment] = MappingProxyType({}),
    growth: Growth | None = None,
    repeats: Sequence[Slice] = (),
    contours: Mapping[SliceKey, Mapping[Structure, Segment]] = MappingProxyType({}),
) -> Outcome:
    """What an edit makes of a reading.

    answers: what models, or a method, said of the slices asked for. growth: what the study has beyond the reading.
    repeats: the images of the position of the slice that is exchanged. contours: of the ventricle, on slices that are
    proposed.
    Raises SliceNotInStack, NothingToUndo, NothingToRedo, NothingToAccept, NothingToRemove, NothingToTakeOver,
    NotExcluded, ImageNotRepeated, MaskShapeMismatch, ContourInvalid, PositionsNotDistinct, PromptOutsideImage.
    """
    match edit:
        case UndoEdit():
            if not reading.can_undo:
                raise NothingToUndo("there is no edit to undo")
            return Outcome({})
        case RedoEdit():
            if not reading.can_redo:
                raise NothingToRedo("there is no undone edit to bring back")
            return Outcome({})
        case ProposeEdit():
            return Outcome(
                {
                    key: proposal(answer, undrawn(reading.content(key), contours.get(key, {})))
                    for key, answer in answers.items()
                }
            )
        case SensitivityEdit():
            value = reading.sensitivity.value if edit.value is None else edit.value
            changes = {key: SliceChange(segments={Structure.SCAR: answer}) for key, answer in answers.items()}
            return Outcome(changes, sensitivity=Sensitivity(value, edit.follows))
        case WallEdit():
            changes = {key: SliceChange(segments={Structure.SCAR: answer}) for key, answer in answers.items()}
            return Outcome(changes, wall=_wall_rules(reading.wall, edit))
        case ThresholdEdit():
            return Outcome({key: adopted(edit, answer) for key, answer in answers.items()})
        case LandmarkEdit():
            return Outcome({}, landmarks=_landmarks(reading, edit))
        case PatternEdit():
            return Outcome({}, pattern=edit.pattern)
        case TakeOverEdit():
            if growth is None or not growth.slices:
                raise NothingToTakeOver("the study has no slices that the reading lacks")
            return Outcome({}, with_slices(reading.slices, growth.slices))
        case ExchangeEdit():
            return _exchanged(reading, edit, repeats)
        case ImportEdit():
            changes = {one.key: change_imported(one, edit.imported) for one in reading.slices}
            return Outcome(changes, taken_from=edit.taken_from)
        case ContourEdit():
            return Outcome({key: contoured(reading, edit, key) for key in edit.slices})
        case AcceptAllEdit():
            return Outcome({key: change_of(reading, AcceptEdit(key), answers) for key in edit.slices})
        case ExcludeAllEdit():
            return Outcome({key: change_of(reading, ExcludeEdit(key), answers) for key in edit.slices})
        case IncludeAllEdit():
            return Outcome({key: change_of(reading, IncludeEdit(key), answers) for key in edit.slices})
        case _:
            return Outcome({edit.slice: change_of(reading, edit, answers)})


def edited(reading: Reading, outcome: Outcome, author: str) -> Reading:
    """The reading right after an edit with this outcome.

    Not of an edit that undoes or redoes another one, makes another list of slices or states a pattern: what follows
    from those is only known where the whole history is.
    """
    revision = reading.revision + 1
    made = {key: revision for key, change in outcome.changes.items() if change.says_any}
    return replace(
        reading,
        revision=revision,
        contents=fold([outcome.changes], reading.contents),
        made_at={**reading.made_at, **made},
        can_undo=True,
        can_redo=False,
        authors=tuple(sorted({*reading.authors, author})),
        changed=frozenset(outcome.changes),
        has_other_slices=False,
        sensitivity=outcome.sensitivity or reading.sensitivity,
        wall=outcome.wall or reading.wall,
        landmarks=outcome.landmarks or reading.landmarks,
        taken_from=(*reading.taken_from, *([outcome.taken_from] if outcome.taken_from else [])),
    )


def _wall_rules(before: WallRules, edit: WallEdit) -> WallRules:
    return WallRules(
        before.confines_scar if edit.confines_scar is None else edit.confines_scar,
        before.papillary_muscles if edit.papillary_muscles is None else edit.papillary_muscles,
    )


def _landmarks(reading: Reading, edit: LandmarkEdit) -> Landmarks:
    """The landmarks with where they lie in the patient."""

    def landmark(place: Place | None) -> Landmark | None:
        if place is None:
            return None
        one = slice_of(reading, place.slice)
        Prompt(points=(Point(place.x, place.y, True),)).require_inside(*one.shape)
        at_mm = one.header.plane.patient_mm(np.array(place.x), np.array(place.y))
        return Landmark(place, (float(at_mm[0]), float(at_mm[1]), float(at_mm[2])))

    def border(key: SliceKey | None) -> LevelBorder | None:
        return None if key is None else LevelBorder(key, slice_of(reading, key).header.position_mm)

    return Landmarks(
        landmark(edit.anterior_insertion),
        landmark(edit.inferior_insertion),
        border(edit.first_mid),
        border(edit.first_apical),
    )


def _exchanged(reading: Reading, edit: ExchangeEdit, repeats: Sequence[Slice]) -> Outcome:
    """What a reader did on the image that goes stays that image's own: it counts again when this is undone."""
    gone = slice_of(reading, edit.slice)
    image = next((one for one in repeats if one.key == edit.image != gone.key), None)
    if image is None:
        raise ImageNotRepeated("the two images are not of one position in one acquisition")
    others = [one for one in reading.slices if one.key != gone.key]
    return Outcome({image.key: SliceChange()}, with_slices(others, [image]))
