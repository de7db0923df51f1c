"""A reading's outlines follow its reader: fitted to what was decided, drawn anew where nothing was."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.errors import DeviceOutOfMemory
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import to_rle
from scarmass.domain.prompts import Box, Prompt, within
from scarmass.domain.protocols import Segmentation, SliceImage
from scarmass.domain.reading import WallRules
from scarmass.services.context import Context
from tests.api.test_readings import edit, reading
from tests.conftest import upload
from tests.fakes import EchoSegmenter
from tests.kept import Kept
from tests.services.readings.driving import prepared

pytestmark = pytest.mark.slow

__all__ = ["reading"]

UNCONFINED = WallRules(confines_scar=False)


class RampSegmenter(EchoSegmenter):
    """Its logits fall from left to right, from +4 to -8 across the detector's scar: a reader's limit is a column."""

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        self.before_answer(prompt)
        logits = np.full(image.pixels.shape, -np.inf, dtype=np.float32)
        columns = image.pixels.shape[1]
        ramp = np.broadcast_to(4 - 12 * (4 * (np.arange(columns) + 0.5) / columns - 1), logits.shape)
        for box in prompt.boxes:
            inside = within(box, logits.shape)
            logits[inside] = ramp[inside]
        mask = logits > -prompt.sensitivity
        return Segmentation(mask if prompt.previous is None else mask | prompt.previous, 0.9, logits)


@pytest.fixture
def context(context: Context) -> Context:
    context.segmenter, context.wall = RampSegmenter(), UNCONFINED
    return context


@pytest.fixture(scope="module")
def kept_ramp(keeping: Callable[..., Kept[str]], phantom_files: list[Path]) -> Kept[str]:
    """The phantom patient's stack, told by its id, with the reading that this model prepared."""

    def happens(client: TestClient, context: Context) -> str:
        context.wall = UNCONFINED
        stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
        prepared(client, stack_id)
        return stack_id

    return keeping(RampSegmenter(), happens)


@pytest.fixture
def stack(client: TestClient, context: Context, kept_ramp: Kept[str]) -> dict:
    kept_ramp.put_into(context)
    return client.get(f"/api/v1/stacks/{kept_ramp.told}").json()


def area(told: dict) -> float:
    return told["segments"]["scar"]["area_mm2"]


def as_drawn_at(told: dict, sensitivity: float) -> dict:
    """The slice's proposal as a reader would draw it who draws at this sensitivity."""
    rows, columns = told["mask"]["size"]
    prompt = Prompt(boxes=tuple(Box(**box) for box in told["boxes"]), sensitivity=sensitivity)
    image = SliceImage("", np.zeros((rows, columns), np.float32), (1.0, 1.0))
    return to_rle(RampSegmenter().segment(image, None, prompt).mask)


def test_another_sensitivity_redraws_what_nobody_decided_on_and_one_undo_takes_it_back(
    client: TestClient, reading: dict
) -> None:
    accepted = edit(client, reading, 0, "accept", 1)
    more = edit(client, reading, 1, "sensitivity", sensitivity=4.0)
    assert (more["sensitivity"], more["follows"]) == (4.0, False)
    redrawn = {told["index"]: told for told in more["slices"]}
    assert 1 not in redrawn
    assert len(redrawn) == len(reading["slices"]) - 1
    assert all(area(told) > area(reading["slices"][index]) for index, told in redrawn.items())
    assert {told["state"] for told in redrawn.values()} == {"proposed"}
    undone = edit(client, reading, 2, "undo")
    assert undone["sensitivity"] == 0
    assert undone["totals"] == accepted["totals"]


def test_a_decided_slice_is_asked_about_once_however_often_its_answer_is_fitted(
    client: TestClient, reading: dict, context: Context
) -> None:
    edit(client, reading, 0, "accept", 0)
    asked: list[Prompt] = []
    context.segmenter.before_answer = asked.append  # type: ignore[attr-defined]
    edit(client, reading, 1, "accept", 1)
    assert len([prompt for prompt in asked if prompt.is_drawn]) == 1


