"""readings.json: what a dataset of signed readings was made of, without a name, a date or a UID of the source."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from scarmass.datasets.prepared import Prepared
from scarmass.domain.errors import PreparedDatasetInvalid
from scarmass.domain.protocols import Model
from scarmass.domain.reading import Origin, Reading, SliceContent, SliceState
from scarmass.domain.structures import Structure
from scarmass.inference.weights.catalog import UnseenReadings

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


@dataclass(frozen=True)
class ReadingsManifest:
    """What is read again of readings.json. held_out: the share of the patients that are test patients.

    dataset_sha256: of the dataset that it lies beside. pseudonyms: the fingerprint of those that it is written with,
    empty where an earlier version did not tell.
    patient_of: the patient's pseudonym by reading. untouched: by reading, how many of its scar masks stand as a model
    proposed them, and how many it has.
    """

    dataset_sha256: str
    held_out: float
    pseudonyms: str
    patient_of: Mapping[str, str]
    untouched: Mapping[str, tuple[int, int]]

    def untouched_share(self, readings: Iterable[str]) -> float | None:
        """Of the scar masks of these readings; None where there are none."""
        proposed, masks = (sum(counts) for counts in zip(*(self.untouched[name] for name in readings), strict=True))
        return proposed / masks if masks else None


def read_readings_manifest(folder: Path) -> ReadingsManifest | None:
    """None where a dataset is not of readings. Raises PreparedDatasetInvalid."""
    path = folder / READINGS_FILE
    if not path.is_file():
        return None
    try:
        manifest = json.loads(path.read_text())
        if (version := manifest["format_version"]) != READINGS_FORMAT_VERSION:
            raise PreparedDatasetInvalid(f"{path} is of format {version}, and {READINGS_FORMAT_VERSION} is read")
        readings = manifest["readings"]
        scars = {name: one["made"].get(Structure.SCAR, {}) for name, one in readings.items()}
        return ReadingsManifest(
            str(manifest["dataset_sha256"]),
            float(manifest["held_out"]),
            str(manifest.get("pseudonyms", "")),
            {name: str(one["patient"]) for name, one in readings.items()},
            {name: (made.get(Origin.PROPOSED, 0), sum(made.values())) for name, made in scars.items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PreparedDatasetInvalid(f"{path} does not tell what readings it is of") from error


def unseen_readings(folder: Path) -> UnseenReadings | None:
    """Which readings a model does not see that learns from this dataset; None where it is not of readings.

    Raises PreparedDatasetInvalid.
    """
    manifest = read_readings_manifest(folder)
    return None if manifest is None else UnseenReadings(manifest.held_out, manifest.pseudonyms)


def write_readings_manifest(
    prepared: Prepared,
    held_out: float,
    pseudonyms: str,
    taken: Mapping[str, TakenReading],
    left_out: Mapping[str, str],
) -> None:
    """Write what was taken of each reading beside the dataset. pseudonyms: their fingerprint. left_out: readings, with
    the fact that kept each out."""
    manifest = {
        "format_version": READINGS_FORMAT_VERSION,
        "product": f"ScarMass {version('scarmass')}",
        "dataset_sha256": prepared.sha256,
        "split_sha256": prepared.split.sha256,
        "held_out": held_out,
        "pseudonyms": pseudonyms,
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


def carry_readings_manifest(prepared: Prepared, packed: Prepared) -> None:
    """Write beside a part of a dataset of readings what a model that learns from it has to know; of others nothing."""
    if not (prepared.folder / READINGS_FILE).is_file():
        return
    manifest = json.loads((prepared.folder / READINGS_FILE).read_text())
    carried = {name: manifest[name] for name in ("format_version", "product", "held_out", "pseudonyms")} | {
        "dataset_sha256": packed.sha256,
        "readings": {name: one for name, one in manifest["readings"].items() if name in packed.by_patient},
    }
    (packed.folder / READINGS_FILE).write_text(json.dumps(carried, indent=1) + "\n")


def _uses(taken: Mapping[str, TakenReading]) -> Counter[Model]:
    return Counter(model for one in taken.values() for model in one.models)
