"""A reading as rows: every number with its recipe, every row of a draft marked DRAFT."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

from scarmass.domain.mass import Mass
from scarmass.services.context import Context
from scarmass.services.readings.reading import Reading, slice_measure
from scarmass.services.slices import header_of

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def export_rows(context: Context, reading: Reading) -> list[dict[str, Any]]:
    """One row a slice and one for the total, with the patient and the recipe on each."""
    common = _common(context, reading)
    rows = []
    for row in reading.stack.slices:
        content, header = reading.content(row), header_of(row.instance)
        measure = slice_measure(context, row, content)
        model = content.model
        rows.append(
            {
                **common,
                "row": "slice",
                "index": row.index,
                "sop_instance_uid": row.sop_instance_uid,
                "frame_number": row.frame_number,
                "slice_state": content.state.value,
                "slice_thickness_mm": header.slice_thickness_mm,
                "slice_spacing_mm": row.slice_spacing_mm,
                "area_mm2": None if measure is None else measure.area_mm2,
                **_mass_columns(None if measure is None else measure.mass),
                "model_name": None if model is None else model.name,
                "model_sha256": None if model is None else model.sha256,
            }
        )
    area_mm2 = sum(measured.area_mm2 for measured in reading.measure.slices)
    blank = dict.fromkeys(rows[0])
    total = {**blank, **common, "row": "total", "area_mm2": area_mm2, **_mass_columns(reading.measure.mass)}
    return [*rows, total]


def to_csv(rows: list[dict[str, Any]]) -> str:
    """The rows as CSV; text that a spreadsheet would run as a formula is quoted with an apostrophe."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _harmless(value) for key, value in row.items()})
    return out.getvalue()


def file_name(reading: Reading, extension: str) -> str:
    """No patient data in a file name: downloads folders are shared."""
    return f"DRAFT_scar_mass_{reading.id}_r{reading.revision}.{extension}"


def _common(context: Context, reading: Reading) -> dict[str, Any]:
    study = reading.stack.study
    return {
        "status": "DRAFT",
        "patient_name": study.patient_name,
        "patient_id": study.patient_id,
        "patient_birth_date": study.patient_birth_date,
        "patient_sex": study.patient_sex,
        "study_date": study.study_date,
        "study_instance_uid": study.study_instance_uid,
        "stack_id": reading.stack.stack_id,
        "stack_description": reading.stack.description,
        "warnings": "; ".join(reading.stack.warnings),
        "contrast": reading.stack.contrast_by_reader or reading.stack.contrast,
        "reading_id": str(reading.id),
        "revision": reading.revision,
        "readers": "; ".join(reading.authors),
        "reviewed": reading.reviewed,
        "of": len(reading.stack.slices),
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "density_g_per_ml": context.density_g_per_ml,
        "mass_extent": context.mass_extent.value,
    }


def _mass_columns(mass: Mass | None) -> dict[str, float | None]:
    thickness = None if mass is None else mass.by_slice_thickness
    spacing = None if mass is None else mass.by_slice_spacing
    return {
        "volume_ml_by_slice_thickness": None if thickness is None else thickness.volume_ml,
        "mass_g_by_slice_thickness": None if thickness is None else thickness.mass_g,
        "volume_ml_by_slice_spacing": None if spacing is None else spacing.volume_ml,
        "mass_g_by_slice_spacing": None if spacing is None else spacing.mass_g,
    }


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
