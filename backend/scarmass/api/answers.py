"""From rows and domain values to the schemas of the contract."""

import uuid
from collections.abc import Mapping, Sequence

from scarmass.api.schemas import common as schemas
from scarmass.api.schemas import readings as reading_schemas
from scarmass.domain import mass as domain_mass
from scarmass.domain.masks import to_rle
from scarmass.domain.protocols import Model
from scarmass.domain.reading import Standing
from scarmass.domain.stack import SliceKey
from scarmass.services.context import Context
from scarmass.services.measure import SliceMeasure, StackMeasure, slice_key
from scarmass.services.readings.reading import Reading, slice_measure
from scarmass.services.slices import header_of
from scarmass.storage.readings import EditHead
from scarmass.storage.tables import SliceRow, StackRow, StudyRow

ReadingIds = Mapping[str, uuid.UUID]


def model(of: Model) -> schemas.Model:
    return schemas.Model(name=of.name, sha256=of.sha256)


def mass(of: domain_mass.Mass) -> schemas.Mass:
    return schemas.Mass(
        by_slice_thickness=_quantity(of.by_slice_thickness), by_slice_spacing=_quantity(of.by_slice_spacing)
    )


def _quantity(of: domain_mass.Quantity | None) -> schemas.Quantity | None:
    return None if of is None else schemas.Quantity(volume_ml=of.volume_ml, mass_g=of.mass_g)


def patient(row: StudyRow) -> schemas.Patient:
    return schemas.Patient(
        name=row.patient_name, id=row.patient_id, birth_date=row.patient_birth_date, sex=row.patient_sex
    )


def study(row: StudyRow, reading_ids: ReadingIds) -> schemas.Study:
    return schemas.Study(
        study_instance_uid=row.study_instance_uid,
        patient=patient(row),
        study_date=row.study_date,
        study_description=row.study_description,
        stacks=[stack_summary(stack, reading_ids) for stack in row.stacks],
    )


def _lge(row: StackRow) -> dict:
    by_reader = row.is_lge_by_reader is not None
    return {
        "contrast": row.contrast_by_reader or row.contrast,
        "is_lge": row.is_lge_by_reader if by_reader else row.is_lge,
        "is_lge_because": "set by the reader" if by_reader else row.is_lge_because,
    }


def stack_summary(row: StackRow, reading_ids: ReadingIds) -> schemas.StackSummary:
    return schemas.StackSummary(
        stack_id=row.stack_id,
        series_instance_uids=sorted({s.instance.series_instance_uid for s in row.slices}),
        description=row.description,
        number_of_slices=len(row.slices),
        reading_id=reading_ids.get(row.stack_id),
        **_lge(row),
    )


def stack(context: Context, row: StackRow) -> schemas.Stack:
    return schemas.Stack(
        stack_id=row.stack_id,
        study_instance_uid=row.study_instance_uid,
        patient=patient(row.study),
        study_date=row.study.study_date,
        study_description=row.study.study_description,
        description=row.description,
        mass_extent=context.mass_extent,
        density_g_per_ml=context.density_g_per_ml,
        warnings=row.warnings,
        slices=[_slice(member) for member in row.slices],
        **_lge(row),
    )


def _slice(row: SliceRow) -> schemas.Slice:
    header = header_of(row.instance)
    shown = schemas.Slice.model_fields.keys() & row.instance.header.keys()
    return schemas.Slice(
        index=row.index,
        slice_spacing_mm=row.slice_spacing_mm,
        **{name: getattr(header, name) for name in shown},
    )


def slice_mass(of: SliceMeasure) -> schemas.SliceMass:
    return schemas.SliceMass(
        sop_instance_uid=of.slice.sop_instance_uid,
        frame_number=of.slice.frame_number,
        area_mm2=of.area_mm2,
        mass=mass(of.mass),
    )


def stack_mass(of: StackMeasure, extent: domain_mass.MassExtent, density_g_per_ml: float) -> schemas.StackMass:
    return schemas.StackMass(
        slices=[slice_mass(measured) for measured in of.slices],
        mass=mass(of.mass),
        mass_extent=extent,
        mass_g=of.mass_g(extent),
        density_g_per_ml=density_g_per_ml,
    )


def reading_slice(context: Context, of: Reading, row: SliceRow) -> reading_schemas.ReadingSlice:
    content = of.content(row)
    measure = slice_measure(context, row, content)
    return reading_schemas.ReadingSlice(
        sop_instance_uid=row.sop_instance_uid,
        frame_number=row.frame_number,
        index=row.index,
        revision=of.made_at.get(slice_key(row), 0),
        state=content.state,
        state_before=content.state_before,
        boxes=[schemas.Box(x0=b.x0, y0=b.y0, x1=b.x1, y1=b.y1) for b in content.boxes],
        points=[schemas.Point(x=p.x, y=p.y, positive=p.positive) for p in content.points],
        mask=None if content.mask is None else schemas.Rle(**to_rle(content.mask)),
        score=content.score,
        area_mm2=None if measure is None else measure.area_mm2,
        mass=None if measure is None else mass(measure.mass),
    )


def _totals(context: Context, of: Reading) -> dict:
    return {
        "revision": of.revision,
        "totals": mass(of.measure.mass),
        "mass_extent": context.mass_extent,
        "mass_g": of.measure.mass_g(context.mass_extent),
        "reviewed": of.reviewed,
        "of": len(of.stack.slices),
        "can_undo": of.can_undo,
        "can_redo": of.can_redo,
    }


def reading(context: Context, of: Reading) -> reading_schemas.Reading:
    return reading_schemas.Reading(
        id=of.id,
        stack_id=of.stack.stack_id,
        state=of.state,  # type: ignore[arg-type]
        prepared=len(of.proposed),
        density_g_per_ml=context.density_g_per_ml,
        model=reading_schemas.Models(detector=model(context.detector.model), segmenter=model(context.segmenter.model)),
        slices=[reading_slice(context, of, row) for row in of.stack.slices],
        **_totals(context, of),
    )


def history(edits: Sequence[tuple[EditHead, Standing]], limit: int, before: int | None) -> reading_schemas.History:
    """Up to limit edits, the newest first, of those before a revision."""
    older = [(edit, standing) for edit, standing in reversed(edits) if before is None or edit.revision < before]
    shown = [
        reading_schemas.PastEdit(
            revision=edit.revision,
            kind=edit.kind,
            author=edit.author,
            created_at=edit.created_at,
            slices=[schemas.SliceName(sop_instance_uid=sop, frame_number=frame) for sop, frame in edit.slices],
            standing=standing,
        )
        for edit, standing in older[:limit]
    ]
    return reading_schemas.History(edits=shown, next_cursor=shown[-1].revision if len(older) > limit else None)


def change(context: Context, of: Reading) -> reading_schemas.ReadingChange:
    return reading_schemas.ReadingChange(
        state=of.state,  # type: ignore[arg-type]
        prepared=len(of.proposed),
        slices=_changed(context, of),
        **_totals(context, of),
    )


def _changed(context: Context, of: Reading) -> list[reading_schemas.ReadingSlice]:
    changed: set[SliceKey] = set(of.changed)
    return [reading_slice(context, of, row) for row in of.stack.slices if slice_key(row) in changed]


def edit(context: Context, of: Reading) -> reading_schemas.EditAnswer:
    slices = _changed(context, of)
    return reading_schemas.EditAnswer(slice=slices[0] if slices else None, slices=slices, **_totals(context, of))
