"""What is proposed before a reader has drawn anything: where a stack's heart lies, and boxes around its scars."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

from scarmass.domain.left_ventricle import HeartRegion, expected_box, heart_region
from scarmass.domain.prompts import Box, Prompt, box_around
from scarmass.domain.protocols import DetectedBox, Detector, Segmentation, Segmenter, SliceImage
from scarmass.domain.sensitivity import mask_at
from scarmass.domain.structures import Structure, scar_parts

VENTRICLE_LOOSENESS = 0.05
"""Each edge of the ventricle's box moves outwards by this fraction of its length before scar is asked for in it."""

SCAR_LOOSENESS = 0.05
"""The same of the box around each scar that is found."""

CERTAIN_SENSITIVITY = -3.0
"""What is answered as scar at a sensitivity as low as this is certain."""

LEAST_CERTAIN_SHARE = 0.009
"""A stack shows scar where more than this share of its ventricles' boxes is certain of it."""


@dataclass(frozen=True)
class StackDetection:
    """boxes: per slice in stack order. region: the stack's heart, None where no left ventricle was found."""

    boxes: tuple[list[DetectedBox], ...]
    region: HeartRegion | None

    @property
    def ventricles(self) -> list[Box | None]:
        """The left ventricle per slice in stack order, None where it was not found."""
        found = map(_ventricle, self.boxes)
        return [None if one is None else one.box for one in found]

    def ventricle_at(self, index: int, pixel_spacing_mm: tuple[float, float]) -> Box | None:
        """Where the left ventricle lies on the stack's slice at this index: as it was found; where it was not, or away
        from the heart, as the slices beside it have it. None where no slice shows it."""
        return self.ventricles_at([index], pixel_spacing_mm)[0]

    def ventricles_at(self, indices: Iterable[int], pixel_spacing_mm: tuple[float, float]) -> list[Box | None]:
        """The same of several slices."""
        region = self.region
        if region is None:
            return [None for _ in indices]

        def is_at_the_heart(box: Box | None) -> TypeGuard[Box]:
            return box is not None and region.holds(box, pixel_spacing_mm)

        known = {at: box for at, box in enumerate(self.ventricles) if is_at_the_heart(box)}
        expected = {at: known.get(at) or expected_box(known, at) for at in indices}
        return [box if is_at_the_heart(box) else region.box(pixel_spacing_mm) for box in expected.values()]


def detect_stack(detector: Detector, images: Sequence[SliceImage]) -> StackDetection:
    """Run the detector over every slice of a stack: whole, and once more close up around the heart that is found so."""
    pixel_spacing_mm = images[0].pixel_spacing_mm
    whole = stack_detection(detector.detect(images), pixel_spacing_mm)
    if whole.region is None:
        return whole
    return looked_at_closely(whole, detector.detect(images, whole.region), pixel_spacing_mm)


def stack_detection(boxes: Sequence[list[DetectedBox]], pixel_spacing_mm: tuple[float, float]) -> StackDetection:
    """Of what was found on each slice of a stack, in stack order."""
    found = StackDetection(tuple(boxes), None)
    ventricles = [box for box in found.ventricles if box is not None]
    return replace(found, region=heart_region(ventricles, pixel_spacing_mm))


def looked_at_closely(
    whole: StackDetection, close: Sequence[list[DetectedBox]], pixel_spacing_mm: tuple[float, float]
) -> StackDetection:
    """What was found close up on each slice, and the ventricles at the heart that only its whole showed.

    The detector places the ventricle best where it is large in the image.
    """
    region, boxes = whole.region, []
    for found, before in zip(close, whole.boxes, strict=True):
        ventricle = None if _ventricle(found) else _ventricle(before)
        if ventricle and region and region.holds(ventricle.box, pixel_spacing_mm):
            found = [*found, ventricle]
        boxes.append(found)
    return stack_detection(boxes, pixel_spacing_mm)


