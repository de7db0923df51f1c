"""Patients with several studies: small phantoms, the same heart imaged again."""

from pathlib import Path

import pydicom

from scarmass.phantom.demonstration import DemoStudy, write_phantom
from scarmass.phantom.stack import phantom
from scarmass.phantom.ventricle import Scar, Territory

NOW, THEN = "20260105", "20240110"


def study_files(folder: Path, date: str, seed: int = 7, slices: int = 6, **attributes: str) -> list[Path]:
    """The files of a small study of patient TWICE-1 on a date; attributes by their keyword replace what they say."""
    scars = (Scar(Territory.LAD, transmurality=0.9, half_angle=1.0, half_height=0.35),)
    subject = phantom(seed, scars=scars, rows=96, columns=96, pixel_spacing_mm=(2.0, 2.0), number_of_slices=slices)
    study = DemoStudy("Twice^Imaged", "TWICE-1", "19500314", "F", date, subject)
    name = "-".join([date, str(seed), *attributes.values()])
    paths = write_phantom(folder / name, study)
    for path in paths:
        one = pydicom.dcmread(path)
        for keyword, value in attributes.items():
            setattr(one, keyword, value)
        one.save_as(path)
    return paths
