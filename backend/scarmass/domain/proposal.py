"""What a detector's boxes mean: where a stack's heart lies, and the prompt that proposes its scar."""

from collections.abc import Sequence
from dataclasses import dataclass

from scarmass.domain.left_ventricle import HeartRegion, heart_region
from scarmass.domain.models import DetectedBox, Detector, SliceImage
from scarmass.domain.prompts import Prompt, Structure


@dataclass(frozen=True)
class StackDetection:
    """boxes: per slice in stack order. region: the stack's heart, None where no left ventricle was found."""

    boxes: tuple[list[DetectedBox], ...]
    region: HeartRegion | None


def detect_stack(detector: Detector, images: Sequence[SliceImage]) -> StackDetection:
    """Run the detector over every slice of a stack, one left ventricle a slice at most."""
    boxes = detector.detect(images)
    ventricles = [
        next(found.box for found in on_slice if found.structure is Structure.LEFT_VENTRICLE)
        for on_slice in boxes
        if any(found.structure is Structure.LEFT_VENTRICLE for found in on_slice)
    ]
    return StackDetection(tuple(boxes), heart_region(ventricles, images[0].pixel_spacing_mm))


def proposed_prompt(boxes: Sequence[DetectedBox]) -> Prompt:
    """The prompt that the detector's scar boxes make; without any, the proposal is "no scar here"."""
    return Prompt(boxes=tuple(found.box for found in boxes if found.structure is Structure.SCAR))
