"""A detector run over annotated patients as it is served: over the whole stack of each."""

from collections import defaultdict
from collections.abc import Sequence

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.proposal import detect_stack
from scarmass.domain.protocols import DetectedBox, Detector


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
