"""Segmentations that others made of a stack: what their segments may mean, and which structures they become."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scarmass.domain.errors import MeaningsInvalid, SegmentationNotOnStack
from scarmass.domain.masks import Mask, without_holes
from scarmass.domain.stack import SliceKey, StudyHeader
from scarmass.domain.structures import Structure


class Meaning(StrEnum):
    """What a segment shows: a structure, or the myocardium, which lies between two of them."""

    SCAR = "scar"
    NO_REFLOW = "no_reflow"
    BLOOD_POOL = "blood_pool"
    LEFT_VENTRICLE = "left_ventricle"
    MYOCARDIUM = "myocardium"

    @property
    def words(self) -> str:
        return "no-reflow" if self is Meaning.NO_REFLOW else self.value.replace("_", " ")


class SegmentationKind(StrEnum):
    """By the DICOM modality: pixels, or contours."""

    SEG = "SEG"
    RTSTRUCT = "RTSTRUCT"


@dataclass(frozen=True)
class SegmentDescription:
    """A segment, or a region of interest, as its object describes it.

    code: its property type in words with its scheme, empty where it is not coded. proposed: what it may mean.
    """

    number: int
    label: str
    code: str = ""
    proposed: Meaning | None = None


@dataclass(frozen=True)
class SegmentationObject:
    """A stored SEG or RTSTRUCT without its pixels or contours.

    label: its series description, else its content_label. made_with: manufacturer, model and software.
    digest: of all that masks are made of, which the same object in another encoding or with other texts shares.
    """

    kind: SegmentationKind
    study: StudyHeader
    series_instance_uid: str
    sop_instance_uid: str
    label: str
    creator: str
    content_date: str
    segments: tuple[SegmentDescription, ...]
    digest: str
    sop_class_uid: str = ""
    content_label: str = ""
    series_description: str = ""
    made_with: str = ""


@dataclass(frozen=True)
class SegmentationRead:
    """What an object shows of the slices of a stack.

    masks: bool (rows, columns) on the slice's own grid, by slice and number of segment; a pair that the object has no
    frame or contour of is absent, and one with an empty frame has an empty mask. warnings: all that did not go
    straight: what was turned, resampled, left out or contradicts itself.
    """

    masks: Mapping[tuple[SliceKey, int], Mask]
    segments: tuple[SegmentDescription, ...]
    warnings: tuple[str, ...] = ()

    def keys_of(self, number: int) -> list[SliceKey]:
        """The slices that a segment is drawn on."""
        return [key for (key, of), mask in self.masks.items() if of == number and mask.any()]


@dataclass(frozen=True)
class TakenFrom:
    """Where the masks of an import came from.

    slices: how many it tells of. meanings: in words, segment by segment.
    """

    sop_instance_uid: str
    kind: SegmentationKind
    label: str
    creator: str
    meanings: str
    slices: int
    warnings: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        whose = f"{self.creator}’s " if self.creator else ""
        named = f" “{self.label}”" if self.label else ""
        return f"taken from {whose}segmentation{named} ({self.kind.value}): {self.meanings}"

    @property
    def cited(self) -> str:
        """Its words, and the object that they speak of."""
        return f"{self.words}, {self.sop_instance_uid}"


MasksOfSlices = Mapping[SliceKey, Mapping[Structure, Mask]]


@dataclass(frozen=True)
class Imported:
    """Masks by slice and structure. structures: all that the segmentation tells of, drawn or not."""

    masks: MasksOfSlices
    structures: frozenset[Structure]
    warnings: tuple[str, ...] = ()


def imported(read: SegmentationRead, meanings: Mapping[int, Meaning]) -> Imported:
    """The structures of each slice, as the segments of these numbers mean them; segments of one meaning are united.

    No-reflow is a part of the scar. Where the myocardium is a segment, the left ventricle is all that the segments
    show within it: myocardium, scar and blood; without a segment of the blood, it is what the wall encloses.
    Raises MeaningsInvalid, SegmentationNotOnStack.
    """
    known = {segment.number for segment in read.segments}
    if not meanings or not meanings.keys() <= known:
        raise MeaningsInvalid("say of at least one segment of the segmentation what it is, and of no other")
    shown: dict[SliceKey, dict[Meaning, Mask]] = {}
    for (key, number), mask in read.masks.items():
        if number in meanings:
            on_slice, meaning = shown.setdefault(key, {}), meanings[number]
            on_slice[meaning] = on_slice[meaning] | mask if meaning in on_slice else mask
    if not any(mask.any() for on_slice in shown.values() for mask in on_slice.values()):
        raise SegmentationNotOnStack("what these segments show lies on no slice of the reading")
    told = frozenset(meanings.values())
    masks = {key: _structures(on_slice, told) for key, on_slice in shown.items()}
    return Imported(masks, _structures_of(told), _open_walls(masks, shown, told))


def _structures_of(told: frozenset[Meaning]) -> frozenset[Structure]:
    structures = {Structure(meaning.value) for meaning in told if meaning is not Meaning.MYOCARDIUM}
    if Meaning.MYOCARDIUM in told:
        structures |= {Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL}
    return frozenset(structures)


def _structures(on_slice: Mapping[Meaning, Mask], told: frozenset[Meaning]) -> dict[Structure, Mask]:
    masks = {Structure(meaning.value): mask for meaning, mask in on_slice.items() if meaning is not Meaning.MYOCARDIUM}
    core = masks.get(Structure.NO_REFLOW)
    if core is not None and Meaning.SCAR in told:
        masks[Structure.SCAR] = masks[Structure.SCAR] | core if Structure.SCAR in masks else core
    if Meaning.MYOCARDIUM in on_slice:
        wall = on_slice[Meaning.MYOCARDIUM] | masks.get(Structure.SCAR, np.zeros_like(on_slice[Meaning.MYOCARDIUM]))
        inner = masks.get(Structure.BLOOD_POOL)
        whole = wall if inner is None else wall | inner
        if Meaning.LEFT_VENTRICLE not in told:
            masks[Structure.LEFT_VENTRICLE] = without_holes(whole)
        if Meaning.BLOOD_POOL not in told:
            masks[Structure.BLOOD_POOL] = masks.get(Structure.LEFT_VENTRICLE, whole) & ~wall
    return masks


def _open_walls(
    masks: MasksOfSlices, shown: Mapping[SliceKey, Mapping[Meaning, Mask]], told: frozenset[Meaning]
) -> tuple[str, ...]:
    """A wall that encloses nothing, where its blood is no segment either."""
    if Meaning.BLOOD_POOL in told:
        return ()
    nothing = np.zeros(1, bool)
    walls = [key for key, on_slice in shown.items() if on_slice.get(Meaning.MYOCARDIUM, nothing).any()]
    count = sum(not masks[key].get(Structure.BLOOD_POOL, nothing).any() for key in walls)
    return (f"the myocardium encloses no blood on {count} slices: there the whole of it is wall",) if count else ()


def named(segments: Sequence[SegmentDescription], meanings: Mapping[int, Meaning]) -> str:
    """Which segment was taken as what, in words."""
    labels = {segment.number: segment.label or f"segment {segment.number}" for segment in segments}
    return ", ".join(f"{meaning.words} from “{labels[number]}”" for number, meaning in sorted(meanings.items()))
