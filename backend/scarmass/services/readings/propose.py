"""What the models say of stored slices: boxes, whether their stack shows scar, and a mask for a prompt."""

import logging
from collections.abc import Hashable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256

import numpy as np

from scarmass.domain import proposal
from scarmass.domain.errors import Away, StackTooLarge
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.prompts import Prompt
from scarmass.domain.proposal import ScarOnSlice, StackDetection, proposed_prompt, scar_on_slice, without_scar
from scarmass.domain.protocols import DetectedBox, Segmentation, SliceImage
from scarmass.domain.reading import Origin, Segment
from scarmass.domain.stack import Slice, outwards
from scarmass.domain.structures import Structure
from scarmass.services.context import Context
from scarmass.services.stacks import slice_image

log = logging.getLogger(__name__)

DETECTED = frozenset({Structure.LEFT_VENTRICLE, Structure.SCAR})


def detection_of(context: Context, slices: Sequence[Slice]) -> StackDetection:
    """What the detector found on these slices of one stack. Raises PixelsUndecodable, StackTooLarge."""
    pixels = sum(one.header.rows * one.header.columns for one in slices)
    if pixels > context.largest_stack_pixels:
        raise StackTooLarge(f"the stack has {pixels} pixels, more than the {context.largest_stack_pixels} of a stack")
    return context.detections.of(slices, lambda one: image_of(context, one), context.detector, context.precedence)


def is_detected(context: Context, slices: Sequence[Slice]) -> bool:
    """Whether the detector need not be asked any more. Raises Away."""
    return context.detections.is_known(slices, context.detector)


def heart_of(context: Context, slices: Sequence[Slice]) -> HeartRegion | None:
    return detection_of(context, slices).region


def image_of(context: Context, one: Slice) -> SliceImage:
    """The slice as models see it: who draws on it asks again and again. Raises PixelsUndecodable."""
    key = one.pixels_key, one.header.pixel_spacing_mm
    if (known := context.images.get(key)) is not None:
        return known
    image = slice_image(context.files, one)
    context.images.put(key, image)
    return image


def detect(
    context: Context,
    slices: Sequence[Slice],
    one: Slice,
    structures: Set[Structure] = DETECTED,
    sensitivity: float = 0.0,
) -> list[DetectedBox]:
    """The boxes that are proposed around these structures on one of the slices."""
    detection = detection_of(context, slices)
    index = [other.key for other in slices].index(one.key)
    boxes: Sequence[DetectedBox] = detection.boxes[index]
    if Structure.SCAR in structures:
        boxes = scar_on(context, slices, one, sensitivity).boxes
        if has_scar(boxes) and not shows_scar(context, slices, one):
            boxes = without_scar(boxes)
    return [box for box in boxes if box.structure in structures]


def scar_on(context: Context, slices: Sequence[Slice], one: Slice, sensitivity: float = 0.0) -> ScarOnSlice:
    """What one of the slices shows, and from then on is known to show."""
    index = [other.key for other in slices].index(one.key)
    key = _stack_key(context, slices), index
    found = context.scar_on_slices.get((*key, sensitivity))
    if found is None:
        image, detection = image_of(context, one), detection_of(context, slices)
        with context.precedence.piece():
            found = scar_on_slice(context.segmenter, image, detection, index, sensitivity)
        context.scar_on_slices.put((*key, sensitivity), found)
    context.certain_scar_mm2.put(key, found.certain_mm2)
    return found


def has_scar(boxes: Sequence[DetectedBox]) -> bool:
    return any(box.structure is Structure.SCAR for box in boxes)


def shows_scar(context: Context, slices: Sequence[Slice], one: Slice) -> bool:
    """Whether a stack does: its slices are asked about from this one outwards, until that is known.

    Of a slice on which the models fail nothing is certain, this time. Raises Away.
    """
    told = shows_scar_so_far(context, slices)
    in_turn = outwards(slices, [each.key for each in slices].index(one.key))
    for other in not_asked_about_scar(context, slices, in_turn):
        if told is not None:
            return told
        try:
            scar_on(context, slices, other)
        except Away:  # it can be done later
            raise
        except Exception:  # whatever the models met: one slice must not cost the reader the others
            log.exception("it is not known how much of a slice is certain to be scar")
        told = shows_scar_so_far(context, slices)
    return bool(told)


def shows_scar_so_far(context: Context, slices: Sequence[Slice]) -> bool | None:
    """None where slices that this process has not asked about decide."""
    stack, spacing = _stack_key(context, slices), slices[0].header.pixel_spacing_mm
    certain_mm2 = [context.certain_scar_mm2.get((stack, index)) for index in range(len(slices))]
    return proposal.shows_scar(context.segmenter, detection_of(context, slices), spacing, certain_mm2)


def not_asked_about_scar(context: Context, slices: Sequence[Slice], among: Sequence[Slice]) -> list[Slice]:
    """Those of some of the slices that this process has not asked about."""
    stack, index_of = _stack_key(context, slices), {one.key: index for index, one in enumerate(slices)}
    return [one for one in among if context.certain_scar_mm2.get((stack, index_of[one.key])) is None]


def _stack_key(context: Context, slices: Sequence[Slice]) -> Hashable:
    told = repr([(one.pixels_key, one.header.pixel_spacing_mm) for one in slices])
    return context.segmenter.model, context.detector.model, sha256(told.encode()).digest()


def segment(context: Context, slices: Sequence[Slice], one: Slice, prompt: Prompt) -> Segmentation:
    """The segmenter's answer on one of the slices, in the window of their heart. Raises PromptOutsideImage."""
    prompt.require_inside(*one.shape)
    image, heart = image_of(context, one), heart_of(context, slices)
    with context.precedence.piece():
        return context.segmenter.segment(image, heart, prompt)


def answer(context: Context, slices: Sequence[Slice], one: Slice, prompt: Prompt) -> Segment:
    """The segmenter's answer as what a reading holds. Raises PromptOutsideImage."""
    said = segment(context, slices, one, prompt)
    origin = Origin.PROMPT if prompt.is_drawn else Origin.PROPOSED
    return Segment(
        said.mask,
        origin,
        prompt.boxes,
        prompt.points,
        said.score,
        context.segmenter.model,
        prompt.sensitivity,
        said.is_likeliest,
    )


def propose(context: Context, slices: Sequence[Slice], one: Slice, sensitivity: float) -> Segment:
    """The proposed scar boxes on one of the slices, segmented; an empty mask where there are none."""
    prompt = proposed_prompt(detect(context, slices, one, sensitivity=sensitivity), sensitivity)
    if not prompt.boxes:
        is_segmenters = proposal.segmenter_finds_scar(context.segmenter, detection_of(context, slices))
        model = context.segmenter.model if is_segmenters else context.detector.model
        return Segment(np.zeros(one.shape, bool), Origin.PROPOSED, model=model)
    return answer(context, slices, one, prompt)


def embed(context: Context, slices: Sequence[Slice], ahead: Sequence[Slice]) -> None:
    """Encode some of the slices ahead of the click, together."""
    images, heart = [image_of(context, one) for one in ahead], heart_of(context, slices)
    with context.precedence.piece():
        if len(images) == 1:
            context.segmenter.embed(images[0], heart)
            return
        with ThreadPoolExecutor(len(images)) as threads:
            list(threads.map(partial(context.segmenter.embed, region=heart), images))