@dataclass(frozen=True)
class ScarOnSlice:
    """What one slice shows. boxes: its left ventricle and scars, which are proposed if the stack shows scar.
    certain_mm2: how much is certain to be scar, at whichever sensitivity was asked."""

    boxes: tuple[DetectedBox, ...]
    certain_mm2: float


def scar_on_slice(
    segmenter: Segmenter, image: SliceImage, detection: StackDetection, index: int, sensitivity: float = 0.0
) -> ScarOnSlice:
    """What the slice at this index of a stack shows.

    A segmenter that tells structures apart is asked for all scar in the ventricle's box, and each part of its answer
    that is large enough becomes a box, with the answer's score. Where the stack shows no ventricle, or another
    segmenter serves, the detector's boxes stand, and nothing is certain.
    """
    answer = _all_scar(segmenter, image, detection, index, sensitivity)
    if answer is None:
        return ScarOnSlice(tuple(detection.boxes[index]), 0.0)
    parts = scar_parts(answer.mask, image.pixel_spacing_mm)
    seen = [DetectedBox(box_around(part, SCAR_LOOSENESS), Structure.SCAR, answer.score) for part in parts]
    row_mm, column_mm = image.pixel_spacing_mm
    certain_mm2 = float(mask_at(answer.logits, CERTAIN_SENSITIVITY).sum()) * row_mm * column_mm
    return ScarOnSlice((*without_scar(detection.boxes[index]), *seen), certain_mm2)


def segmenter_finds_scar(segmenter: Segmenter, detection: StackDetection) -> bool:
    """Whether the segmenter says where a stack's scar lies; the detector's boxes stand otherwise."""
    return detection.region is not None and segmenter.is_structure_conditioned


def without_scar(boxes: Sequence[DetectedBox]) -> list[DetectedBox]:
    return [box for box in boxes if box.structure is not Structure.SCAR]


def shows_scar(
    segmenter: Segmenter,
    detection: StackDetection,
    pixel_spacing_mm: tuple[float, float],
    certain_mm2: Sequence[float | None],
) -> bool | None:
    """Whether a stack shows scar, by what is certain on its slices; None where slices that are not known yet decide.

    True where the segmenter cannot be asked: the detector's boxes stand.
    """
    if not segmenter_finds_scar(segmenter, detection):
        return True
    ventricles = detection.ventricles_at(range(len(detection.boxes)), pixel_spacing_mm)
    boxes_pixels = sum((box.x1 - box.x0) * (box.y1 - box.y0) for box in ventricles if box is not None)
    least_mm2 = LEAST_CERTAIN_SHARE * boxes_pixels * pixel_spacing_mm[0] * pixel_spacing_mm[1]
    if sum(mm2 for mm2 in certain_mm2 if mm2 is not None) > least_mm2:
        return True
    return None if None in certain_mm2 else False


def proposed_prompt(boxes: Sequence[DetectedBox], sensitivity: float = 0.0) -> Prompt:
    """The prompt that the proposed scar boxes make; without any, the proposal is "no scar here"."""
    scars = tuple(found.box for found in boxes if found.structure is Structure.SCAR)
    return Prompt(boxes=scars, sensitivity=sensitivity, is_drawn=False)


def _all_scar(
    segmenter: Segmenter, image: SliceImage, detection: StackDetection, index: int, sensitivity: float
) -> Segmentation | None:
    """The answer for all scar in the ventricle's box; None without one, or where structures are not told apart."""
    ventricle = detection.ventricle_at(index, image.pixel_spacing_mm)
    if ventricle is None or not segmenter_finds_scar(segmenter, detection):
        return None
    around = ventricle.loosened(VENTRICLE_LOOSENESS, image.pixels.shape)
    prompt = Prompt(Structure.SCAR, (around,), sensitivity=sensitivity, is_drawn=False)
    return segmenter.segment(image, detection.region, prompt)


def _ventricle(found: Sequence[DetectedBox]) -> DetectedBox | None:
    return next((box for box in found if box.structure is Structure.LEFT_VENTRICLE), None)
