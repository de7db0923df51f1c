"""The rows of a zero-shot comparison: one a backbone, strategy and slice, appended to slices.csv as they come."""

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.errors import RunConflict
from scarmass.domain.structures import Structure

ROWS_FILE = "slices.csv"
RUN_FILE = "run.json"

Key = tuple[str, str, str, str, int]


@dataclass(frozen=True)
class Row:
    """One answer. weights: sha256 of the backbone's file, and of the detector's where it drew the boxes.

    hd95_mm: inf where the answer is empty. core seconds: processor time; the others are of a clock.
    """

    backbone: str
    strategy: str
    weights: str
    patient: str
    index: int
    groups: int
    answered_pixels: int
    reference_pixels: int
    dice: float
    hd95_mm: float
    embed_seconds: float
    embed_core_seconds: float
    decode_seconds: float
    decode_core_seconds: float

    @property
    def key(self) -> Key:
        return self.backbone, self.strategy, self.weights, self.patient, self.index


def open_rows(folder: Path, slices: Sequence[AnnotatedSlice], seed: int) -> list[Row]:
    """The rows that the folder holds already, of these slices and this seed; an incomplete last row is dropped.

    Raises RunConflict where the folder is of others.
    """
    folder.mkdir(parents=True, exist_ok=True)
    provenance, path = {"slices_sha256": slices_sha256(slices), "seed": seed}, folder / RUN_FILE
    if path.is_file() and json.loads(path.read_text()) != provenance:
        raise RunConflict(f"{folder} holds a comparison on other slices or of another seed; name another folder")
    path.write_text(json.dumps(provenance, indent=2) + "\n")
    rows = folder / ROWS_FILE
    if not rows.is_file():
        return []
    content = rows.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        rows.write_bytes(whole)
    return read_rows(rows)


def read_rows(path: Path) -> list[Row]:
    with path.open(newline="") as file:
        return [
            Row(**{field.name: field.type(cells[field.name]) for field in fields(Row)})  # type: ignore[operator]
            for cells in csv.DictReader(file)
        ]


def append_row(folder: Path, row: Row) -> None:
    path = folder / ROWS_FILE
    is_new = not path.is_file() or not path.stat().st_size
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerow(asdict(row))


def slices_sha256(slices: Sequence[AnnotatedSlice]) -> str:
    """Identifies the slices: their names, pixels, spacings and what is drawn from."""
    content = hashlib.sha256()
    for annotated in slices:
        content.update(f"{annotated.patient}/{annotated.index}/{annotated.pixel_spacing_mm}".encode())
        content.update(np.ascontiguousarray(annotated.pixels).tobytes())
        for structure in (Structure.SCAR, Structure.LEFT_VENTRICLE):
            content.update(np.packbits(annotated.masks[structure]).tobytes())
    return content.hexdigest()
