"""A stack shows scar where the segmenter is certain of enough on all its slices: until then no slice says so."""

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.prompts import Prompt, within
from scarmass.domain.proposal import without_scar
from scarmass.domain.protocols import DetectedBox, Segmentation, SliceImage
from scarmass.domain.reading import Reading, ReadingState, SliceState
from scarmass.domain.structures import Structure
from scarmass.services.context import Context
from scarmass.services.readings import prepare
from scarmass.services.readings.open import open_reading
from scarmass.services.readings.propose import propose, scar_on, shows_scar
from scarmass.services.remembered import Remembered
from scarmass.services.stack_detections import StackDetections
from scarmass.storage import readings
from tests.conftest import application, upload
from tests.fakes import EchoSegmenter, FakeDetector, WithoutOutlines

pytestmark = pytest.mark.slow

CERTAIN, UNCERTAIN = 6.0, 1.0


class SeesScarOn(WithoutOutlines):
    """Takes the whole of a ventricle's box for scar, at a logit by slice; an unnamed slice shows none."""

    is_structure_conditioned = True

    def __init__(
        self, logits: Mapping[int, float], fails_to_embed: int | None = None, fails_to_segment: int | None = None
    ) -> None:
        super().__init__()
        self.by_slice, self.fails_to_embed, self.fails_to_segment = logits, fails_to_embed, fails_to_segment
        self.index_of: dict[str, int] = {}

    def embed(self, image: SliceImage, region: HeartRegion | None) -> None:
        if self.index_of[image.key] == self.fails_to_embed:
            raise RuntimeError("the model stumbled")

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        self.before_answer(prompt)
        index = self.index_of[image.key]
        if index == self.fails_to_segment:
            raise RuntimeError("the model stumbled")
        inside = within(prompt.boxes[0], image.pixels.shape)
        logits = np.where(inside, np.float32(self.by_slice.get(index, -9)), np.float32(-np.inf))
        return Segmentation(logits > -prompt.sensitivity, 0.7, logits)


class Preparing:
    """A stack of ten slices that is prepared step by step, from its slice 5 outwards."""

    def __init__(self, context: Context, files: list[Path], segmenter: SeesScarOn) -> None:
        self.context = context
        client = TestClient(application(context))  # whose workers do not run
        stack = upload(client, files)["studies"][0]["stacks"][0]
        self.reading_id, _ = open_reading(context, stack["stack_id"], uuid.uuid4(), "Anna")
        segmenter.index_of = {one.pixels_key: index for index, one in enumerate(self.reading().slices)}
        context.segmenter = segmenter

    def reading(self) -> Reading:
        with self.context.database.transaction() as session:
            return readings.get_reading(session, self.reading_id)

    def step(self) -> list[int]:
        """The slices that have their proposal after one more step."""
        prepare.prepare_next_slice(self.context, self.reading_id)
        return self.proposed()

    def proposed(self) -> list[int]:
        reading = self.reading()
        unproposed = {one.key for one in reading.unproposed}
        return [index for index, one in enumerate(reading.slices) if one.key not in unproposed]

    def to_the_end(self, most_steps: int = 25) -> list[int]:
        """The slices that are proposed to show scar."""
        for _ in range(most_steps):
            if self.reading().state is ReadingState.DRAFT:
                break
            self.step()
        reading = self.reading()
        assert reading.state is ReadingState.DRAFT
        scars = [reading.content(one.key).segments.get(Structure.SCAR) for one in reading.slices]
        return [index for index, scar in enumerate(scars) if scar is not None and scar.mask.any()]


def test_what_is_certain_on_the_first_slice_is_proposed_at_once(context: Context, phantom_files: list[Path]) -> None:
    preparing = Preparing(context, phantom_files, SeesScarOn({5: CERTAIN, 4: UNCERTAIN}))
    assert preparing.step() == [5]
    assert preparing.step() == [4, 5]
    assert preparing.to_the_end() == [4, 5]


def test_an_uncertain_slice_waits_until_another_one_is_certain(context: Context, phantom_files: list[Path]) -> None:
    preparing = Preparing(context, phantom_files, SeesScarOn({5: UNCERTAIN, 6: CERTAIN}))
    assert preparing.step() == []
    assert preparing.step() == [4]  # shows none, whatever the others do
    assert preparing.step() == [4, 6]
    assert preparing.step() == [4, 5, 6]
    assert preparing.to_the_end() == [5, 6]


def test_a_slice_is_asked_for_all_its_scar_once_for_boxes_and_once_for_blood(
    context: Context, phantom_files: list[Path]
) -> None:
    class Outlines(SeesScarOn):
        outline_ventricle = EchoSegmenter.outline_ventricle

    segmenter, asked = Outlines({5: UNCERTAIN, 6: CERTAIN}), []
    segmenter.before_answer = asked.append
    preparing = Preparing(context, phantom_files, segmenter)
    assert preparing.to_the_end() == [5, 6]
    assert len(asked) == 2 * 10 + 2  # and again in the boxes of the two that show some


