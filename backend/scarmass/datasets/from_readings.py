"""Signed readings of studies that models may learn from, as a prepared dataset that names no patient.

Entries are called by keyed pseudonyms, and a patient's part of the split follows from theirs alone: whoever was held
out once stays so, however many readings are added.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice, scar_shares
from scarmass.datasets.prepared import PATIENTS_FOLDER, Centre, Part, Prepared, PreparedPatient
from scarmass.datasets.readings_manifest import TakenReading, write_readings_manifest
from scarmass.datasets.stack_arrays import STRUCTURES, arrays_of, arrays_sha256
from scarmass.domain.errors import (
    AnnotationMissing,
    Away,
    ConsentWithdrawn,
    Fact,
    FileDamaged,
    PreparedDatasetInvalid,
    SourceMissing,
)
from scarmass.domain.masks import Mask
from scarmass.domain.reading import Reading, SliceContent
from scarmass.domain.stack import Slice, StudyHeader
from scarmass.domain.structures import Structure
from scarmass.imaging.mr.pixels import slice_values
from scarmass.imaging.pseudonyms import Pseudonyms
from scarmass.storage.database import Database
from scarmass.storage.files import FileStore
from scarmass.storage.readings import get_reading
from scarmass.storage.signatures import signed_of_study
from scarmass.storage.studies import header_of
from scarmass.storage.training_consents import consented_studies

CENTRE = LAYOUT = "readings"

VALIDATION_SHARE = 1 / 6
"""Of the patients that are not held out: as in the split of other datasets."""


@dataclass(frozen=True)
class ConsentedReading:
    """A signed reading, and the study that it is of."""

    study: StudyHeader
    reading_id: uuid.UUID


def consented_readings(database: Database) -> list[ConsentedReading]:
    """The signed readings that no signed one replaces and no reader study hides, of studies that are on the worklist
    and whose consent to training is given."""
    with database.moment() as session:
        studies = [header_of(session, uid) for uid in consented_studies(session)]
        return [
            ConsentedReading(study, reading_id)
            for study in studies
            if study is not None
            for reading_id in signed_of_study(session, study.study_instance_uid)
        ]


def write_readings(
    database: Database,
    files: FileStore,
    readings: Sequence[ConsentedReading],
    output: Path,
    pseudonyms: Pseudonyms,
    held_out: float,
    licence: str = "not stated",
    progress: Callable[[], None] = lambda: None,
) -> Prepared:
    """Write the readings into an empty folder, an entry each, with what was taken and left out in readings.json.

    held_out: the share of patients that are test patients. A reading that cannot be taken is left out, and the manifest
    says why. progress: called after each reading. Raises AnnotationMissing where none can be taken,
    PreparedDatasetInvalid.
    """
    require_empty(output)
    entries: dict[str, PreparedPatient] = {}
    taken: dict[str, TakenReading] = {}
    left_out: dict[str, str] = {}
    studies: dict[str, str] = {}
    for one in readings:
        patient, name = patient_of(one.study, pseudonyms), name_of(one, pseudonyms)
        studies[name] = one.study.study_instance_uid
        try:
            slices, taken[name] = _read(database, files, one.reading_id, name, patient)
            entries[name] = _written(slices, output, part_of(patient, held_out))
        except Away:
            raise
        except Fact as fact:  # told by its name: its words may name an object
            left_out[name] = type(fact).__name__
            taken.pop(name, None)
        progress()
    for name in entries.keys() & _without_consent(database, studies):
        (output / entries.pop(name).file).unlink()
        left_out[name] = ConsentWithdrawn.__name__
        taken.pop(name)
    if not entries:
        raise AnnotationMissing("no study with consent to training has a signed reading that can be taken")
    prepared = Prepared(output, 0, {CENTRE: Centre(LAYOUT, licence)}, entries)
    write_readings_manifest(prepared, held_out, pseudonyms.fingerprint, taken, left_out)
    prepared.write_manifest()
    return prepared


def _without_consent(database: Database, studies: Mapping[str, str]) -> set[str]:
    """Of entries and their studies: those whose consent was withdrawn since, or that went off the worklist."""
    with database.transaction() as session:
        consented = set(consented_studies(session))
    return {name for name, study in studies.items() if study not in consented}


def require_empty(output: Path) -> None:
    """Nothing that is left of an earlier dataset lies beside a new one. Raises PreparedDatasetInvalid."""
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise PreparedDatasetInvalid(f"{output} is no empty folder: what it holds might have lost its consent")


def patient_of(study: StudyHeader, pseudonyms: Pseudonyms) -> str:
    """The pseudonym of a study's patient; without a PatientID each study is a patient of its own."""
    patient_id = study.patient_id.strip()
    return pseudonyms.of_patient(patient_id or study.study_instance_uid)


