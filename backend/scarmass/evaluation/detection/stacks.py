"""A detector run over annotated patients as it is served: over the whole stack of each."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.proposal import detect_stack
from scarmass.domain.protocols import DetectedBox, Detector, Model, SliceImage


@dataclass(frozen=True)
class CloseUp:
    """Finds the heart with one detector, and looks at it close up with another one."""

    whole: Detector
    close: Detector

    @property
    def model(self) -> Model:
        return self.close.model

    def detect(self, images: Sequence[SliceImage], region: HeartRegion | None = None) -> list[list[DetectedBox]]:
        return (self.whole if region is None else self.close).detect(images, region)


def detect_stacks(detector: Detector, slices: Sequence[AnnotatedSlice]) -> list[list[DetectedBox]]:
    """The boxes on each slice, in the order given. slices: whole patients, whose hearts are found together."""
    patients: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, annotated in enumerate(slices):
        patients[annotated.centre, annotated.patient].append(place)
    found: dict[int, list[DetectedBox]] = {}
    for places in patients.values():
        detection = detect_stack(detector, [slices[place].image for place in places])
        found |= zip(places, detection.boxes, strict=True)
    return [found[place] for place in range(len(slices))]
