"""Phantom patients for a fresh machine, so that the worklist is not empty."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scarmass.domain.stack import Contrast
from scarmass.imaging.mr.write import Series, write_mr_series
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.ventricle import Scar, Territory

OBLIQUE = (0.8, 0.36, -0.48, 0.0, -0.8, -0.6)


@dataclass(frozen=True)
class DemoStudy:
    patient_name: str
    patient_id: str
    patient_birth_date: str
    patient_sex: str
    study_date: str
    phantom: Phantom


def demo_studies() -> Iterator[DemoStudy]:
    """An anterior infarct with no-reflow, a subendocardial inferior one, none, and an oblique PSIR stack."""
    lad = Scar(Territory.LAD, transmurality=1.0, half_angle=1.0, half_height=0.33, no_reflow=True)
    rca = Scar(Territory.RCA, transmurality=0.55, half_angle=0.9, half_height=0.33)
    lcx = Scar(Territory.LCX, transmurality=0.8, half_angle=0.8, half_height=0.3)
    yield DemoStudy("Phantom^Anterior", "PHANTOM-001", "19580314", "M", "20260105", phantom(34, scars=(lad,)))
    yield DemoStudy("Phantom^Inferior", "PHANTOM-002", "19630921", "F", "20260112", phantom(12, scars=(rca,)))
    yield DemoStudy("Phantom^Healthy", "PHANTOM-003", "19710630", "F", "20260119", phantom(13, scars=()))
    oblique = phantom(
        14,
        scars=(lcx, rca),
        contrast=Contrast.PSIR,
        rows=208,
        columns=256,
        pixel_spacing_mm=(1.6, 1.25),
        number_of_slices=11,
        slice_thickness_mm=6.0,
        slice_gap_mm=3.0,
        orientation=OBLIQUE,
    )
    yield DemoStudy("Phantom^Oblique", "PHANTOM-004", "19491202", "M", "20260126", oblique)


def write_demo_studies(folder: Path) -> list[Path]:
    """Write every demo study as DICOM below folder, one subfolder a patient; the same bytes every time."""
    paths = []
    for study in demo_studies():
        paths += write_phantom(folder / study.patient_id, study)
    return paths


def write_phantom(folder: Path, study: DemoStudy) -> list[Path]:
    """Write one phantom study as a derived MR series; files in slice order."""
    series = Series(
        study_seed="demonstration",
        patient_name=study.patient_name,
        patient_id=study.patient_id,
        patient_birth_date=study.patient_birth_date,
        patient_sex=study.patient_sex,
        study_date=study.study_date,
        study_description="Cardiac MR phantom",
        series_description=f"SAX LGE {'PSIR' if study.phantom.contrast is Contrast.PSIR else 'magnitude'}",
        contrast=study.phantom.contrast,
        derivation="Simulated: a phantom, not a patient",
    )
    return write_mr_series(folder, study.phantom.pixels, study.phantom.planes, series)
