"""What the geometry of a stack leaves in doubt is said on it, and the mass that is named is one that can be true."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydicom.uid import generate_uid

from tests.field.slices import SHAPE, dicom_slice, encoded, stacks_of

SERIES = generate_uid()


@pytest.fixture
def study() -> str:
    return generate_uid()


def said(places_mm: list[float], **attributes: Any) -> str:
    """The warnings on the one stack of slices at these places."""
    study = generate_uid()
    (stack,) = stacks_of([dicom_slice(study, SERIES, z, **attributes) for z in places_mm])
    return "\n".join(stack.warnings)


def test_of_an_even_stack_nothing_is_said() -> None:
    assert said([0, 10, 20, 30], SpacingBetweenSlices=10) == ""


def test_a_missing_slice_is_named_by_its_place() -> None:
    assert "between slices 2 and 3 lie 20 mm, elsewhere 10 mm" in said([0, 10, 30, 40, 50])


def test_unequal_spacing_is_said() -> None:
    assert "not evenly spaced" in said([0, 10, 21, 31])


def test_slices_that_overlap() -> None:
    overlapping = said([2.5 * at for at in range(16)], thickness_mm=5, SpacingBetweenSlices=2.5)
    assert "overlap: SliceThickness is 5 mm, their spacing 2.5 mm" in overlapping
    assert "overlap" not in said([0, 8, 16], thickness_mm=8)
    assert "overlap" not in said([0, 7.99, 15.98], thickness_mm=8)


def test_spacing_that_the_positions_contradict() -> None:
    assert "SpacingBetweenSlices says 2 mm, the positions 10 mm" in said([0, 10, 20], SpacingBetweenSlices=2)


def test_a_thickness_far_below_the_spacing() -> None:
    assert "far less than the spacing of 10 mm" in said([0, 10, 20], thickness_mm=1)
    assert said([0, 10, 20], thickness_mm=6) == ""


def test_a_missing_thickness() -> None:
    assert "SliceThickness is missing" in said([0, 10, 20], thickness_mm=None)


def test_a_thickness_that_no_slice_has_parts_no_series() -> None:
    said([0, 10, 20], thickness_mm=80)


def test_late_enhancement_along_the_ventricle_is_said_to_be_no_short_axis(study: str) -> None:
    across = [1, 0, 0, 0, 0, -1]
    short = [dicom_slice(study, SERIES, 10.0 * at, "LGE sax") for at in range(6)]
    named = dicom_slice(study, generate_uid(), 0, "LGE 4ch")
    unnamed = dicom_slice(study, generate_uid(), 0, "LGE", ImageOrientationPatient=across)
    doubts = {stack.description: "\n".join(stack.warnings) for stack in stacks_of([*short, named, unnamed])}
    assert "no short-axis slices (the description says “4ch”)" in doubts["LGE 4ch"]
    assert "no short-axis slices (they stand across “LGE sax”)" in doubts["LGE"]
    assert "no short-axis" not in doubts["LGE sax"]


def test_every_slice_of_a_series_that_stands_elsewhere_is_spoken_of_on_both_stacks(study: str) -> None:
    across = [1, 0, 0, 0, 0, -1]
    slices = [dicom_slice(study, SERIES, 10.0 * at, "LGE") for at in range(6)]
    slices += [
        dicom_slice(study, SERIES, 0, "LGE", ImageOrientationPatient=across, ImagePositionPatient=[0, 10 * at, 0])
        for at in range(2)
    ]
    warnings = {len(stack.slices): "\n".join(stack.warnings) for stack in stacks_of(slices)}
    assert "2 other images of its series stand in another stack" in warnings[6]
    assert "6 other images of its series stand in another stack" in warnings[2]


def uploaded(client: TestClient, contents: list[bytes]) -> dict:
    answer = client.post("/api/v1/studies", files=[("files", (f"{n}.dcm", one)) for n, one in enumerate(contents)])
    return {"status": answer.status_code, **answer.json()}


def test_where_slices_overlap_the_mass_that_is_named_is_by_spacing(client: TestClient, study: str) -> None:
    slices = [dicom_slice(study, SERIES, 2.5 * at, thickness_mm=5) for at in range(16)]
    stack_id = uploaded(client, [encoded(one) for one in slices])["studies"][0]["stacks"][0]["stack_id"]
    stack = client.get(f"/api/v1/stacks/{stack_id}").json()
    counts = [0, 100, SHAPE[0] * SHAPE[1] - 100]
    masks = [
        {
            **{name: one[name] for name in ("sop_instance_uid", "frame_number")},
            "mask": {"size": SHAPE, "counts": counts},
        }
        for one in stack["slices"]
    ]
    measured = client.post("/api/v1/mass", json={"stack_id": stack_id, "masks": masks}).json()
    assert (stack["mass_extent"], measured["mass_extent"]) == ("slice_spacing", "slice_spacing")
    assert measured["mass_g"] == pytest.approx(16 * 100 * 1.5 * 1.25 * 2.5 * 1.05 / 1000)
    assert measured["mass"]["by_slice_thickness"]["mass_g"] == pytest.approx(2 * measured["mass_g"])
    asked = {"stack_id": stack_id, "masks": masks, "mass_extent": "slice_thickness"}
    assert client.post("/api/v1/mass", json=asked).json()["mass_g"] == pytest.approx(2 * measured["mass_g"])


def test_the_headline_of_a_reading_of_overlapping_slices_is_by_spacing(client: TestClient, study: str) -> None:
    slices = [dicom_slice(study, SERIES, 2.5 * at, "cine", thickness_mm=5) for at in range(4)]
    stack_id = uploaded(client, [encoded(one) for one in slices])["studies"][0]["stacks"][0]["stack_id"]
    opened = client.post(f"/api/v1/stacks/{stack_id}/readings", json={"client_id": "0" * 31 + "1"}).json()
    assert opened["mass_extent"] == "slice_spacing"


def test_a_series_whose_positions_are_all_zero_is_refused_as_without_positions(client: TestClient, study: str) -> None:
    slices = [encoded(dicom_slice(study, SERIES, 0, ImagePositionPatient=[0, 0, 0])) for _ in range(5)]
    answer = uploaded(client, slices)
    assert answer["status"] == 422
    assert len(answer["rejected"]) == 5
    assert all("ImagePositionPatient" in each["reason"] for each in answer["rejected"])


def test_a_slice_at_the_origin_among_others_is_a_slice(client: TestClient, study: str) -> None:
    slices = [encoded(dicom_slice(study, SERIES, z, ImagePositionPatient=[0, 0, z])) for z in (0, 10)]
    assert uploaded(client, slices)["studies"][0]["stacks"][0]["number_of_slices"] == 2
