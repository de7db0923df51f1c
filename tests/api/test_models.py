"""Detect, segment and mass over REST, with a segmenter that echoes its prompt."""

from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.errors import DeviceOutOfMemory
from scarmass.domain.masks import from_rle, to_rle
from scarmass.services.context import Context
from tests.conftest import upload

pytestmark = pytest.mark.slow


@pytest.fixture
def stack(client: TestClient, phantom_files: list[Path]) -> dict:
    stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    return client.get(f"/api/v1/stacks/{stack_id}").json()


def name(stack: dict, index: int) -> dict:
    told = stack["slices"][index]
    return {"sop_instance_uid": told["sop_instance_uid"], "frame_number": told["frame_number"]}


BOX = {"x0": 10.0, "y0": 20.0, "x1": 14.0, "y1": 23.0}


def test_detect_answers_for_a_stack_and_for_single_slices_alike(client: TestClient, stack: dict) -> None:
    whole = client.post("/api/v1/detect", json={"stack_id": stack["stack_id"]}).json()
    some = client.post("/api/v1/detect", json={"slices": [name(stack, 4), name(stack, 1)]}).json()
    assert len(whole["slices"]) == len(stack["slices"])
    assert some["slices"] == [whole["slices"][4], whole["slices"][1]]
    assert whole["model"]["name"] == "fake-detector"


def test_left_ventricles_alone_are_found_without_asking_the_segmenter(
    client: TestClient, stack: dict, context: Context
) -> None:
    context.segmenter.is_structure_conditioned = True  # type: ignore[misc]
    context.segmenter.before_answer = lambda _: pytest.fail("was asked")  # type: ignore[attr-defined]
    wanted = {"stack_id": stack["stack_id"], "structures": ["left_ventricle"]}
    answer = client.post("/api/v1/detect", json=wanted).json()
    assert {box["structure"] for told in answer["slices"] for box in told["boxes"]} == {"left_ventricle"}
    assert client.post("/api/v1/detect", json={**wanted, "structures": []}).status_code == 422


def test_where_the_stack_shows_scar_the_segmenter_says_where_it_lies(
    client: TestClient, stack: dict, context: Context
) -> None:
    context.segmenter.is_structure_conditioned = True  # type: ignore[misc]
    answer = client.post("/api/v1/detect", json={"stack_id": stack["stack_id"]}).json()
    assert answer["segmenter"]["name"] == "echo"
    for told in answer["slices"]:
        ventricle, scar = told["boxes"]
        assert (ventricle["structure"], scar["structure"]) == ("left_ventricle", "scar")
        assert scar["x0"] < ventricle["x0"] < ventricle["x1"] < scar["x1"]  # the echo of the ventricle's box


def test_a_box_becomes_the_mask_it_covers_with_its_area_and_grams(client: TestClient, stack: dict) -> None:
    answer = client.post("/api/v1/segment", json={**name(stack, 3), "boxes": [BOX]}).json()
    expected = np.zeros(answer["mask"]["size"], bool)
    expected[20:23, 10:14] = True
    assert np.array_equal(from_rle(answer["mask"]), expected)
    told = stack["slices"][3]
    area_mm2 = 12 * told["pixel_spacing_mm"][0] * told["pixel_spacing_mm"][1]
    assert answer["area_mm2"] == pytest.approx(area_mm2)
    for extent in ("slice_thickness", "slice_spacing"):
        grams = area_mm2 * told[f"{extent}_mm"] * 1e-3 * 1.05
        assert answer["mass"][f"by_{extent}"]["mass_g"] == pytest.approx(grams)
    assert answer["model"] == {"name": "echo", "sha256": "1" * 64}


@pytest.mark.parametrize(
    ("fields", "fact"),
    [
        ({}, "PromptInvalid"),
        ({"boxes": [{**BOX, "x1": 9.0}]}, "PromptInvalid"),
        ({"boxes": [{**BOX, "x1": 9999.0}]}, "PromptOutsideImage"),
        ({"points": [{"x": -1.0, "y": 2.0, "positive": True}]}, "PromptOutsideImage"),
        ({"boxes": [BOX], "previous": {"size": [2, 2], "counts": [4]}}, "MaskShapeMismatch"),
        ({"boxes": [BOX], "previous": {"size": [2, 2], "counts": [5]}}, "MaskMalformed"),
        ({"boxes": [BOX], "structure": "atrium"}, "RequestInvalid"),
        ({"boxes": [BOX], "boxs": []}, "RequestInvalid"),
        ({"boxes": [{**BOX, "x0": "NaN"}]}, "RequestInvalid"),
    ],
)
def test_a_prompt_that_makes_no_sense_is_refused_by_name(
    client: TestClient, stack: dict, fields: dict, fact: str
) -> None:
    answer = client.post("/api/v1/segment", json={**name(stack, 3), **fields})
    assert answer.status_code == 422
    assert answer.json()["type"] == f"urn:scarmass:problem:{fact}"


def test_a_gpu_out_of_memory_asks_to_come_back(client: TestClient, context: Context, stack: dict) -> None:
    def full(_prompt: object) -> None:
        raise DeviceOutOfMemory("the device has no memory left")

    context.segmenter.before_answer = full  # type: ignore[attr-defined]
    answer = client.post("/api/v1/segment", json={**name(stack, 3), "boxes": [BOX]})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


def test_mass_sums_the_masks_by_both_extents(client: TestClient, stack: dict) -> None:
    rows, columns = stack["slices"][0]["rows"], stack["slices"][0]["columns"]
    mask = np.zeros((rows, columns), bool)
    mask[:10, :10] = True
    masks = [{**name(stack, index), "mask": to_rle(mask)} for index in (2, 3, 4)]
    body = {"stack_id": stack["stack_id"], "masks": masks, "mass_extent": "slice_spacing", "density_g_per_ml": 1.0}
    answer = client.post("/api/v1/mass", json=body).json()
    told = stack["slices"][3]
    volume_ml = 3 * 100 * told["pixel_spacing_mm"][0] * told["pixel_spacing_mm"][1] * told["slice_spacing_mm"] / 1000
    assert answer["mass"]["by_slice_spacing"]["volume_ml"] == pytest.approx(volume_ml)
    assert answer["mass_g"] == pytest.approx(volume_ml)
    assert len(answer["slices"]) == 3


def test_a_mask_is_not_unpacked_before_its_size_is_known_to_be_the_slices(
    client: TestClient, stack: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scarmass.services.measure.from_rle", lambda _: pytest.fail("unpacked"))
    huge = {"size": [8192, 8192], "counts": [2**26]}
    masks = [{"sop_instance_uid": f"1.2.{n}", "frame_number": 1, "mask": huge} for n in range(4096)]
    body = {"stack_id": stack["stack_id"], "masks": masks}
    assert client.post("/api/v1/mass", json=body).json()["type"].endswith("SliceNotInStack")
    body["masks"] = [{**name(stack, 0), "mask": huge}]
    assert client.post("/api/v1/mass", json=body).json()["type"].endswith("MaskShapeMismatch")


def test_a_mask_of_another_stack_is_refused(client: TestClient, stack: dict) -> None:
    mask = {"sop_instance_uid": "1.2.3", "frame_number": 1, "mask": {"size": [2, 2], "counts": [4]}}
    answer = client.post("/api/v1/mass", json={"stack_id": stack["stack_id"], "masks": [mask]})
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("SliceNotInStack")
