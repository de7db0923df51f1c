"""What the detector found on stacks: it looks at each slice twice, which is remembered while the server lives."""

import threading
from collections.abc import Callable, Hashable, Sequence

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.proposal import StackDetection, looked_at_closely, stack_detection
from scarmass.domain.protocols import DetectedBox, Detector, SliceImage
from scarmass.domain.stack import Slice
from scarmass.services.precedence import Precedence
from scarmass.services.remembered import Remembered

REMEMBERED_STACKS = 256
REMEMBERED_SLICES = 8192
LOCKS = 64

Key = tuple[Hashable, ...]


class StackDetections:
    """Detections by the content of slices. A look at a slice is a piece of work, done once however many ask at once.

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
    ) -> StackDetection:
        """The detection on these slices, as detect_stack has it, from memory where it is known. images: reads a slice's
        pixels."""
        key = _key(slices, detector)
        if known := self._stacks.get(key):
            return known

        def found(region: HeartRegion | None) -> list[list[DetectedBox]]:
            return [self._on(one, region, images, detector, precedence) for one in slices]

        pixel_spacing_mm = slices[0].header.pixel_spacing_mm
        detection = stack_detection(found(None), pixel_spacing_mm)
        if detection.region is not None:
            detection = looked_at_closely(detection, found(detection.region), pixel_spacing_mm)
        self._stacks.put(key, detection)
        return detection

    def forget(self) -> None:
        self._stacks.forget()
        self._slices.forget()

    def is_known(self, slices: Sequence[Slice], detector: Detector) -> bool:
        return self._stacks.get(_key(slices, detector)) is not None

    def _on(
        self,
        one: Slice,
        region: HeartRegion | None,
        images: Callable[[Slice], SliceImage],
        detector: Detector,
        precedence: Precedence,
    ) -> list[DetectedBox]:
        key = region, *_key([one], detector)
        if (known := self._slices.get(key)) is not None:
            return known
        # The lock is taken within the turn: whoever holds it is at work already.
        with precedence.piece(), self._at_work[hash(key) % LOCKS]:
            if (known := self._slices.get(key)) is not None:
                return known
            (boxes,) = detector.detect([images(one)], region)
            self._slices.put(key, boxes)
            return boxes


def _key(slices: Sequence[Slice], detector: Detector) -> Key:
    return detector.model.sha256, *(one.pixels_key for one in slices)
