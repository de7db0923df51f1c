"""The held-out signed readings that models are compared on, and whether a model may be judged by them."""

from collections.abc import Iterable
from pathlib import Path

from scarmass.datasets.from_readings import consented_readings, name_of, part_of
from scarmass.datasets.prepared import Prepared, read_prepared
from scarmass.datasets.readings_manifest import ReadingsManifest, read_readings_manifest
from scarmass.domain.errors import ConsentWithdrawn, HeldOutReadingsSeen, PreparedDatasetInvalid
from scarmass.imaging.pseudonyms import Pseudonyms
from scarmass.inference.weights.catalog import Entry
from scarmass.storage.database import Database


def held_out_readings(folder: Path, models: Iterable[Entry]) -> tuple[Prepared, ReadingsManifest]:
    """A dataset of signed readings, whose test patients none of the models has learned from.

    Raises PreparedDatasetInvalid where it is of something else, HeldOutReadingsSeen.
    """
    prepared, manifest = read_prepared(folder), read_readings_manifest(folder)
    if manifest is None:
        raise PreparedDatasetInvalid(f"{folder} is not of signed readings: `scarmass dataset from-readings` writes one")
    test = {name for name, patient in manifest.patient_of.items() if part_of(patient, manifest.held_out) == "test"}
    if manifest.dataset_sha256 != prepared.sha256 or test != set(prepared.patients("test")):
        raise PreparedDatasetInvalid(f"{folder} was altered: its readings.json is of other readings")
    for model in models:
        unseen = model.unseen_readings
        if unseen is not None and not unseen.includes(manifest.held_out, manifest.pseudonyms):
            raise HeldOutReadingsSeen(
                f"{model.name} may have learned from some of these {manifest.held_out:.0%} of the patients: "
                f"{unseen.held_out:.0%} were held out when it learned, by the key of that time"
            )
    return prepared, manifest


def require_usable(database: Database, prepared: Prepared, pseudonyms: Pseudonyms) -> None:
    """Raises ConsentWithdrawn where a held-out reading may be used no more, or is not of this database."""
    usable = {name_of(one, pseudonyms) for one in consented_readings(database)}
    if gone := set(prepared.patients("test")) - usable:
        raise ConsentWithdrawn(
            f"{len(gone)} of the held-out readings were amended since, are of another server, or of studies without "
            "consent: write the dataset again"
        )
