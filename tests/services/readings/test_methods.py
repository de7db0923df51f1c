"""Readers' reference methods beside a reading, over REST: told by method, and adopted as scar by one edit."""

import csv
import io
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.masks import from_rle, to_rle
from scarmass.domain.structures import Structure
from scarmass.phantom.stack import Phantom
from scarmass.services.context import Context
from tests.api.test_readings import edit
from tests.conftest import upload
from tests.fakes import WithoutOutlines
from tests.kept import Kept
from tests.services.readings.driving import prepared

pytestmark = pytest.mark.slow

FIVE_SD = {"name": "n_sd", "n": 5.0}
FWHM = {"name": "fwhm"}


@pytest.fixture
def context(context: Context) -> Context:
    context.segmenter = WithoutOutlines()
    return context


@pytest.fixture
def truth(phantom_files: list[Path], demo_phantom: Phantom) -> Phantom:
    """That of the phantom that was uploaded."""
    assert len(phantom_files) == len(demo_phantom.pixels)
    return demo_phantom


@pytest.fixture(scope="module")
def kept_reading(keeping: Callable[..., Kept[dict]], phantom_files: list[Path], demo_phantom: Phantom) -> Kept[dict]:
    """The reading with its true contours on the slices 3 to 6, and true scar there."""

    def happens(client: TestClient, _: Context) -> dict:
        reading = prepared(client, upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"])
        revision = 0
        for index in range(3, 7):
            for structure in (Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL, Structure.SCAR):
                painted = to_rle(demo_phantom.masks[structure][index])
                answer = edit(client, reading, revision, "paint", index, structure=structure.value, mask=painted)
                revision = answer["revision"]
        edit(client, reading, revision, "sensitivity", follows=False)
        return client.get(f"/api/v1/readings/{reading['id']}").json()

    return keeping(WithoutOutlines(), happens)


@pytest.fixture
def outlined(context: Context, kept_reading: Kept[dict]) -> dict:
    kept_reading.put_into(context)
    return kept_reading.told


def asked(client: TestClient, reading: dict, **body) -> dict:
    answer = client.post(f"/api/v1/readings/{reading['id']}/methods", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(client: TestClient, reading: dict) -> dict[str, dict]:
    answer = client.get(f"/api/v1/readings/{reading['id']}/methods").raise_for_status().json()
    return {one["key"]: one for one in answer["methods"]}


def grams(mass: dict) -> float:
    return mass["by_slice_thickness"]["mass_g"]


def key_of(reading: dict, index: int) -> dict:
    return {"sop_instance_uid": reading["slices"][index]["sop_instance_uid"], "frame_number": 1}


def test_a_reading_without_contours_is_told_so_method_by_method(client: TestClient, phantom_files: list[Path]) -> None:
    reading = prepared(client, upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"])
    methods = told(client, reading)
    assert list(methods) == [
        "sd_2",
        "sd_3",
        "sd_5",
        "sd_6",
        "fwhm_hyperenhanced",
        "fwhm_myocardium",
        "otsu",
        "core",
        "grey_zone",
    ]
    for one in methods.values():
        assert (one["mass"], one["difference_g"], one["percent_of_myocardium"]) == (None, None, None)
        assert one["because"].endswith("the left ventricle and its blood pool are not outlined")


def test_every_method_is_measured_on_the_slices_that_have_both_contours(
    client: TestClient, outlined: dict, truth: Phantom
) -> None:
    methods = told(client, outlined)
    five = methods["sd_5"]
    measured = [one["index"] for one in five["slices"] if one["because"] is None]
    assert measured == [3, 4, 5, 6]
    assert five["because"].startswith("slices 1, 2, 3, 8")
    assert grams(five["mass"]) == pytest.approx(sum(grams(one["mass"]) for one in five["slices"] if one["mass"]))
    ratio = five["mass"]["by_slice_spacing"]["mass_g"] / grams(five["mass"])
    assert ratio == pytest.approx(truth.slice_spacing_mm / truth.slice_thickness_mm)
    own = sum(grams(outlined["slices"][index]["mass"]) for index in measured)
    assert five["difference_g"] == pytest.approx(grams(five["mass"]) - own)
    wall = [truth.masks[Structure.LEFT_VENTRICLE][i] & ~truth.masks[Structure.BLOOD_POOL][i] for i in measured]
    pixels = sum(from_rle(one["mask"]).sum() for one in with_masks(client, outlined, "sd_5") if one["mask"])
    assert five["percent_of_myocardium"] == pytest.approx(100 * pixels / np.sum(wall))
    assert grams(methods["sd_2"]["mass"]) > grams(methods["sd_3"]["mass"]) > grams(five["mass"]) > 0


def with_masks(client: TestClient, reading: dict, key: str) -> list[dict]:
    answer = client.get(f"/api/v1/readings/{reading['id']}/methods/{key}").raise_for_status().json()
    return answer["methods"][0]["slices"]


def test_one_method_comes_with_its_masks_and_the_set_without(
    client: TestClient, outlined: dict, truth: Phantom
) -> None:
    for one in with_masks(client, outlined, "sd_5"):
        assert (one["mask"] is None) == (one["because"] is not None)
        if one["mask"] is not None:
            outside = from_rle(one["mask"]) & ~truth.masks[Structure.LEFT_VENTRICLE][one["index"]]
            assert not outside.any()
    assert {one["mask"] for each in told(client, outlined).values() for one in each["slices"]} == {None}


def test_a_method_that_is_not_there_is_named_with_those_that_are(client: TestClient, outlined: dict) -> None:
    answer = client.get(f"/api/v1/readings/{outlined['id']}/methods/kmeans")
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("MethodNotFound")
    assert "otsu" in answer.json()["detail"]
    assert client.get(f"/api/v1/readings/{uuid.uuid4()}/methods").status_code == 404


def test_excluded_slices_are_left_out(client: TestClient, outlined: dict) -> None:
    edit(client, outlined, outlined["revision"], "exclude", 4)
    assert 4 not in [one["index"] for one in told(client, outlined)["sd_5"]["slices"]]


def test_a_threshold_that_has_nothing_to_rest_on_is_told_for_its_slice_and_the_others_count(
    client: TestClient, outlined: dict
) -> None:
    far = {"region": "remote", "x": 2.0, "y": 2.0, "radius_mm": 3.0, **key_of(outlined, 4)}
    five, otsu = asked(client, outlined, methods=[FIVE_SD, {"name": "otsu"}], regions=[far])["methods"]
    reasons = {one["index"]: one["because"] for one in five["slices"]}
    assert (reasons[3], reasons[4]) == (None, "the remote region holds no myocardium")
    assert "slice 5: the remote region holds no myocardium" in five["because"]
    assert five["mass"] is not None
    assert next(one["because"] for one in otsu["slices"] if one["index"] == 4) is None


def test_a_placed_region_moves_the_threshold_of_its_own_slice(
    client: TestClient, outlined: dict, truth: Phantom
) -> None:
    rows, columns = np.nonzero(truth.masks[Structure.SCAR][4])
    on_scar = {"x": float(columns[0]) + 0.5, "y": float(rows[0]) + 0.5, "radius_mm": 4.0, **key_of(outlined, 4)}
    before = asked(client, outlined, methods=[FIVE_SD])["methods"][0]
    after = asked(client, outlined, methods=[FIVE_SD], regions=[{"region": "remote", **on_scar}])["methods"][0]
    moved = [a["index"] for a, b in zip(before["slices"], after["slices"], strict=True) if a != b]
    assert moved == [4]
    assert after["slices"][4]["area_mm2"] < before["slices"][4]["area_mm2"]


def test_no_reflow_is_added_where_the_reading_outlines_it(client: TestClient, outlined: dict, truth: Phantom) -> None:
    spot = np.zeros(truth.pixels.shape[1:], bool)
    wall = truth.masks[Structure.LEFT_VENTRICLE][4] & ~truth.masks[Structure.BLOOD_POOL][4]
    spot[tuple(np.argwhere(wall & ~truth.masks[Structure.SCAR][4])[0])] = True
    without = told(client, outlined)["sd_6"]
    edit(client, outlined, outlined["revision"], "paint", 4, structure="no_reflow", mask=to_rle(spot))
    added = told(client, outlined)["sd_6"]
    assert (without["label"], added["label"]) == (
        "6 SD above remote myocardium",
        "6 SD above remote myocardium, no-reflow added",
    )
    assert added["slices"][4]["area_mm2"] > without["slices"][4]["area_mm2"]
    left_out = asked(client, outlined, adds_no_reflow=False)["methods"][3]
    assert (left_out["label"], left_out["mass"]) == (without["label"], without["mass"])


def test_a_region_on_a_slice_of_another_reading_is_refused_by_name(client: TestClient, outlined: dict) -> None:
    region = {"region": "remote", "x": 2.0, "y": 2.0, "radius_mm": 3.0, "sop_instance_uid": "1.2.3"}
    answer = client.post(f"/api/v1/readings/{outlined['id']}/methods", json={"regions": [region]})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:scarmass:problem:SliceNotInStack")


def test_a_method_without_what_it_rests_on_is_refused_by_name(client: TestClient, outlined: dict) -> None:
    answer = client.post(f"/api/v1/readings/{outlined['id']}/methods", json={"methods": [{"name": "n_sd"}]})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:scarmass:problem:MethodInvalid")


def adopt(client: TestClient, reading: dict, method: dict, index: int | None = None, **more) -> dict:
    revision = client.get(f"/api/v1/readings/{reading['id']}").json()["revision"]
    return edit(client, reading, revision, "threshold", index, method=method, **more)


def test_a_method_adopted_on_a_slice_is_its_scar_and_one_undo_takes_it_back(client: TestClient, outlined: dict) -> None:
    mask = next(one["mask"] for one in with_masks(client, outlined, "sd_5") if one["index"] == 4)
    answer = adopt(client, outlined, FIVE_SD, 4)
    scar = answer["slice"]["segments"]["scar"]
    assert (answer["slice"]["state"], scar["origin"], scar["mask"]) == ("edited", "threshold", mask)
    assert (scar["method"]["n"], scar["method_label"]) == (5.0, "5 SD above remote myocardium")
    assert [one["index"] for one in answer["slices"]] == [4]
    after = told(client, outlined)["sd_5"]
    area = next(one["area_mm2"] for one in after["slices"] if one["index"] == 4)
    assert area == pytest.approx(answer["slice"]["area_mm2"])
    undone = edit(client, outlined, answer["revision"], "undo")
    assert undone["totals"] == outlined["totals"]
    assert client.get(f"/api/v1/readings/{outlined['id']}").json()["slices"] == outlined["slices"]


def test_a_method_adopted_on_the_stack_leaves_what_a_reader_made_and_is_one_undo(
    client: TestClient, outlined: dict
) -> None:
    """Slices 3 to 6 were painted, so all are a reader's until the models propose two of them again."""
    assert adopt(client, outlined, FIVE_SD)["type"].endswith("ThresholdUndefined")
    revision = edit(client, outlined, outlined["revision"], "propose", 4)["revision"]
    before = edit(client, outlined, revision, "propose", 5)
    answer = adopt(client, outlined, FIVE_SD)
    assert [(one["index"], one["state"]) for one in answer["slices"]] == [(4, "proposed"), (5, "proposed")]
    assert {one["segments"]["scar"]["origin"] for one in answer["slices"]} == {"threshold"}
    other = adopt(client, outlined, FWHM)
    assert [one["index"] for one in other["slices"]] == [4, 5]
    undone = edit(client, outlined, other["revision"], "undo")
    undone = edit(client, outlined, undone["revision"], "undo")
    assert undone["totals"] == before["totals"]


def test_where_a_reader_decided_on_every_slice_nothing_is_adopted(client: TestClient, outlined: dict) -> None:
    slices = [key_of(outlined, index) for index in range(len(outlined["slices"]))]
    edit(client, outlined, outlined["revision"], "accept", slices=slices)
    answer = adopt(client, outlined, FIVE_SD)
    assert (answer["status"], answer["type"]) == (409, "urn:scarmass:problem:NothingToAdopt")


def test_an_adopted_mask_is_redrawn_by_no_sensitivity_and_a_click_starts_from_it(
    client: TestClient, outlined: dict
) -> None:
    revision = edit(client, outlined, outlined["revision"], "propose", 4)["revision"]
    adopted = edit(client, outlined, revision, "threshold", method=FIVE_SD)
    before = from_rle(adopted["slice"]["mask"])
    more = edit(client, outlined, adopted["revision"], "sensitivity", sensitivity=3.0)
    assert 4 not in [one["index"] for one in more["slices"]]
    point = {"x": 3.5, "y": 3.5, "positive": True}
    clicked = edit(client, outlined, more["revision"], "prompt", 4, points=[point])["slice"]["segments"]["scar"]
    after = from_rle(clicked["mask"])
    assert not (before & ~after).any()
    assert (clicked["origin"], clicked["method"]) == ("paint", None)


def test_history_and_export_tell_the_method_and_what_was_placed_for_it(client: TestClient, outlined: dict) -> None:
    bright = {"x": 100.0, "y": 100.0, "radius_mm": 200.0}
    regions = [{"region": region, **bright, **key_of(outlined, 4)} for region in ("hyperenhanced", "remote")]
    scar = adopt(client, outlined, FWHM, 4, regions=regions)["slice"]["segments"]["scar"]
    assert scar["placed"] == {"hyperenhanced": bright}
    label = "FWHM, half of the maximum of the hyperenhanced region"
    history = client.get(f"/api/v1/readings/{outlined['id']}/edits").json()["edits"]
    assert [(one["kind"], one["method"]) for one in history[:2]] == [("threshold", label), ("sensitivity", None)]
    text = client.get(f"/api/v1/readings/{outlined['id']}/export").text
    row = next(row for row in csv.DictReader(io.StringIO(text)) if row["slice"] == "5")
    assert row["origin"] == "threshold"
    assert row["method"] == f"{label} (hyperenhanced region x 100.0 y 100.0 radius 200.0 mm)"


def test_the_grey_zone_alone_is_not_adopted_as_scar(client: TestClient, outlined: dict) -> None:
    answer = adopt(client, outlined, {"name": "grey_zone"}, 4)
    assert (answer["status"], answer["type"]) == (422, "urn:scarmass:problem:MethodInvalid")


def test_a_slice_without_contours_adopts_nothing(client: TestClient, outlined: dict) -> None:
    answer = adopt(client, outlined, FIVE_SD, 0)
    assert (answer["status"], answer["type"]) == (422, "urn:scarmass:problem:ThresholdUndefined")
    assert "not outlined" in answer["detail"]
