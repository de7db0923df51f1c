"""A reading as rows: every number with its recipe, every row of a draft marked DRAFT, a signed one as it was signed."""

import csv
import io
import json
import re
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from scarmass.domain.history import PastEdit, Standing
from scarmass.domain.landmarks import Landmark
from scarmass.domain.mass import Mass
from scarmass.domain.pattern import StatedPattern, is_infarct
from scarmass.domain.protocols import Model
from scarmass.domain.reading import SIGNED_STATES, EditKind, Reading, Segment
from scarmass.domain.signature import Recipe
from scarmass.domain.stack import SliceKey, Stack, headline_extent
from scarmass.domain.structures import Structure
from scarmass.services.context import Context
from scarmass.services.formulas import harmless
from scarmass.services.measure import SliceMeasure, StackMeasure, measure_slice
from scarmass.services.readings.load import measured
from scarmass.services.readings.myocardium import Myocardium
from scarmass.storage import history, readings, stacks

DIGITS = {
    "lge_myocardium": 2,
    "scar_percent": 1,
    "no_reflow_percent": 1,
    "no_reflow_area_mm2": 1,
    "no_reflow_volume_ml": 2,
    "no_reflow_mass_g": 2,
    "area_mm2": 1,
    "volume_ml": 2,
    "mass_g": 2,
    "slice_thickness_mm": 2,
    "slice_spacing_mm": 2,
    "difference_g": 2,
    "percent_": 1,
    "transmurality_percent": 1,
}
"""Decimals that mean something, by how a column's name begins: a pixel is one or two mm2, readers differ by grams.

Sums are made before they are rounded.
"""

OF_SLICES = frozenset(
    (
        *("row", "slice", "index", "sop_instance_uid", "frame_number", "slice_state", "slice_thickness_mm"),
        *("slice_spacing_mm", "model_name", "model_sha256", "slice_sensitivity", "slice_warnings"),
        *("image_of_position", "image_chosen_by"),
    )
)
"""Columns that a table of totals has no use for."""

LONGEST_NAME_PART = 40


def export_rows(context: Context, reading_id: uuid.UUID) -> tuple[str, list[dict[str, Any]]]:
    """The name of a file without its extension, and one row a slice and one for the total, with the patient and the
    recipe on each.

    Raises ReadingNotFound.
    """
    with context.database.transaction() as session:
        measured_reading = measured(context, session, readings.get_reading(session, reading_id))
        reading = measured_reading.reading
        stack = stacks.get_stack(session, reading.stack_id)
        choices = _choices(history.past_edits(session, reading_id))
    recipe = context.recipe_of(reading)
    common = common_columns(recipe, reading, stack)
    rows = [
        {**common, **_slice_columns(recipe, reading, index), **_image(reading, index, stack, choices)}
        for index in range(len(reading.slices))
    ]
    area_mm2 = sum(measure.area_mm2 for measure in measured_reading.scar.slices)
    mass = mass_columns(measured_reading.scar.mass)
    core = _no_reflow_columns(measured_reading.measures.get(Structure.NO_REFLOW))
    whole = _myocardium_columns(measured_reading.myocardium)
    rows = [row | dict.fromkeys(whole) for row in rows]
    total = {**dict.fromkeys(rows[0]), **common, "row": "total", "area_mm2": area_mm2, **mass, **core, **whole}
    return file_name(stack, reading), [rounded(row) for row in [*rows, total]]


def total_rows(context: Context, reading_ids: Sequence[uuid.UUID]) -> tuple[str, list[dict[str, Any]]]:
    """The name of a file, and the total of each of these readings in one table, each reading once.

    Raises ReadingNotFound.
    """
    found = [export_rows(context, reading_id)[1] for reading_id in dict.fromkeys(reading_ids)]
    of_total = [column for column in found[0][-1] if column not in OF_SLICES]
    state = "DRAFT" if any(rows[-1]["status"] == "DRAFT" for rows in found) else "SIGNED"
    return f"{state}_scar-mass_{len(found)}-readings", [{key: rows[-1][key] for key in of_total} for rows in found]


