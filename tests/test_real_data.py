"""Real patients through the front door (skipped without SCARMASS_DATA)."""

from pathlib import Path

import nibabel
import numpy as np
import pytest
from fastapi.testclient import TestClient

from scarmass.datasets.to_dicom import nifti_masks, nifti_to_dicom
from scarmass.domain.masks import to_rle
from scarmass.domain.structures import Structure
from tests.conftest import upload


@pytest.mark.parametrize("slice_thickness_mm", [None, 8.0])
def test_an_lge_patient_from_nifti_to_the_grams_of_the_reference_contours(
    client: TestClient, scarmass_data: Path, tmp_path: Path, slice_thickness_mm: float | None
) -> None:
    patient = scarmass_data / "emidec_p100"
    paths, _ = nifti_to_dicom(
        patient / "Case_P100.nii.gz",
        tmp_path / "series",
        slice_thickness_mm=slice_thickness_mm,
        patient_name="P100",
        patient_id="P100",
    )
    stack = upload(client, paths)["studies"][0]["stacks"][0]
    assert stack["is_lge"]
    told = client.get(f"/api/v1/stacks/{stack['stack_id']}").json()
    reference = nifti_masks(patient / "Case_P100_contours.nii.gz")[Structure.SCAR]
    masks = [
        {"sop_instance_uid": s["sop_instance_uid"], "frame_number": s["frame_number"], "mask": to_rle(mask)}
        for s, mask in zip(told["slices"], reference, strict=True)
    ]
    mass = client.post("/api/v1/mass", json={"stack_id": stack["stack_id"], "masks": masks}).json()["mass"]
    labels = np.asarray(nibabel.load(patient / "Case_P100_contours.nii.gz").dataobj)  # type: ignore[attr-defined]
    area_mm2 = int(np.isin(labels, (3, 4)).sum()) * 1.40625**2
    assert mass["by_slice_spacing"]["mass_g"] == pytest.approx(area_mm2 * 13 * 1.05e-3, rel=1e-4)
    if slice_thickness_mm is None:
        assert mass["by_slice_thickness"] is None
        assert any("SliceThickness is missing" in warning for warning in told["warnings"])
    else:
        assert mass["by_slice_thickness"]["mass_g"] == pytest.approx(area_mm2 * 8 * 1.05e-3, rel=1e-4)


def test_a_real_cine_series_is_taken_in_is_no_lge_and_opens(client: TestClient, scarmass_data: Path) -> None:
    paths = sorted((scarmass_data / "sunnybrook_cine").glob("*.dcm"))
    (study,) = upload(client, paths)["studies"]
    assert [stack["number_of_slices"] for stack in study["stacks"]] == [12, 12]
    assert not any(stack["is_lge"] for stack in study["stacks"])
    told = client.get(f"/api/v1/stacks/{study['stacks'][0]['stack_id']}").json()
    assert told["study_date"] == "20120000"
    for s in told["slices"]:
        pixels = client.get(f"/api/v1/slices/{s['sop_instance_uid']}/{s['frame_number']}/pixels").content
        assert len(pixels) == s["rows"] * s["columns"] * np.dtype(s["dtype"]).itemsize
    assert len({tuple(s["position_mm"]) for s in told["slices"]}) == 12
