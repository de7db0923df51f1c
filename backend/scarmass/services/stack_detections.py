"""What the detector found on a stack: run once over all its slices, remembered while the server lives."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from scarmass.domain.proposal import StackDetection, detect_stack
from scarmass.domain.protocols import Detector, SliceImage
from scarmass.domain.stack import Slice

REMEMBERED_STACKS = 256
Key = tuple[str, ...]


class StackDetections:
    """Detections by the content of slices, at most REMEMBERED_STACKS, each made once however many ask at once."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, StackDetection] = OrderedDict()
        self._guard = threading.Lock()
        self._detecting = threading.Lock()

    def of(self, slices: Sequence[Slice], images: Callable[[Slice], SliceImage], detector: Detector) -> StackDetection:
        """The detection on these slices, from memory where it is known. images: reads a slice's pixels."""
        key = (detector.model.sha256, *(one.sha256 for one in slices))
        if known := self._recall(key):
            return known
        with self._detecting:
            if known := self._recall(key):
                return known
            detection = detect_stack(detector, [images(one) for one in slices])
            with self._guard:
                self._known[key] = detection
                while len(self._known) > REMEMBERED_STACKS:
                    self._known.popitem(last=False)
            return detection

    def _recall(self, key: Key) -> StackDetection | None:
        with self._guard:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)
