"""Phantom mass through the whole chain, DICOM to REST to grams, against the analytic truth.

An oracle stands in for the segmenter, so what is measured is everything but the model: reading, ordering, geometry,
masks and arithmetic.
"""

import hashlib
import random
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from scarmass.domain.structures import Structure
from scarmass.phantom.demonstration import OBLIQUE, DemoStudy, write_phantom
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.ventricle import Scar, Territory
from scarmass.services.context import Context
from tests.conftest import application, upload
from tests.fakes import OracleSegmenter

SCARS = (
    Scar(Territory.LAD, transmurality=0.9, half_angle=1.0, half_height=0.35, no_reflow=True),
    Scar(Territory.RCA, transmurality=0.6, half_angle=0.8, half_height=0.3),
)
GEOMETRIES = {
    "plain": {},
    "anisotropic": {"pixel_spacing_mm": (0.8, 1.3), "rows": 320, "columns": 256},
    "oblique": {"orientation": OBLIQUE},
    "anisotropic, oblique, thin with a gap": {
        "pixel_spacing_mm": (1.2, 0.9),
        "columns": 320,
        "orientation": OBLIQUE,
        "slice_thickness_mm": 5.0,
        "slice_gap_mm": 4.0,
        "number_of_slices": 12,
    },
}
BOX = {"x0": 1.0, "y0": 1.0, "x1": 9.0, "y1": 9.0}


def grams(context: Context, subject: Phantom, paths: list[Path], upload_order: list[Path]) -> dict:
    """The whole chain over REST; paths are in the phantom's slice order."""
    keys = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    context.segmenter = OracleSegmenter(dict(zip(keys, subject.masks[Structure.SCAR], strict=True)))
    with TestClient(application(context)) as client:
        stack_id = upload(client, upload_order)["studies"][0]["stacks"][0]["stack_id"]
        masks = []
        for told in client.get(f"/api/v1/stacks/{stack_id}").json()["slices"]:
            name = {"sop_instance_uid": told["sop_instance_uid"], "frame_number": told["frame_number"]}
            answer = client.post("/api/v1/segment", json={**name, "boxes": [BOX]}).json()
            masks.append({**name, "mask": answer["mask"]})
        return client.post("/api/v1/mass", json={"stack_id": stack_id, "masks": masks}).json()["mass"]


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_the_grams_are_those_of_the_analytic_phantom(context: Context, tmp_path: Path, geometry: str) -> None:
    defaults = {"pixel_spacing_mm": (1.0, 1.0), "rows": 256, "columns": 256}
    subject = phantom(7, scars=SCARS, **{**defaults, **GEOMETRIES[geometry]})
    study = DemoStudy("Phantom^Truth", "TRUTH", "19500101", "M", "20260101", subject)
    paths = write_phantom(tmp_path / "dicom", study)
    mass = grams(context, subject, paths, upload_order=random.Random(3).sample(paths, len(paths)))
    thickness, spacing = subject.mass_by_slice_thickness_g(), subject.mass_by_slice_spacing_g()
    assert mass["by_slice_thickness"]["mass_g"] == pytest.approx(thickness, rel=0.01)
    assert mass["by_slice_spacing"]["mass_g"] == pytest.approx(spacing, rel=0.01)
    assert thickness > 5
