"""What server and replicas send each other comes out as it went in, and is never run."""

import io
import pickle
from pathlib import Path

import numpy as np
import pytest

from scarmass.domain.errors import MessageInvalid
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.prompts import Box, Point, Prompt
from scarmass.domain.protocols import DetectedBox, Segmentation, SliceImage, VentricleOutline
from scarmass.domain.structures import Structure
from scarmass.inference.remote import messages
from scarmass.inference.remote.messages import Message, Task

IMAGE = SliceImage("slice", np.arange(12).reshape(3, 4).astype(np.float32) / np.float32(7), (1.5, 1.2))
REGION = HeartRegion(1 / 3, 2.0, 61.7)


def sent(message: Message) -> Message:
    return Message.unpack(message.pack())


def test_a_slice_and_its_heart_come_out_as_they_went_in() -> None:
    message = sent(messages.image_message(Task.EMBED, IMAGE, REGION))
    image = messages.image_of(message)
    np.testing.assert_array_equal(image.pixels, IMAGE.pixels)
    assert image.pixels.dtype == np.float32
    assert (image.key, image.pixel_spacing_mm) == (IMAGE.key, IMAGE.pixel_spacing_mm)
    assert messages.region_of(message) == REGION
    assert messages.region_of(sent(messages.image_message(Task.EMBED, IMAGE))) is None


@pytest.mark.parametrize("previous", [None, np.eye(3, 4, dtype=bool)])
def test_a_prompt_comes_out_as_it_went_in(previous: np.ndarray | None) -> None:
    boxes, points = (Box(0.1, 0.2, 1 / 3, 3),), (Point(0.1, 2.5, False), Point(3.3, 1, True))
    prompt = Prompt(Structure.NO_REFLOW, boxes, points, previous, 0.3, is_drawn=False)
    message = sent(messages.with_prompt(messages.image_message(Task.SEGMENT, IMAGE, REGION), prompt))
    came = messages.prompt_of(message)
    np.testing.assert_array_equal(came.previous, previous)
    assert (came.structure, came.boxes, came.points) == (prompt.structure, boxes, points)
    assert (came.sensitivity, came.is_drawn) == (0.3, False)


def test_answers_come_out_as_they_went_in() -> None:
    found = [DetectedBox(Box(0.1, 1, 2, 3), Structure.SCAR, 1 / 7)]
    assert messages.boxes_of(sent(messages.boxes_message(found))) == found
    logits = np.full((3, 4), -np.inf, np.float32)
    said = messages.segmentation_of(sent(messages.segmentation_message(Segmentation(logits > 0, 0.5, logits, True))))
    np.testing.assert_array_equal(said.logits, logits)
    assert (said.mask.dtype, said.score, said.is_likeliest) == (bool, 0.5, True)
    outline = messages.outline_of(sent(messages.outline_message(VentricleOutline(logits, np.zeros_like(logits)))))
    assert outline is not None
    np.testing.assert_array_equal(outline.blood_pool, np.zeros_like(logits))
    assert messages.outline_of(sent(messages.outline_message(None))) is None


class Runs:
    """Makes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def test_what_is_no_message_is_refused_and_nothing_in_it_runs(tmp_path: Path) -> None:
    hostile = io.BytesIO()
    np.savez(hostile, about=np.array([Runs(tmp_path / "ran")], dtype=object))
    without_about = io.BytesIO()
    np.savez(without_about, pixels=IMAGE.pixels)
    array = io.BytesIO()
    np.save(array, IMAGE.pixels)
    whole = messages.image_message(Task.EMBED, IMAGE).pack()
    for packed in (
        hostile.getvalue(),
        pickle.dumps(Runs(tmp_path / "ran")),
        without_about.getvalue(),
        whole[: len(whole) // 2],
        b"",
        array.getvalue(),
        Message(["a list"]).pack(),  # type: ignore[arg-type]
    ):
        with pytest.raises(MessageInvalid):
            Message.unpack(packed)
    assert not (tmp_path / "ran").exists()