def _slice_columns(recipe: Recipe, reading: Reading, index: int) -> dict[str, Any]:
    one = reading.slices[index]
    content = reading.content(one.key)
    scar, core = content.scar, content.segments.get(Structure.NO_REFLOW)
    measure, core_measure = (
        None if segment is None else measure_slice(one, segment.mask, recipe.density_g_per_ml)
        for segment in (scar, core)
    )
    model = None if scar is None else scar.model
    return {
        "row": "slice",
        "slice": index + 1,
        "index": index,
        "sop_instance_uid": one.header.sop_instance_uid,
        "frame_number": one.header.frame_number,
        "slice_state": content.state.value,
        "slice_thickness_mm": one.slice_thickness_mm,
        "slice_spacing_mm": one.slice_spacing_mm,
        "area_mm2": None if measure is None else measure.area_mm2,
        **mass_columns(None if measure is None else measure.mass),
        **_no_reflow_columns(core_measure),
        "origin": "" if scar is None else scar.origin.value,
        "method": "" if scar is None or scar.method is None else _words(scar),
        "model_name": None if model is None else model.name,
        "model_sha256": None if model is None else model.sha256,
        "slice_sensitivity": None if scar is None else scar.sensitivity,
        "slice_warnings": "" if scar is None else "; ".join(scar.warnings),
    }


def _words(adopted: Segment) -> str:
    """The method in words, with what a reader placed for it."""
    method = "" if adopted.method is None else adopted.method.label
    placed = ", ".join(
        f"{region.value} region x {circle.x:.1f} y {circle.y:.1f} radius {circle.radius_mm:.1f} mm"
        for region, circle in adopted.placed.items()
    )
    return f"{method} ({placed})" if placed else method


def _choices(edits: Sequence[PastEdit]) -> dict[SliceKey, str]:
    """Who chose an image for its position, and when."""
    exchanges = [edit for edit in edits if edit.kind is EditKind.EXCHANGE and edit.standing is Standing.LIVE]
    return {key: f"{edit.author}, {edit.created_at:%Y-%m-%d}" for edit in exchanges for key in edit.slices}


def _image(reading: Reading, index: int, stack: Stack, choices: Mapping[SliceKey, str]) -> dict[str, Any]:
    """Which of several images of one position the slice is."""
    key = reading.keys[index]
    images = next((images for images in stack.repeats if key in [one.key for one in images]), None)
    if images is None:
        return {"image_of_position": "", "image_chosen_by": ""}
    number = [one.key for one in images].index(key) + 1
    return {"image_of_position": f"{number} of {len(images)}", "image_chosen_by": choices.get(key, "")}


def to_csv(rows: list[dict[str, Any]]) -> str:
    """The rows as CSV; text that a spreadsheet would run as a formula is quoted with an apostrophe."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    for row in rows:
        writer.writerow({key: harmless(value) for key, value in row.items()})
    return out.getvalue()


def to_json(rows: list[dict[str, Any]], others: Mapping[str, list[dict[str, Any]]] = MappingProxyType({})) -> str:
    """others: tables beside the rows, by name."""
    return json.dumps({"rows": rows, **others}, ensure_ascii=False, separators=(",", ":"))


def file_name(stack: Stack, reading: Reading) -> str:
    """State, patient, date of the study, and how far it is: what a reader looks for among files, in plain ASCII.

    The patient's ID, and only where there is none the name.
    """
    study = stack.study
    patient = _plain(study.patient_id) or _plain(study.patient_name) or "no-ID"
    date = _plain(study.study_date) or "no-date"
    decided = f"{reading.reviewed}-of-{len(reading.slices)}"
    named = f"{patient}_{date}_scar-mass_{decided}_r{reading.revision}"
    return f"SIGNED_{named}_v{reading.record.version}" if reading.state in SIGNED_STATES else f"DRAFT_{named}"


def _plain(text: str) -> str:
    """Letters and digits of ASCII, accents left out, with single dashes for all else."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9.]+", "-", ascii_only).strip("-.")[:LONGEST_NAME_PART]


def rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the digits that mean something."""
    return {column: _rounded(column, cell) for column, cell in row.items()}


def _rounded(column: str, cell: Any) -> Any:
    digits = next((digits for start, digits in DIGITS.items() if column.startswith(start)), None)
    return round(cell, digits) if digits is not None and isinstance(cell, float) else cell


def common_columns(recipe: Recipe, reading: Reading, stack: Stack) -> dict[str, Any]:
    """Patient, state and recipe, which every row tells."""
    study, typed, record = stack.study, recipe.typed_thickness, reading.record
    signature = record.signature
    return {
        "status": reading.state.value if reading.state in SIGNED_STATES else "DRAFT",
        "patient_name": study.patient_name,
        "patient_id": study.patient_id,
        "patient_birth_date": study.patient_birth_date,
        "patient_sex": study.patient_sex,
        "study_date": study.study_date,
        "study_instance_uid": study.study_instance_uid,
        "stack_id": stack.stack_id,
        "stack_description": stack.description,
        "warnings": "; ".join(stack.warnings if signature is None else signature.warnings),
        "contrast": (stack.contrast if signature is None else signature.contrast).value,
        "reading_id": str(reading.id),
        "revision": reading.revision,
        "readers": "; ".join(reading.authors),
        "reviewed": reading.reviewed,
        "of": len(reading.slices),
        "version": record.version,
        "replaces": None if record.replaces is None else str(record.replaces),
        "signed_by": None if signature is None else signature.reader,
        "signed_at": None if signature is None else signature.signed_at.isoformat(timespec="seconds"),
        "seconds_of_work": round(record.seconds_of_work),
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "density_g_per_ml": recipe.density_g_per_ml,
        "slice_thickness_typed_by": None if typed is None else f"{typed.author}, {typed.at:%Y-%m-%d}",
        "models": "; ".join(f"{model.name} {model.sha256}" for model in models_of(reading)),
        "mass_extent": headline_extent(reading.slices, recipe.mass_extent).value,
        "sensitivity": reading.sensitivity.value,
        "sensitivity_follows": reading.sensitivity.follows,
        "scar_confined_to_myocardium": reading.wall.confines_scar,
        "papillary_muscles_are": "myocardium" if reading.wall.papillary_muscles else "blood pool",
        "anterior_insertion": _place(reading, reading.landmarks.anterior_insertion),
        "inferior_insertion": _place(reading, reading.landmarks.inferior_insertion),
        **_pattern_columns(reading.pattern),
        "masks_taken_from": "; ".join(one.cited for one in reading.taken_from),
    }


def _pattern_columns(pattern: StatedPattern | None) -> dict[str, Any]:
    """mass_label: what the grams may be called, in words."""
    layer = None if pattern is None else pattern.layer
    return {
        "pattern": None if layer is None else layer.value,
        "ischaemic": None if pattern is None else pattern.ischaemic,
        "pattern_stated_by": None if pattern is None else f"{pattern.reader}, {pattern.at:%Y-%m-%d}",
        "mass_label": "Infarct mass" if is_infarct(pattern) else "LGE mass",
    }


def models_of(reading: Reading) -> list[Model]:
    """The models that drew scar that counts, each once, by name."""
    scars = reading.counting(Structure.SCAR).values()
    models = {scar.model for scar in scars if scar.model is not None}
    return sorted(models, key=lambda model: (model.name, model.sha256))


def _place(reading: Reading, landmark: Landmark | None) -> str:
    """A landmark as slice and image pixels; without the slice's number where its image was exchanged."""
    if landmark is None:
        return ""
    place = landmark.place
    on = f"slice {reading.keys.index(place.slice) + 1}" if place.slice in reading.keys else "an exchanged image"
    return f"{on}: {place.x:.1f}, {place.y:.1f}"


def mass_columns(mass: Mass | None) -> dict[str, float | None]:
    thickness = None if mass is None else mass.by_slice_thickness
    spacing = None if mass is None else mass.by_slice_spacing
    return {
        "volume_ml_by_slice_thickness": None if thickness is None else thickness.volume_ml,
        "mass_g_by_slice_thickness": None if thickness is None else thickness.mass_g,
        "volume_ml_by_slice_spacing": None if spacing is None else spacing.volume_ml,
        "mass_g_by_slice_spacing": None if spacing is None else spacing.mass_g,
    }


def _no_reflow_columns(measure: SliceMeasure | StackMeasure | None) -> dict[str, float | None]:
    """Dark cores of the scar, which the scar's own columns count too; all absent where none are outlined."""
    areas = measure.slices if isinstance(measure, StackMeasure) else [measure] if measure else []
    area_mm2 = sum(one.area_mm2 for one in areas) if areas else None
    return {"no_reflow_area_mm2": area_mm2, **no_reflow_columns(None if measure is None else measure.mass)}


def no_reflow_columns(mass: Mass | None) -> dict[str, float | None]:
    return {f"no_reflow_{name}": value for name, value in mass_columns(mass).items()}


def _myocardium_columns(myocardium: Myocardium) -> dict[str, Any]:
    """LGE mass of the wall, which is not cine mass, and what part of it is scar: of the whole reading."""
    return {
        **{f"lge_myocardium_{name}": value for name, value in mass_columns(myocardium.mass).items()},
        "scar_percent_of_myocardium": myocardium.scar_percent,
        "no_reflow_percent_of_myocardium": myocardium.no_reflow_percent,
        "myocardium_unknown_because": myocardium.unknown_because or "",
    }
