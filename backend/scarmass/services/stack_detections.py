"""What the detector found on a stack: run once over all its slices, remembered while the server lives."""

import threading
from collections.abc import Callable, Sequence

from scarmass.domain.proposal import StackDetection, detect_stack
from scarmass.domain.protocols import Detector, SliceImage
from scarmass.domain.stack import Slice
from scarmass.services.remembered import Remembered

REMEMBERED_STACKS = 256
Key = tuple[str, ...]


class StackDetections:
    """Detections by the content of slices, at most REMEMBERED_STACKS, each made once however many ask at once."""

    def __init__(self) -> None:
        self._known: Remembered[Key, StackDetection] = Remembered(REMEMBERED_STACKS)
        self._detecting = threading.Lock()

    def of(self, slices: Sequence[Slice], images: Callable[[Slice], SliceImage], detector: Detector) -> StackDetection:
        """The detection on these slices, from memory where it is known. images: reads a slice's pixels."""
        key = _key(slices, detector)
        if known := self._known.get(key):
            return known
        with self._detecting:
            if known := self._known.get(key):
                return known
            detection = detect_stack(detector, [images(one) for one in slices])
            self._known.put(key, detection)
            return detection

    def forget(self) -> None:
        self._known.forget()

    def is_known(self, slices: Sequence[Slice], detector: Detector) -> bool:
        return self._known.get(_key(slices, detector)) is not None


def _key(slices: Sequence[Slice], detector: Detector) -> Key:
    return detector.model.sha256, *(one.pixels_key for one in slices)