def name_of(one: ConsentedReading, pseudonyms: Pseudonyms) -> str:
    """What a reading's entry is called: the pseudonyms of its patient and its own."""
    return f"{patient_of(one.study, pseudonyms)}-{pseudonyms.of_reading(str(one.reading_id))}"


def part_of(patient: str, held_out: float) -> Part:
    """A patient's part, by nothing but the pseudonym. A larger share holds out more patients, never others."""
    place = int.from_bytes(hashlib.sha256(patient.encode()).digest()[:8], "big") / 2**64
    if place < held_out:
        return "test"
    return "validation" if place >= 1 - (1 - held_out) * VALIDATION_SHARE else "train"


def annotated_slice(one: Slice, content: SliceContent, reading: Reading, files: FileStore, name: str) -> AnnotatedSlice:
    """A slice with the masks that its reader signed, an empty one where there is none. Raises SourceMissing."""
    signature = reading.record.signature
    assert signature is not None
    try:
        pixels = slice_values(files.get(one.sha256), one.header)
    except (OSError, FileDamaged) as error:
        raise SourceMissing("an image of the reading cannot be read from the store") from error
    return AnnotatedSlice(
        patient=name,
        index=reading.keys.index(one.key),
        pixels=pixels,
        pixel_spacing_mm=one.header.pixel_spacing_mm,
        masks={structure: _mask(content, structure, one.shape) for structure in STRUCTURES},
        centre=CENTRE,
        contrast=signature.contrast,
        slice_thickness_mm=one.slice_thickness_mm,
        slice_spacing_mm=one.slice_spacing_mm,
    )


def why_left_out(one: Slice, content: SliceContent) -> str | None:
    """None where a slice is taken. One without a ventricle's outline tells neither the wall nor the window."""
    ventricle = content.segments.get(Structure.LEFT_VENTRICLE)
    if content.is_excluded:
        return "excluded"
    if ventricle is None or not ventricle.mask.any():
        return "not_outlined"
    return "may_show_writing" if one.header.may_show_writing else None


def _read(
    database: Database, files: FileStore, reading_id: uuid.UUID, name: str, patient: str
) -> tuple[list[AnnotatedSlice], TakenReading]:
    """Raises ReadingNotFound, AnnotationMissing, SourceMissing, PixelsUndecodable."""
    with database.moment() as session:
        reading = get_reading(session, reading_id)
    contents = [(one, reading.content(one.key)) for one in reading.slices]
    chosen = [(one, content) for one, content in contents if why_left_out(one, content) is None]
    if not chosen:
        raise AnnotationMissing("no slice of the reading can be taken")
    reasons = [reason for one, content in contents if (reason := why_left_out(one, content))]
    slices = [annotated_slice(one, content, reading, files, name) for one, content in chosen]
    return slices, TakenReading.of(reading, patient, [content for _, content in chosen], reasons)


def _written(slices: Sequence[AnnotatedSlice], output: Path, part: Part) -> PreparedPatient:
    """Raises AnnotationInvalid where the slices don't form a stack."""
    arrays, name = arrays_of(slices), slices[0].patient
    file = f"{PATIENTS_FOLDER}/{name}.npz"
    (output / PATIENTS_FOLDER).mkdir(parents=True, exist_ok=True)
    np.savez_compressed(output / file, allow_pickle=False, **arrays)
    return PreparedPatient(
        centre=CENTRE,
        part=part,
        file=file,
        slices=len(slices),
        scar_share=scar_shares(slices)[name],
        contrast=slices[0].contrast,
        spacing_is_nominal=False,
        sha256=arrays_sha256(arrays),
    )


def _mask(content: SliceContent, structure: Structure, shape: tuple[int, int]) -> Mask:
    segment = content.segments.get(structure)
    return np.zeros(shape, bool) if segment is None else segment.mask
