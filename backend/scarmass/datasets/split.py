"""Patients parted once into those to train on, to choose on and to measure on; alike in infarct and scar size."""

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

PartOfSplit = Literal["train", "validation", "test"]

BLOCK = 8
"""Patients of like scar size that are dealt out together: 2 to test, 1 to validation, 5 to train."""

TEST_OF_BLOCK, VALIDATION_OF_BLOCK = 2, 1


@dataclass(frozen=True)
class Split:
    """Patients by purpose, each in one place only, or ValueError is raised."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        patients = [*self.train, *self.validation, *self.test]
        if len(set(patients)) < len(patients):
            raise ValueError("a patient is in two parts of the split")

    @property
    def by_patient(self) -> dict[str, PartOfSplit]:
        """The part of each patient."""
        return {patient: part for part in get_args(PartOfSplit) for patient in getattr(self, part)}

    @property
    def sha256(self) -> str:
        """Identifies the split, so that figures can say which patients they were measured on."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def read_split(path: Path) -> Split:
    """A recorded split: TOML with a list of patients for each of train, validation and test. Raises ValueError."""
    content = tomllib.loads(path.read_text())
    return Split(*(tuple(content.pop(part, ())) for part in get_args(PartOfSplit)))


def split_by_patient(scar_shares: Mapping[str, float], seed: int = 0) -> Split:
    """Part patients, given the share of each one's myocardium that is scar (0: no infarct).

    Patients without scar and those with scar are parted alike; the latter are ranked by share and dealt out block
    by block, so that small and large scars are in every part. A last block that is not full gives test and
    validation theirs first. The same patients and seed give the same split, in whatever order they come.
    """
    generator = np.random.default_rng(seed)
    train: list[str] = []
    validation: list[str] = []
    test: list[str] = []
    for block in _blocks(scar_shares):
        dealt: list[str] = [block[int(i)] for i in generator.permutation(len(block))]
        first, second = TEST_OF_BLOCK, TEST_OF_BLOCK + VALIDATION_OF_BLOCK
        test += dealt[:first]
        validation += dealt[first:second]
        train += dealt[second:]
    return Split(*(tuple(sorted(part)) for part in (train, validation, test)))


def _blocks(scar_shares: Mapping[str, float]) -> Iterator[Sequence[str]]:
    """Patients without scar, then those with scar from the smallest to the largest, BLOCK at a time."""
    ranked = sorted(scar_shares, key=lambda patient: (scar_shares[patient], patient))
    for group in ([p for p in ranked if not scar_shares[p]], [p for p in ranked if scar_shares[p]]):
        for start in range(0, len(group), BLOCK):
            yield group[start : start + BLOCK]
