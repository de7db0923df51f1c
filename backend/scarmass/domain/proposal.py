"""What is proposed before a reader has drawn anything: where a stack's heart lies, and boxes around its scars."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scarmass.domain.left_ventricle import HeartRegion, expected_box, heart_region
from scarmass.domain.prompts import Box, Prompt, box_around
from scarmass.domain.protocols import DetectedBox, Detector, Segmenter, SliceImage
from scarmass.domain.structures import Structure, scar_parts

VENTRICLE_LOOSENESS = 0.05
"""Each edge of the ventricle's box moves outwards by this fraction of its length before scar is asked for in it."""

SCAR_LOOSENESS = 0.05
"""The same of the box around each scar that is found."""


@dataclass(frozen=True)
class StackDetection:
    """boxes: per slice in stack order. region: the stack's heart, None where no left ventricle was found."""

    boxes: tuple[list[DetectedBox], ...]
    region: HeartRegion | None

    @property
    def shows_scar(self) -> bool:
        """Whether the detector found scar on any slice."""
        return any(box.structure is Structure.SCAR for on_slice in self.boxes for box in on_slice)

    @property
    def ventricles(self) -> list[Box | None]:
        """The left ventricle per slice in stack order, None where it was not found."""
        found = map(_ventricle, self.boxes)
        return [None if one is None else one.box for one in found]

    def ventricle_at(self, index: int, pixel_spacing_mm: tuple[float, float]) -> Box | None:
        """Where the left ventricle lies on the stack's slice at this index: as it was found; where it was not, or away
        from the heart, as the slices beside it have it. None where no slice shows it."""
        region = self.region
        if region is None:
            return None
        found = enumerate(self.ventricles)
        known = {at: box for at, box in found if box is not None and region.holds(box, pixel_spacing_mm)}
        return known.get(index) or expected_box(known, index) or region.box(pixel_spacing_mm)


def detect_stack(detector: Detector, images: Sequence[SliceImage]) -> StackDetection:
    """Run the detector over every slice of a stack, one left ventricle a slice at most."""
    return stack_detection(detector.detect(images), images[0].pixel_spacing_mm)


def stack_detection(boxes: Sequence[list[DetectedBox]], pixel_spacing_mm: tuple[float, float]) -> StackDetection:
    """Of what was found on each slice of a stack, in stack order."""
    found = StackDetection(tuple(boxes), None)
    ventricles = [box for box in found.ventricles if box is not None]
    return replace(found, region=heart_region(ventricles, pixel_spacing_mm))


def proposed_boxes(
    segmenter: Segmenter, image: SliceImage, detection: StackDetection, index: int, sensitivity: float = 0.0
) -> list[DetectedBox]:
    """The boxes of the stack's slice at this index: the left ventricle and scars.

    The detector says whether the stack shows scar, and a segmenter that tells structures apart where it lies: it is
    asked for all scar in the ventricle's box, and each part of its answer that is large enough becomes a box, with the
    answer's score. Where the slice has no ventricle, or another segmenter serves, the detector's boxes stand.
    """
    found = detection.boxes[index]
    ventricle = _ventricle(found)
    if ventricle is None or not detection.shows_scar or not segmenter.is_structure_conditioned:
        return list(found)
    around = ventricle.box.loosened(VENTRICLE_LOOSENESS, image.pixels.shape)
    answer = segmenter.segment(
        image, detection.region, Prompt(Structure.SCAR, (around,), sensitivity=sensitivity, is_drawn=False)
    )
    parts = scar_parts(answer.mask, image.pixel_spacing_mm)
    seen = [DetectedBox(box_around(part, SCAR_LOOSENESS), Structure.SCAR, answer.score) for part in parts]
    return [ventricle, *seen]


def proposed_prompt(boxes: Sequence[DetectedBox], sensitivity: float = 0.0) -> Prompt:
    """The prompt that the proposed scar boxes make; without any, the proposal is "no scar here"."""
    scars = tuple(found.box for found in boxes if found.structure is Structure.SCAR)
    return Prompt(boxes=scars, sensitivity=sensitivity, is_drawn=False)


def _ventricle(found: Sequence[DetectedBox]) -> DetectedBox | None:
    return next((box for box in found if box.structure is Structure.LEFT_VENTRICLE), None)
