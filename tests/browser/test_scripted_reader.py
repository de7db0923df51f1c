"""Three phantom patients from upload to signed PDF, the grams known from the boxes that were drawn."""

import csv
from itertools import islice
from pathlib import Path

import numpy as np
import pydicom
import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from scarmass.domain.prompts import Box
from scarmass.domain.structures import Structure
from scarmass.phantom.demonstration import demo_studies, write_phantom
from tests.browser.conftest import Server
from tests.browser.scripted_reader import ScriptedReader

pytestmark = pytest.mark.browser

DENSITY_G_PER_ML = 1.05


@pytest.mark.parametrize("number", range(3))
def test_a_patient_is_read_from_upload_to_signed_pdf(page: Page, server: Server, tmp_path: Path, number: int) -> None:
    study = next(islice(demo_studies(), number, None))
    files = write_phantom(tmp_path / "dicom", study)
    scars: dict[str, Box] = {}
    expected_g = 0.0
    for path, mask in zip(files, study.phantom.masks[Structure.SCAR], strict=True):
        if not mask.any():
            continue
        header = pydicom.dcmread(path, stop_before_pixels=True)
        rows, columns = np.nonzero(mask)
        box = Box(*(float(side) for side in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)))
        scars[str(header.SOPInstanceUID)] = box
        row_mm, column_mm = (float(spacing) for spacing in header.PixelSpacing)
        area_mm2 = (box.x1 - box.x0) * column_mm * (box.y1 - box.y0) * row_mm
        expected_g += area_mm2 * float(header.SliceThickness) * 0.001 * DENSITY_G_PER_ML
    reader = ScriptedReader(page, server.address)
    exported = reader.read(study.patient_id, files, scars, tmp_path)
    rows = list(csv.DictReader(exported.open()))
    assert len(rows) == len(files) + 1
    assert {row["patient_id"] for row in rows} == {study.patient_id}
    assert float(rows[-1]["mass_g_by_slice_thickness"]) == pytest.approx(expected_g, abs=0.0051)
    reviewed = [row["slice_state"] for row in rows[:-1]]
    assert reviewed.count("no_scar") == len(files) - len(scars)
    assert reviewed.count("accepted") == len(scars)
    assert reader.actions == 4 + (len(files) - len(scars)) + 3 * len(scars)

    signed = reader.signed_report(tmp_path)
    assert signed.name.startswith(f"SIGNED_{study.patient_id}_")
    told = " ".join(page.extract_text() for page in PdfReader(signed).pages)
    assert "DRAFT" not in told
    assert f"{float(rows[-1]['mass_g_by_slice_thickness']):.2f} g" in told
    assert "signed by unauthenticated reader" in told.replace("\n", " ")
    assert study.patient_id in told
