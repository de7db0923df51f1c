"""What the detector found on stacks: run once over each slice, remembered while the server lives."""

import threading
from collections.abc import Callable, Hashable, Sequence

from scarmass.domain.proposal import StackDetection, stack_detection
from scarmass.domain.protocols import DetectedBox, Detector, SliceImage
from scarmass.domain.stack import Slice
from scarmass.services.precedence import Precedence
from scarmass.services.remembered import Remembered

REMEMBERED_STACKS = 256
REMEMBERED_SLICES = 8192
LOCKS = 64

Key = tuple[Hashable, ...]


class StackDetections:
    """Detections by the content of slices. Each slice is a piece of work, done once however many ask at once.

    Who asks for what another one has half done goes on with it in their own turns, and waits for nobody's.
    """

    def __init__(self) -> None:
        self._stacks: Remembered[Key, StackDetection] = Remembered(REMEMBERED_STACKS)
        self._slices: Remembered[Key, list[DetectedBox]] = Remembered(REMEMBERED_SLICES)
        self._at_work = [threading.Lock() for _ in range(LOCKS)]

    def of(
        self,
        slices: Sequence[Slice],
        images: Callable[[Slice], SliceImage],
        detector: Detector,
        precedence: Precedence,
        close_up: bool,
    ) -> StackDetection:
        """The detection on these slices, from memory where it is known. images: reads a slice's pixels. close_up: as in
        Detector.detect."""
        key = _key(slices, detector, close_up)
        if known := self._stacks.get(key):
            return known
        boxes = [self._on(one, images, detector, precedence, close_up) for one in slices]
        detection = stack_detection(boxes, slices[0].header.pixel_spacing_mm)
        self._stacks.put(key, detection)
        return detection

    def forget(self) -> None:
        self._stacks.forget()
        self._slices.forget()

    def is_known(self, slices: Sequence[Slice], detector: Detector, close_up: bool) -> bool:
        return self._stacks.get(_key(slices, detector, close_up)) is not None

    def _on(
        self,
        one: Slice,
        images: Callable[[Slice], SliceImage],
        detector: Detector,
        precedence: Precedence,
        close_up: bool,
    ) -> list[DetectedBox]:
        key = _key([one], detector, close_up)
        if (known := self._slices.get(key)) is not None:
            return known
        # The lock is taken within the turn: whoever holds it is at work already.
        with precedence.piece(), self._at_work[hash(key) % LOCKS]:
            if (known := self._slices.get(key)) is not None:
                return known
            (boxes,) = detector.detect([images(one)], close_up)
            self._slices.put(key, boxes)
            return boxes


def _key(slices: Sequence[Slice], detector: Detector, close_up: bool) -> Key:
    return detector.model.sha256, close_up, *(one.pixels_key for one in slices)
