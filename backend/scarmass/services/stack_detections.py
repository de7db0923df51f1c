"""Where the heart lies in a stack: the detector run once over all its slices, remembered while the server lives."""

import threading
from collections import OrderedDict

from scarmass.domain.proposal import StackDetection, detect_stack
from scarmass.domain.protocols import Detector
from scarmass.services.slices import slice_image
from scarmass.storage.files import FileStore
from scarmass.storage.tables import StackRow

REMEMBERED_STACKS = 256
Key = tuple[str, ...]


class Hearts:
    """Detections by stack content, at most REMEMBERED_STACKS, each made once however many ask at the same time."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, StackDetection] = OrderedDict()
        self._guard = threading.Lock()
        self._detecting = threading.Lock()

    def of(self, stack: StackRow, files: FileStore, detector: Detector) -> StackDetection:
        """The detection on this stack, from memory where it is known."""
        key = (detector.model.sha256, *(row.instance.sha256 for row in stack.slices))
        if known := self._recall(key):
            return known
        with self._detecting:
            if known := self._recall(key):
                return known
            detection = detect_stack(detector, [slice_image(files, row.instance) for row in stack.slices])
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
