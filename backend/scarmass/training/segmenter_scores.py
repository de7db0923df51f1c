"""How well a segmenter answers drawn prompts on annotated slices, through the very engine that serves it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask, components
from scarmass.domain.models import Segmenter
from scarmass.domain.overlap import dice, pooled_dice
from scarmass.domain.prompts import Prompt, PromptGroup, Structure
from scarmass.training.dataset import AnnotatedSlice
from scarmass.training.drawn_prompts import SMALLEST_PART_PIXELS, Question, box_around, correcting_point
from scarmass.training.segmenter_examples import heart_regions

DRAWN_LOOSENESS = 0.05
"""A drawn box: the reference's own, each side moved outwards by this fraction."""

Answering = Callable[[AnnotatedSlice, HeartRegion | None], Mask]


@dataclass(frozen=True)
class Scores:
    """slice_dice: mean over slices. patient_dice: mean over patients, their slices pooled. area_ratio: answered
    over reference area of all slices, above 1 where too much is answered."""

    slices: int
    patients: int
    slice_dice: float
    patient_dice: float
    area_ratio: float


def segmenter_scores(segmenter: Segmenter, slices: Sequence[AnnotatedSlice]) -> dict[str, dict[str, float]]:
    """Scores by way of prompting, on the slices that show the structure; windows are from reference outlines."""
    regions = heart_regions(slices)
    ways: Mapping[str, tuple[Structure, Answering]] = {
        "box_around_all_scar": (Structure.SCAR, lambda s, r: _boxed(segmenter, s, r, Structure.SCAR)),
        "corrected_by_one_click": (Structure.SCAR, lambda s, r: _corrected(segmenter, s, r)),
        "one_click_alone": (Structure.SCAR, lambda s, r: _clicked(segmenter, s, r)),
        "box_around_each_part": (Structure.SCAR, lambda s, r: _boxed_by_part(segmenter, s, r)),
        "box_around_all_no_reflow": (Structure.NO_REFLOW, lambda s, r: _boxed(segmenter, s, r, Structure.NO_REFLOW)),
        "box_around_blood_pool": (Structure.BLOOD_POOL, lambda s, r: _boxed(segmenter, s, r, Structure.BLOOD_POOL)),
        "box_around_left_ventricle": (
            Structure.LEFT_VENTRICLE,
            lambda s, r: _boxed(segmenter, s, r, Structure.LEFT_VENTRICLE),
        ),
    }
    return {
        way: asdict(_scores(slices, regions, structure, answered))
        for way, (structure, answered) in ways.items()
        if any(annotated.masks[structure].any() for annotated in slices)
    }


def drawn_box(structure: Structure, reference: Mask) -> Question:
    """One box around all of the reference, as a reader draws it."""
    return Question(structure, PromptGroup(box_around(reference, DRAWN_LOOSENESS), ()), reference)


def _scores(
    slices: Sequence[AnnotatedSlice],
    regions: Mapping[str, HeartRegion | None],
    structure: Structure,
    answered: Answering,
) -> Scores:
    pairs: dict[str, list[tuple[Mask, Mask]]] = defaultdict(list)
    for annotated in slices:
        if annotated.masks[structure].any():
            answer = answered(annotated, regions[annotated.patient])
            pairs[annotated.patient].append((answer, annotated.masks[structure]))
    every = [pair for own in pairs.values() for pair in own]
    by_patient = [pooled_dice(*zip(*own, strict=True)) for own in pairs.values()]
    return Scores(
        slices=len(every),
        patients=len(pairs),
        slice_dice=float(np.mean([dice(*pair) for pair in every])),
        patient_dice=float(np.mean(by_patient)),
        area_ratio=float(sum(answer.sum() for answer, _ in every) / sum(mask.sum() for _, mask in every)),
    )


def _boxed(segmenter: Segmenter, annotated: AnnotatedSlice, region: HeartRegion | None, structure: Structure) -> Mask:
    box = drawn_box(structure, annotated.masks[structure]).group.box
    assert box is not None
    return segmenter.segment(annotated.image, region, Prompt(structure, (box,))).mask


def _boxed_by_part(segmenter: Segmenter, annotated: AnnotatedSlice, region: HeartRegion | None) -> Mask:
    parts = components(annotated.masks[Structure.SCAR])
    drawn = [part for part in parts if part.sum() >= SMALLEST_PART_PIXELS] or parts[:1]
    boxes = tuple(box_around(part, DRAWN_LOOSENESS) for part in drawn)
    return segmenter.segment(annotated.image, region, Prompt(Structure.SCAR, boxes)).mask


def _clicked(segmenter: Segmenter, annotated: AnnotatedSlice, region: HeartRegion | None) -> Mask:
    """A point in the middle of the largest scar, no box."""
    scar = annotated.masks[Structure.SCAR]
    point = correcting_point(np.zeros_like(scar), Question(Structure.SCAR, PromptGroup(None, ()), scar))
    assert point is not None
    return segmenter.segment(annotated.image, region, Prompt(Structure.SCAR, points=(point,))).mask


def _corrected(segmenter: Segmenter, annotated: AnnotatedSlice, region: HeartRegion | None) -> Mask:
    question = drawn_box(Structure.SCAR, annotated.masks[Structure.SCAR])
    first = _boxed(segmenter, annotated, region, Structure.SCAR)
    point = correcting_point(first, question)
    if point is None or question.group.box is None:
        return first
    prompt = Prompt(Structure.SCAR, (question.group.box,), (point,), previous=first)
    return segmenter.segment(annotated.image, region, prompt).mask
