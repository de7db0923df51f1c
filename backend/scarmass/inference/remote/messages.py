"""What server and replicas send each other: numbers and texts as JSON, arrays as numpy has them, nothing that is run.

A message is a .npz file whose array "about" holds the JSON.
"""

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from enum import StrEnum
from importlib.metadata import version
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.errors import MessageInvalid
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.prompts import Box, Point, Prompt
from scarmass.domain.protocols import DetectedBox, Segmentation, SliceImage, VentricleOutline
from scarmass.domain.structures import Structure

ABOUT = "about"
VERSION = version("scarmass")
"""Server and replicas have to be of one: the same message would be answered with another mask."""


class Task(StrEnum):
    """What a replica is asked for.

    OPEN: to hold weights ready. WEIGHTS: to keep a file for all replicas. READY: whether it answers.
    """

    OPEN = "open"
    DETECT = "detect"
    EMBED = "embed"
    SEGMENT = "segment"
    OUTLINE = "outline"
    WEIGHTS = "weights"
    FORGET = "forget"
    READY = "ready"


@dataclass(frozen=True)
class Message:
    about: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray] = field(default_factory=dict)

    def pack(self) -> bytes:
        file = BytesIO()
        about = np.frombuffer(json.dumps(self.about).encode(), np.uint8)
        np.savez(file, allow_pickle=False, **{ABOUT: about}, **self.arrays)
        return file.getvalue()

    @classmethod
    def unpack(cls, packed: bytes) -> "Message":
        """Raises MessageInvalid."""
        try:
            with np.load(BytesIO(packed), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            about = json.loads(arrays.pop(ABOUT).tobytes())
        except Exception as error:  # of zip, zlib, numpy and JSON, whatever is wrong with the bytes
            raise MessageInvalid("no message of this application") from error
        if not isinstance(about, dict):
            raise MessageInvalid("no message of this application")
        return cls(about, arrays)


def image_message(task: Task, image: SliceImage, region: HeartRegion | None = None) -> Message:
    about: dict[str, Any] = {"task": task, "key": image.key, "pixel_spacing_mm": image.pixel_spacing_mm}
    if region is not None:
        about["region"] = astuple(region)
    return Message(about, {"pixels": image.pixels})


def image_of(message: Message) -> SliceImage:
    """Raises KeyError, TypeError, ValueError."""
    row_mm, column_mm = message.about["pixel_spacing_mm"]
    return SliceImage(message.about["key"], message.arrays["pixels"], (row_mm, column_mm))


def region_of(message: Message) -> HeartRegion | None:
    region = message.about.get("region")
    return None if region is None else HeartRegion(*region)


def with_prompt(message: Message, prompt: Prompt) -> Message:
    about = {
        "structure": prompt.structure,
        "boxes": [astuple(box) for box in prompt.boxes],
        "points": [astuple(point) for point in prompt.points],
        "sensitivity": prompt.sensitivity,
        "is_drawn": prompt.is_drawn,
    }
    previous = {} if prompt.previous is None else {"previous": prompt.previous}
    return Message({**message.about, **about}, {**message.arrays, **previous})


def prompt_of(message: Message) -> Prompt:
    about = message.about
    return Prompt(
        Structure(about["structure"]),
        tuple(Box(*corners) for corners in about["boxes"]),
        tuple(Point(*point) for point in about["points"]),
        message.arrays.get("previous"),
        about["sensitivity"],
        about["is_drawn"],
    )


def with_box(message: Message, box: Box | None) -> Message:
    return message if box is None else Message({**message.about, "box": astuple(box)}, message.arrays)


def box_of(message: Message) -> Box | None:
    box = message.about.get("box")
    return None if box is None else Box(*box)


def boxes_message(found: list[DetectedBox]) -> Message:
    return Message({"found": [(astuple(one.box), one.structure, one.score) for one in found]})


def boxes_of(message: Message) -> list[DetectedBox]:
    return [DetectedBox(Box(*box), Structure(name), score) for box, name, score in message.about["found"]]


def segmentation_message(said: Segmentation) -> Message:
    about = {"score": said.score, "is_likeliest": said.is_likeliest}
    return Message(about, {"mask": said.mask, "logits": said.logits})


def segmentation_of(message: Message) -> Segmentation:
    about, arrays = message.about, message.arrays
    return Segmentation(arrays["mask"], about["score"], arrays["logits"], about["is_likeliest"])


def outline_message(outline: VentricleOutline | None) -> Message:
    if outline is None:
        return Message()
    return Message({}, {"left_ventricle": outline.left_ventricle, "blood_pool": outline.blood_pool})


def outline_of(message: Message) -> VentricleOutline | None:
    arrays = message.arrays
    return VentricleOutline(arrays["left_ventricle"], arrays["blood_pool"]) if arrays else None