def test_an_edit_counts_also_where_the_models_fail_and_nothing_follows(
    client: TestClient, reading: dict, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_memory(*_: object) -> Segmentation:
        raise DeviceOutOfMemory("no memory left")

    monkeypatch.setattr(context.segmenter, "segment", out_of_memory)
    mask = as_drawn_at(reading["slices"][0], 3.0)
    painted = edit(client, reading, 0, "paint", 0, mask=mask)
    assert (painted["sensitivity"], painted["slice"]["mask"]) == (0, mask)
    assert len(painted["slices"]) == 1


def test_outlines_follow_what_the_reader_corrects_and_the_decided_stay(client: TestClient, reading: dict) -> None:
    told = reading["slices"][0]
    painted = edit(client, reading, 0, "paint", 0, mask=as_drawn_at(told, 3.0))
    assert painted["sensitivity"] == 3.0
    by_index = {one["index"]: one for one in painted["slices"]}
    assert by_index[0]["mask"] == as_drawn_at(told, 3.0)
    assert by_index[2]["segments"]["scar"]["mask"] == as_drawn_at(reading["slices"][2], 3.0)
    assert by_index[2]["segments"]["scar"]["sensitivity"] == 3.0
    again = client.get(f"/api/v1/readings/{reading['id']}").json()
    assert (again["sensitivity"], again["follows"]) == (3.0, True)
    assert [one["sensitivity"] for one in client.get(f"/api/v1/readings/{reading['id']}/edits").json()["edits"]] == [
        3.0
    ]


def test_following_is_turned_off_and_on_again(client: TestClient, reading: dict) -> None:
    off = edit(client, reading, 0, "sensitivity", follows=False)
    assert (off["sensitivity"], off["follows"]) == (0.0, False)
    kept = edit(client, reading, 1, "paint", 0, mask=as_drawn_at(reading["slices"][0], 3.0))
    assert kept["sensitivity"] == 0.0
    assert edit(client, reading, 2, "sensitivity", follows=True)["sensitivity"] == 3.0


def test_a_proposal_that_is_accepted_as_it_is_moves_nothing(client: TestClient, reading: dict) -> None:
    assert edit(client, reading, 0, "accept", 0)["sensitivity"] == 0.0


def test_the_recipe_of_every_exported_row_tells_it(client: TestClient, reading: dict) -> None:
    edit(client, reading, 0, "sensitivity", sensitivity=2.0)
    rows = client.get(f"/api/v1/readings/{reading['id']}/export", params={"format": "json"}).json()["rows"]
    assert {row["sensitivity"] for row in rows} == {2.0}
    assert {row["slice_sensitivity"] for row in rows if row["row"] == "slice"} == {2.0}


def test_a_sensitivity_beyond_what_can_be_set_is_refused(client: TestClient, reading: dict) -> None:
    assert edit(client, reading, 0, "sensitivity", sensitivity=99)["status"] == 422


def test_segment_takes_it(client: TestClient, reading: dict) -> None:
    told = reading["slices"][0]
    body = {"sop_instance_uid": told["sop_instance_uid"], "boxes": told["boxes"]}
    areas = [
        client.post("/api/v1/segment", json={**body, "sensitivity": value}).json()["area_mm2"] for value in (0, 2, 4)
    ]
    assert areas == sorted(set(areas))


def test_a_part_is_removed_over_rest_and_a_second_time_there_is_none(client: TestClient, reading: dict) -> None:
    box = reading["slices"][0]["boxes"][0]
    point = {"x": box["x0"] + 1, "y": box["y0"] + 1}
    gone = edit(client, reading, 0, "remove_part", 0, point=point)
    assert (gone["slice"]["state"], gone["slice"]["boxes"], gone["slice"]["area_mm2"]) == ("edited", [], 0)
    again = edit(client, reading, 1, "remove_part", 0, point=point)
    assert again["status"] == 409
    assert again["type"].endswith("NothingToRemove")
