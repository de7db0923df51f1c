"""Detector and segmenter (domain Protocols) whose work replicas on other machines do."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.prompts import Box, Prompt
from scarmass.domain.protocols import (
    DetectedBox,
    Model,
    Segmentation,
    SliceImage,
    Step,
    Timing,
    VentricleOutline,
    untimed,
)
from scarmass.inference.remote import messages
from scarmass.inference.remote.client import Replicas, WeightsFile
from scarmass.inference.remote.messages import Message, Task


def open_message(serves: bool) -> Message:
    """serves: whether every replica is to hold the weights ready."""
    return Message({"task": Task.OPEN, "serves": serves})


class RemoteDetector:
    """Safe to use from many threads. timing: of each request, with its way there and back.

    All that asks raises ModelsBusy, ModelsUnavailable besides.
    """

    def __init__(
        self, replicas: Replicas, weights: WeightsFile, timing: Timing = untimed, serves: bool = False
    ) -> None:
        """serves: whether all replicas are to hold the weights ready once they are opened."""
        self._replicas, self._weights, self._timing = replicas, weights, timing
        self._open = open_message(serves)

    @property
    def model(self) -> Model:
        return self._weights.model

    def open(self) -> None:
        """Have a replica load the weights. Raises WeightsInvalid."""
        self._replicas.ask(self._open, self._weights)

    def detect(self, images: Sequence[SliceImage], region: HeartRegion | None = None) -> list[list[DetectedBox]]:
        """As every detector, slice by slice."""
        return [self._detect(image, region) for image in images]

    def _detect(self, image: SliceImage, region: HeartRegion | None) -> list[DetectedBox]:
        with self._timing(Step.DETECT):
            message = messages.image_message(Task.DETECT, image, region)
            return messages.boxes_of(self._replicas.ask(message, self._weights, image.stack))


class RemoteSegmenter:
    """Safe to use from many threads. timing: of each request, with its way there and back.

    All that asks raises ModelsBusy, ModelsUnavailable besides.
    """

    kept_bytes: Mapping[str, int] = MappingProxyType({})
    encodes_at_once = 1
    """A stack is asked for slice by slice; replicas gather what several readings ask for at once."""

    def __init__(
        self, replicas: Replicas, weights: WeightsFile, timing: Timing = untimed, serves: bool = False
    ) -> None:
        """serves: whether all replicas are to hold the weights ready once they are opened."""
        self._replicas, self._weights, self._timing = replicas, weights, timing
        self._open = open_message(serves)
        self._about: Mapping[str, str | bool] = {}

    @property
    def model(self) -> Model:
        return self._weights.model

    @property
    def is_structure_conditioned(self) -> bool:
        """As the weights are: a replica is asked once. Raises WeightsInvalid."""
        if not self._about:
            self.open()
        return bool(self._about["is_structure_conditioned"])

    @property
    def device_and_precision(self) -> str:
        """Those of the replica that opened the weights, and where it is; the address alone before."""
        return f"{self._about.get('device_and_precision', 'replicas')} at {self._replicas.address}"

    def open(self) -> None:
        """Have a replica load the weights. Raises WeightsInvalid."""
        self._about = self._replicas.ask(self._open, self._weights).about

    def embed(self, image: SliceImage, region: HeartRegion | None) -> None:
        with self._timing(Step.ENCODE):
            self._ask(messages.image_message(Task.EMBED, image, region), image)

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        """Raises StructureNotKnown, PromptOutsideImage, MaskShapeMismatch, DeviceOutOfMemory."""
        message = messages.with_prompt(messages.image_message(Task.SEGMENT, image, region), prompt)
        with self._timing(Step.DECODE):
            return messages.segmentation_of(self._ask(message, image))

    def outline_ventricle(
        self, image: SliceImage, region: HeartRegion | None, box: Box | None
    ) -> VentricleOutline | None:
        """None without a box, as for every segmenter. Raises DeviceOutOfMemory."""
        message = messages.with_box(messages.image_message(Task.OUTLINE, image, region), box)
        return messages.outline_of(self._ask(message, image))

    def forget(self) -> None:
        """Have every replica forget: also what it remembers for other servers, and by other weights."""
        self._replicas.forget()

    def _ask(self, message: Message, image: SliceImage) -> Message:
        return self._replicas.ask(message, self._weights, image.stack)
