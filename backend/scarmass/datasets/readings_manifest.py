"""readings.json: what a dataset of signed readings was made of, without a name, a date or a UID of the source."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version

from scarmass.datasets.prepared import Prepared
from scarmass.domain.protocols import Model
from scarmass.domain.reading import Origin, Reading, SliceContent, SliceState
from scarmass.domain.structures import Structure

READINGS_FILE = "readings.json"
READINGS_FORMAT_VERSION = 1


@dataclass(frozen=True)
class TakenReading:
    """What was taken of a reading. patient: the pseudonym. no_scar: slices of which its reader said so.

    left_out: slices that were not taken, by reason. made: of each structure how many masks came to be in which way.
    models: those in use when it was signed, and those that drew what is left of their drawing.
    """

    patient: str
    slices: int
    no_scar: int
    left_out: Mapping[str, int]
    made: Mapping[Structure, Mapping[Origin, int]]
    models: tuple[Model, ...]

    @staticmethod
    def of(reading: Reading, patient: str, contents: Sequence[SliceContent], left_out: Sequence[str]) -> "TakenReading":
        """contents: of the slices that are taken. left_out: a reason for each of the others."""
        signature = reading.record.signature
        assert signature is not None
        segments = [(structure, one) for content in contents for structure, one in content.segments.items()]
        drew = {one.model for _, one in segments if one.model is not None}
        models = drew | {signature.recipe.detector, signature.recipe.segmenter}
        return TakenReading(
            patient=patient,
            slices=len(contents),
            no_scar=sum(content.decision is SliceState.NO_SCAR for content in contents),
            left_out=dict(Counter(left_out)),
            made={
                structure: dict(Counter(one.origin for of, one in segments if of is structure))
                for structure in Structure
            },
            models=tuple(sorted(models, key=lambda model: (model.name, model.sha256))),
        )


def write_readings_manifest(
    prepared: Prepared, held_out: float, taken: Mapping[str, TakenReading], left_out: Mapping[str, str]
) -> None:
    """Write what was taken of each reading beside the dataset. left_out: readings, with the fact that kept each out."""
    manifest = {
        "format_version": READINGS_FORMAT_VERSION,
        "product": f"ScarMass {version('scarmass')}",
        "dataset_sha256": prepared.sha256,
        "split_sha256": prepared.split.sha256,
        "held_out": held_out,
        "patients": len({one.patient for one in taken.values()}),
        "slices": sum(one.slices for one in taken.values()),
        "slices_without_scar": sum(one.no_scar for one in taken.values()),
        "slices_left_out": dict(sum((Counter(one.left_out) for one in taken.values()), Counter())),
        "models": sorted(
            ({**asdict(model), "readings": count} for model, count in _uses(taken).items()),
            key=lambda model: (model["name"], model["sha256"]),
        ),
        "readings": {
            name: {**asdict(one), "part": prepared.by_patient[name].part, "sha256": prepared.by_patient[name].sha256}
            for name, one in sorted(taken.items())
        },
        "readings_left_out": dict(sorted(left_out.items())),
    }
    (prepared.folder / READINGS_FILE).write_text(json.dumps(manifest, indent=1) + "\n")


def _uses(taken: Mapping[str, TakenReading]) -> Counter[Model]:
    return Counter(model for one in taken.values() for model in one.models)
