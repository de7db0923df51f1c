"""From the folders of one or more centres to one prepared dataset."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from scarmass.datasets.annotated import scar_shares
from scarmass.datasets.layouts.emidec import HELD_OUT_PATIENTS
from scarmass.datasets.layouts.recognised import Layout, recognised_layout
from scarmass.datasets.prepared import MANIFEST, PATIENTS_FOLDER, SPLIT_PARTS, Centre, Part, Prepared, PreparedPatient
from scarmass.datasets.split import split_by_patient
from scarmass.datasets.stack_arrays import arrays_of, arrays_sha256
from scarmass.domain.errors import AnnotationMissing, PatientNotUnique, PreparedDatasetInvalid


def prepare(
    sources: Mapping[str, Path],
    output: Path,
    seed: int = 0,
    held_out: Collection[str] = (),
    licences: Mapping[str, str] | None = None,
    recorded: Mapping[str, Part] | None = None,
    progress: Callable[[str, str, int], None] = lambda centre, patient, of: None,
) -> Prepared:
    """Read every patient of every centre, part them centre by centre, and write the prepared form into output.

    held_out: patients in no part of the split, besides HELD_OUT_PATIENTS. licences: by centre, where the layout's own
    is not what holds. recorded: the part of patients that are not to be dealt out by the seed. progress: given centre,
    patient and the number of all patients, before each is read.
    Raises LayoutNotRecognised, PatientNotUnique, AnnotationMissing, PreparedDatasetInvalid, and what loaders raise.
    """
    if (output / MANIFEST).exists():
        raise PreparedDatasetInvalid(f"{output} already holds a prepared dataset")
    layouts = {centre: recognised_layout(folder) for centre, folder in sources.items()}
    patients = _patients_by_centre(sources, layouts)
    everyone = {patient for names in patients.values() for patient in names}
    if unknown := {*held_out, *(recorded or {})} - everyone:
        raise AnnotationMissing(f"{', '.join(sorted(unknown))} should be in a certain part and is in no centre")
    (output / PATIENTS_FOLDER).mkdir(parents=True, exist_ok=True)
    written: dict[str, PreparedPatient] = {}
    for centre, layout in layouts.items():
        for patient in patients[centre]:
            progress(centre, patient, len(everyone))
            written[patient] = _written(sources[centre], layout, centre, patient, output)
    centres = {
        centre: Centre(layout.name, (licences or {}).get(centre, layout.licence)) for centre, layout in layouts.items()
    }
    known: dict[str, Part] = {**(recorded or {}), **dict.fromkeys(HELD_OUT_PATIENTS | set(held_out), "held_out")}
    prepared = Prepared(output, seed, centres, _parted(written, seed, known))
    prepared.write_manifest()
    return prepared


def _patients_by_centre(sources: Mapping[str, Path], layouts: Mapping[str, Layout]) -> dict[str, list[str]]:
    """Raises PatientNotUnique: the same patient in two layouts would end up on both sides of the split."""
    patients = {centre: layout.find_patients(sources[centre]) for centre, layout in layouts.items()}
    seen: dict[str, str] = {}
    for centre, names in patients.items():
        for name in names:
            if name in seen:
                raise PatientNotUnique(f"{name} is in {seen[name]} and in {centre}: rename one if these are two people")
            seen[name] = centre
    return patients


def _written(source: Path, layout: Layout, centre: str, patient: str, output: Path) -> PreparedPatient:
    """The patient's file, written; in no part of the split before all patients' scar shares are known."""
    slices = layout.read_patient(source, patient, centre)
    arrays, file = arrays_of(slices), f"{PATIENTS_FOLDER}/{patient}.npz"
    np.savez_compressed(output / file, allow_pickle=False, **arrays)
    return PreparedPatient(
        centre=centre,
        part="held_out",
        file=file,
        slices=len(slices),
        scar_share=scar_shares(slices)[patient],
        contrast=slices[0].contrast,
        spacing_is_nominal=slices[0].spacing_is_nominal,
        sha256=arrays_sha256(arrays),
    )


def _parted(written: Mapping[str, PreparedPatient], seed: int, known: Mapping[str, Part]) -> dict[str, PreparedPatient]:
    """Every patient with its part, the known one where there is one. Each centre is parted alone, so that all its parts
    have small and large scars."""
    parted = {patient: replace(one, part=known.get(patient, one.part)) for patient, one in written.items()}
    for centre in {own.centre for own in written.values()}:
        own = {patient: one for patient, one in written.items() if one.centre == centre and patient not in known}
        split = split_by_patient({patient: one.scar_share for patient, one in own.items()}, seed)
        for part in SPLIT_PARTS:
            parted |= {patient: replace(own[patient], part=part) for patient in getattr(split, part)}
    return parted
