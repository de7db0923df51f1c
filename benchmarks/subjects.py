"""Phantom patients to measure on: the same heart under another name each time, so that nothing is known beforehand."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import pydicom

from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Box, Point, Prompt
from scarmass.domain.protocols import SliceImage
from scarmass.domain.structures import Structure
from scarmass.phantom.demonstration import DemoStudy, write_phantom
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.ventricle import Scar, Territory

NUMBER_OF_SLICES = 12
LEAST_SCAR_PIXELS = 30


@dataclass(frozen=True)
class Subject:
    """One study on the disk. prompts: a box and a positive point by SOP Instance UID, for slices with a scar.

    scars: the truth (rows, columns) by SOP Instance UID, for all slices.
    """

    patient_id: str
    files: list[Path]
    prompts: dict[str, Prompt]
    scars: dict[str, Mask]

    @property
    def bytes(self) -> int:
        return sum(path.stat().st_size for path in self.files)

    @property
    def middle_prompt(self) -> tuple[str, Prompt]:
        """A slice in the middle of the scar, and its prompt."""
        return list(self.prompts.items())[len(self.prompts) // 2]


def scarred_phantom() -> Phantom:
    """12 slices of 256 x 256 pixels with an anterior scar, most of them touched by it."""
    anterior = Scar(Territory.LAD, transmurality=1.0, half_angle=1.0, half_height=0.35)
    return phantom(7, number_of_slices=NUMBER_OF_SLICES, scars=(anterior,))


def subjects(shown: Phantom, folder: Path) -> Iterator[Subject]:
    """The phantom as one new patient after the other, each written when asked for."""
    run = uuid.uuid4().hex[:8]
    for number in count(1):
        patient_id = f"BENCH-{run}-{number:03d}"
        study = DemoStudy(f"Bench^{number:03d}", patient_id, "19600101", "O", "20260101", shown)
        files = write_phantom(folder / patient_id, study)
        uids = [str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in files]
        scars = dict(zip(uids, shown.masks[Structure.SCAR], strict=True))
        prompts = {uid: prompt_for(mask) for uid, mask in scars.items() if mask.sum() >= LEAST_SCAR_PIXELS}
        yield Subject(patient_id, files, prompts, scars)


def prompted_slice(shown: Phantom) -> tuple[SliceImage, Prompt]:
    """The slice with most scar, and its prompt."""
    masks = shown.masks[Structure.SCAR]
    index = int(masks.sum(axis=(1, 2)).argmax())
    pixels = shown.pixels[index].astype(np.float32)
    return SliceImage("bench", pixels, shown.planes[index].pixel_spacing_mm), prompt_for(masks[index])


def prompt_for(scar: Mask) -> Prompt:
    """The box around a scar, a pixel wider on each side, and a point on the scar pixel nearest to its middle."""
    rows, columns = np.nonzero(scar)
    box = Box(columns.min() - 1.0, rows.min() - 1.0, columns.max() + 2.0, rows.max() + 2.0)
    nearest = int(np.hypot(rows - rows.mean(), columns - columns.mean()).argmin())
    point = Point(float(columns[nearest]) + 0.5, float(rows[nearest]) + 0.5, positive=True)
    return Prompt(boxes=(box,), points=(point,))
