"""What the application asks of a model, as Protocols: inference implements them, services know only these."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Box, Prompt
from scarmass.domain.structures import Structure


@dataclass(frozen=True)
class Model:
    """Which weights answered: their name in the catalog and the sha256 of their file."""

    name: str
    sha256: str


class Step(StrEnum):
    """What models do: a batch of slices detected, a slice encoded, prompts of a window decoded."""

    DETECT = "detect"
    ENCODE = "encode"
    DECODE = "decode"


Timing = Callable[[Step], AbstractContextManager[None]]
"""Times a step for as long as a block lasts."""


def untimed(_: Step) -> AbstractContextManager[None]:
    """Where nobody wants to know."""
    return nullcontext()


@dataclass(frozen=True)
class SliceImage:
    """One slice as models see it.

    key: identifies the pixels (same key, same pixels), for the embedding cache.
    pixels: float32 (rows, columns), rescaled values, bright scar bright.
    pixel_spacing_mm: (between rows, between columns).
    stack: one for slices that are looked at together, empty where it is unknown. It says nothing of whose they are.
    """

    key: str
    pixels: NDArray[np.float32]
    pixel_spacing_mm: tuple[float, float]
    stack: str = ""


@dataclass(frozen=True)
class DetectedBox:
    box: Box
    structure: Structure
    score: float


@dataclass(frozen=True)
class Segmentation:
    """mask: bool (rows, columns) on the slice's grid. score: area-weighted mean predicted IoU, 0 to 1.

    logits: float32 (rows, columns) of the answers to boxes, -inf outside them; those above -sensitivity count.
    is_likeliest: nothing in a drawn box reached that limit, so its likeliest part is answered.
    """

    mask: Mask
    score: float
    logits: NDArray[np.float32]
    is_likeliest: bool = False


@dataclass(frozen=True)
class VentricleOutline:
    """Logits float32 (rows, columns) of the left ventricle and of its blood pool, -inf where none was looked for."""

    left_ventricle: NDArray[np.float32]
    blood_pool: NDArray[np.float32]


class Detector(Protocol):
    @property
    def model(self) -> Model: ...

    def detect(self, images: Sequence[SliceImage], region: HeartRegion | None = None) -> list[list[DetectedBox]]:
        """The boxes found on each image, in its own pixels, best first.

        region: where to look close up; the whole image where there is none. Raises DeviceOutOfMemory.
        """
        ...


class Segmenter(Protocol):
    @property
    def model(self) -> Model: ...

    @property
    def is_structure_conditioned(self) -> bool:
        """Whether the structure of a prompt changes the answer, so that scar can be asked for in a larger box."""
        ...

    @property
    def device_and_precision(self) -> str:
        """Device and precision, which an answer's last digits depend on."""
        ...

    @property
    def encodes_at_once(self) -> int:
        """Slices that are encoded together in little more time than one: 1 where each takes its own."""
        ...

    @property
    def kept_bytes(self) -> Mapping[str, int]:
        """How much memory is taken by what is remembered of slices, by what it is."""
        ...

    def embed(self, image: SliceImage, region: HeartRegion | None) -> None:
        """Encode the slice ahead of the click, so that segment answers at once."""
        ...

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        """Answer a prompt on one slice. region is the stack's heart, None where no left ventricle was found.

        Raises StructureNotKnown, PromptOutsideImage, MaskShapeMismatch, DeviceOutOfMemory.
        """
        ...

    def forget(self) -> None:
        """Drop whatever is remembered of slices; it is worked out again when somebody asks."""
        ...

    def outline_ventricle(
        self, image: SliceImage, region: HeartRegion | None, box: Box | None
    ) -> VentricleOutline | None:
        """Where left ventricle and blood pool lie on one slice; None where these weights know no such structures.

        box: the ventricle's, as it was detected on the slice or follows from the region. Raises DeviceOutOfMemory.
        """
        ...
