"""The prepared form of datasets: a manifest and one .npz a patient, loadable without the sources (docs/datasets.md)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.datasets.split import Split
from scarmass.datasets.stack_arrays import StackArrays, arrays_sha256, slices_of
from scarmass.domain.errors import PreparedDatasetInvalid
from scarmass.domain.stack import Contrast

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
PATIENTS_FOLDER = "patients"

Part = Literal["train", "validation", "test", "held_out"]
PARTS: tuple[Part, ...] = get_args(Part)
SPLIT_PARTS: tuple[Part, ...] = PARTS[:3]


@dataclass(frozen=True)
class Centre:
    """Where a centre's slices came from: the layout that was recognised, and the licence as given."""

    layout: str
    licence: str


@dataclass(frozen=True)
class PreparedPatient:
    """One patient of the manifest. scar_share: of the myocardium, slices pooled. sha256: of the arrays."""

    centre: str
    part: Part
    file: str
    slices: int
    scar_share: float
    contrast: Contrast
    spacing_is_nominal: bool
    sha256: str


@dataclass(frozen=True)
class Prepared:
    """A prepared dataset. Patients are named as in their centre, each in one centre and one part only."""

    folder: Path
    seed: int
    centres: Mapping[str, Centre]
    by_patient: Mapping[str, PreparedPatient]

    @property
    def split(self) -> Split:
        return Split(*(tuple(sorted(self.patients(part))) for part in SPLIT_PARTS))

    @property
    def sha256(self) -> str:
        """Identifies the content, the parts included; the same sources and seed give the same."""
        content = {"format_version": FORMAT_VERSION, **self._described()}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def patients(self, part: Part, centre: str | None = None) -> list[str]:
        """The part's patients in name order, of all centres or one. Raises ValueError for another part or centre."""
        if part not in PARTS or centre not in (None, *self.centres):
            raise ValueError(f"{part} of {centre}: parts are {', '.join(PARTS)}, centres {', '.join(self.centres)}")
        return [
            name
            for name, patient in sorted(self.by_patient.items())
            if patient.part == part and centre in (None, patient.centre)
        ]

    def slices(self, part: Part, centre: str | None = None) -> list[AnnotatedSlice]:
        """The part's slices, patient after patient, each in stack order. Raises PreparedDatasetInvalid."""
        return [annotated for patient in self.patients(part, centre) for annotated in self.slices_of(patient)]

    def slices_of(self, patient: str) -> list[AnnotatedSlice]:
        own = self.by_patient[patient]
        return slices_of(self.arrays_of(patient), patient, own.centre, own.contrast, own.spacing_is_nominal)

    def arrays_of(self, patient: str) -> StackArrays:
        """All arrays of the patient's file, windows included. Raises PreparedDatasetInvalid where it was altered."""
        path = self.folder / self.by_patient[patient].file
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = dict(stored)
        except (OSError, ValueError, EOFError, KeyError) as error:
            raise PreparedDatasetInvalid(f"{path} cannot be read") from error
        if arrays_sha256(arrays) != self.by_patient[patient].sha256:
            raise PreparedDatasetInvalid(f"{path} was altered: its content is not that of the manifest")
        return arrays

    def write_manifest(self) -> None:
        manifest = {
            "format_version": FORMAT_VERSION,
            "sha256": self.sha256,
            "split": {**asdict(self.split), "held_out": self.patients("held_out"), "sha256": self.split.sha256},
            **self._described(),
        }
        (self.folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")

    def _described(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "centres": {name: asdict(centre) for name, centre in sorted(self.centres.items())},
            "patients": {name: asdict(patient) for name, patient in sorted(self.by_patient.items())},
        }


def read_prepared(folder: Path) -> Prepared:
    """A prepared dataset by its folder; each patient's arrays are read, and verified, when asked for.

    Raises PreparedDatasetInvalid.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise PreparedDatasetInvalid(f"{folder} holds no {MANIFEST}: it was never prepared, or not to the end")
    try:
        manifest = json.loads(path.read_text())
        version = manifest["format_version"]
        if version != FORMAT_VERSION:
            raise PreparedDatasetInvalid(f"{path} is of format {version}, and {FORMAT_VERSION} is read")
        prepared = Prepared(
            folder,
            manifest["seed"],
            {name: Centre(**centre) for name, centre in manifest["centres"].items()},
            {name: _patient(described) for name, described in manifest["patients"].items()},
        )
        recorded = manifest["sha256"], manifest["split"]["sha256"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PreparedDatasetInvalid(f"{path} is no manifest of a prepared dataset") from error
    if recorded != (prepared.sha256, prepared.split.sha256):
        raise PreparedDatasetInvalid(f"{path} was altered: its hashes are not those of what it lists")
    return prepared


def _patient(described: Mapping[str, Any]) -> PreparedPatient:
    return PreparedPatient(**{**described, "contrast": Contrast(described["contrast"])})
