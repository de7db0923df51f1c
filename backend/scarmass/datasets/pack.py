"""A prepared dataset in few bytes, to be carried to a machine that trains: a prepared dataset itself, and lossy.

Slices are cut around the heart, pixels are kept as uint8 and masks as bits. What no training may see stays behind.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from scarmass.datasets.prepared import MANIFEST, PATIENTS_FOLDER, Part, Prepared
from scarmass.datasets.readings_manifest import carry_readings_manifest
from scarmass.datasets.stack_arrays import arrays_sha256, packed_arrays_of
from scarmass.domain.errors import PreparedDatasetInvalid

PACKED_PARTS: tuple[Part, ...] = ("train", "validation")


def pack(prepared: Prepared, output: Path, parts: Sequence[Part] = PACKED_PARTS) -> Prepared:
    """Write the parts' patients into output, packed. Raises PreparedDatasetInvalid."""
    if (output / MANIFEST).exists():
        raise PreparedDatasetInvalid(f"{output} already holds a prepared dataset")
    (output / PATIENTS_FOLDER).mkdir(parents=True, exist_ok=True)
    patients = {}
    for patient in [name for part in parts for name in prepared.patients(part)]:
        arrays, file = packed_arrays_of(prepared.slices_of(patient)), f"{PATIENTS_FOLDER}/{patient}.npz"
        np.savez_compressed(output / file, allow_pickle=False, **arrays)
        patients[patient] = replace(prepared.by_patient[patient], file=file, sha256=arrays_sha256(arrays))
    packed = Prepared(output, prepared.seed, prepared.centres, patients)
    packed.write_manifest()
    carry_readings_manifest(prepared, packed)
    return packed


def size_mib(folder: Path) -> float:
    """Of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20
