"""A reading replayed: equal where the models are the same, and measured where they are not."""

import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from scipy import ndimage

from scarmass.domain.errors import ReadingNotFound
from scarmass.domain.masks import to_rle
from scarmass.domain.protocols import Model, Segmentation
from scarmass.services.context import Context
from scarmass.services.readings.replay import replay
from tests.fakes import EchoSegmenter
from tests.services.readings.test_prepare import opened, wait_until_draft

pytestmark = pytest.mark.slow

BOX = {"x0": 10.0, "y0": 20.0, "x1": 14.0, "y1": 23.0}
POINT = {"x": 30.5, "y": 31.5, "positive": True}


class LargerSegmenter(EchoSegmenter):
    """Another model: its masks are a pixel wider on every side."""

    model = Model("larger", "9" * 64)

    def segment(self, image, region, prompt) -> Segmentation:
        answer = super().segment(image, region, prompt)
        return replace(answer, mask=ndimage.binary_dilation(answer.mask))


def read(client: TestClient, phantom_files: list[Path]) -> uuid.UUID:
    """A reading with proposals, a box, a click on it, a painted slice, and an undone edit."""
    reading = wait_until_draft(client, opened(client, phantom_files))
    third, fourth = (reading["slices"][n] for n in (3, 4))
    painted = fourth["mask"]["size"]
    edits = [
        {"kind": "prompt", "boxes": [BOX], "slice": third},
        {"kind": "prompt", "boxes": [BOX], "points": [POINT], "slice": third},
        {"kind": "paint", "mask": to_rle(np.ones(painted, bool)), "slice": fourth},
        {"kind": "undo", "slice": None},
    ]
    for revision, told in enumerate(edits):
        on = told.pop("slice")
        body = {"client_id": str(uuid.uuid4()), "expected_revision": revision, **told}
        if on:
            body |= {"sop_instance_uid": on["sop_instance_uid"]}
        assert client.post(f"/api/v1/readings/{reading['id']}/edits", json=body).status_code == 200
    return uuid.UUID(reading["id"])


def test_the_same_models_answer_the_same_again(client: TestClient, context: Context, phantom_files: list[Path]) -> None:
    replayed = list(replay(context, read(client, phantom_files)))
    assert [one.revision for one in replayed if one.revision is not None] == [1, 2]
    assert len([one for one in replayed if one.revision is None]) == len(phantom_files)
    assert {one.dice for one in replayed} == {1.0}
    assert all(one.mass_g == one.stored_mass_g for one in replayed)
    assert {one.stored_by for one in replayed} == {f"echo {'1' * 64}"}


def test_another_model_is_measured_against_the_record(
    client: TestClient, context: Context, phantom_files: list[Path]
) -> None:
    reading_id = read(client, phantom_files)
    for one in replay(replace(context, segmenter=LargerSegmenter()), reading_id):
        assert 0 < one.dice < 1
        assert one.mass_g is not None
        assert one.stored_mass_g is not None
        assert one.mass_g > one.stored_mass_g
        assert one.stored_by.startswith("echo")


def test_a_reading_that_is_not_there_is_refused(context: Context) -> None:
    with pytest.raises(ReadingNotFound):
        list(replay(context, uuid.uuid4()))