@pytest.mark.parametrize("sensitivity", [0.0, 1.5])
def test_what_is_known_of_other_slices_is_not_asked_again(
    context: Context, phantom_files: list[Path], sensitivity: float
) -> None:
    segmenter, asked = SeesScarOn(dict.fromkeys(range(3, 8), UNCERTAIN)), []
    slices = Preparing(context, phantom_files, segmenter).reading().slices
    for one in slices[:-1]:
        scar_on(context, slices, one, sensitivity)
    segmenter.before_answer = asked.append
    assert not shows_scar(context, slices, slices[5])
    assert len(asked) == 1


def test_a_stack_of_which_nothing_is_certain_shows_no_scar(context: Context, phantom_files: list[Path]) -> None:
    uncertain = dict.fromkeys(range(3, 8), UNCERTAIN)
    assert Preparing(context, phantom_files, SeesScarOn(uncertain)).to_the_end() == []


@pytest.mark.parametrize("other", [CERTAIN, UNCERTAIN])
@pytest.mark.parametrize("fails", ["fails_to_embed", "fails_to_segment"])
def test_a_slice_on_which_the_models_fail_keeps_no_other_waiting(
    context: Context, phantom_files: list[Path], fails: str, other: float
) -> None:
    segmenter = SeesScarOn({5: UNCERTAIN, 8: other}, **{fails: 6})
    preparing = Preparing(context, phantom_files, segmenter)
    assert preparing.to_the_end() == ([5, 8] if other == CERTAIN else [])
    reading = preparing.reading()
    assert reading.content(reading.slices[6].key).state is SliceState.FAILED


def test_what_failed_once_is_asked_about_again(context: Context, phantom_files: list[Path]) -> None:
    segmenter = SeesScarOn({5: UNCERTAIN, 6: CERTAIN}, fails_to_segment=6)
    preparing = Preparing(context, phantom_files, segmenter)
    assert preparing.to_the_end() == []
    segmenter.fails_to_segment = None
    slices = preparing.reading().slices
    assert propose(context, slices, slices[5], 0.0).mask.any()


@pytest.mark.parametrize("logits", [{5: UNCERTAIN, 3: CERTAIN}, {5: UNCERTAIN, 3: UNCERTAIN}])
def test_a_server_that_starts_anew_meanwhile_asks_again(
    context: Context, phantom_files: list[Path], logits: dict[int, float]
) -> None:
    preparing = Preparing(context, phantom_files, SeesScarOn(logits))
    for _ in range(4):
        preparing.step()
    context.forget()
    assert preparing.to_the_end() == ([3, 5] if CERTAIN in logits.values() else [])


def test_servers_that_take_turns_at_a_reading_come_to_its_end(context: Context, phantom_files: list[Path]) -> None:
    preparing = Preparing(context, phantom_files, SeesScarOn(dict.fromkeys(range(3, 8), UNCERTAIN)))
    here = context.scar_on_slices, context.certain_scar_mm2
    there = Remembered(100), Remembered(100)
    for turn in range(40):
        context.scar_on_slices, context.certain_scar_mm2 = here if turn % 2 else there
        preparing.step()
    assert preparing.reading().state is ReadingState.DRAFT


def test_no_scar_is_the_answer_of_whoever_was_asked(context: Context, phantom_files: list[Path]) -> None:
    preparing = Preparing(context, phantom_files, SeesScarOn({5: CERTAIN}))
    slices = preparing.reading().slices
    assert propose(context, slices, slices[0], 0.0).model == SeesScarOn.model
    context.segmenter = WithoutOutlines()  # to which structures are all alike
    context.detector, context.detections = SeesNoScar(), StackDetections()
    assert propose(context, slices, slices[0], 0.0).model == context.detector.model


class SeesNoScar(FakeDetector):
    def detect(self, images: Sequence[SliceImage], region: HeartRegion | None = None) -> list[list[DetectedBox]]:
        return [without_scar(found) for found in super().detect(images, region)]


def test_boxes_asked_for_by_a_service_are_those_of_the_proposal(context: Context, phantom_files: list[Path]) -> None:
    for logits, expected in (({5: UNCERTAIN, 2: CERTAIN}, [2, 5]), ({5: UNCERTAIN}, [])):
        preparing = Preparing(context, phantom_files, SeesScarOn(logits))
        context.forget()
        client = TestClient(application(context))
        found = client.post("/api/v1/detect", json={"stack_id": preparing.reading().stack_id}).json()["slices"]
        assert [
            index for index, told in enumerate(found) if "scar" in {box["structure"] for box in told["boxes"]}
        ] == expected
