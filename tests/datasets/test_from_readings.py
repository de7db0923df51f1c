"""Signed readings as data to learn from: what was signed, of whom it may be taken, and nothing of who they are."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from typer.testing import CliRunner, Result

from scarmass.cli.app import app
from scarmass.datasets.from_readings import consented_readings, part_of, write_readings
from scarmass.datasets.pack import pack
from scarmass.datasets.prepared import Prepared, read_prepared
from scarmass.datasets.readings_manifest import READINGS_FILE, unseen_readings
from scarmass.domain.audit import Action, Sought
from scarmass.domain.errors import AnnotationMissing, PreparedDatasetInvalid
from scarmass.domain.masks import from_rle
from scarmass.domain.structures import Structure
from scarmass.imaging.pseudonyms import Pseudonyms
from scarmass.inference.weights.catalog import UnseenReadings
from scarmass.phantom.demonstration import DemoStudy
from scarmass.phantom.stack import phantom
from scarmass.phantom.ventricle import Scar, Territory
from scarmass.services.audit import page_of_events
from scarmass.services.context import Context
from scarmass.storage.record_key import FILE, training_secret
from scarmass.storage.tables import InstanceRow, StudyRow
from tests.api.signing import ANNA, accept_all, edit, get, name_of, send, sign
from tests.conftest import UNCONFINED, small_studies
from tests.phantom_reader import PhantomReader

pytestmark = pytest.mark.slow

G_PER_MM3 = 1.05 / 1000
EXCLUDED, WITHOUT_SCAR = 0, 4
"""Slices of the infarct's stack."""

KEY = bytes(32)
"""With it two of four patients are held out, where 0.4 of all are."""

INFARCT = Scar(Territory.LAD, transmurality=1.0, half_angle=1.0, half_height=0.33, no_reflow=True)
STACK = phantom(34, scars=(INFARCT,), rows=96, columns=88, pixel_spacing_mm=(3.0, 3.4), number_of_slices=5)
PATIENT = DemoStudy("Zyxwquark^Vera", "ZQX-4711", "19600102", "F", "20260305", STACK)


@pytest.fixture
def folder(context: Context, tmp_path: Path) -> Path:
    context.wall = UNCONFINED
    return tmp_path


def signed(client: TestClient, study: DemoStudy, folder: Path, consent: str = "given") -> dict[str, Any]:
    """A reading of the study as it truly is, signed with a slice excluded and one without scar where it has so many."""
    reader = PhantomReader.of(client, study, folder / "sent")
    reader.contour(tuple(Structure) if study.phantom.masks[Structure.NO_REFLOW].any() else tuple(Structure)[::-1][:2])
    reading = accept_all(client, reader.reading)
    if len(reading["slices"]) > WITHOUT_SCAR:
        edit(client, reading, "exclude", **name_of(reading, EXCLUDED)).raise_for_status()
        edit(client, reading, "no_scar", **name_of(reading, WITHOUT_SCAR)).raise_for_status()
    if consent != "not_asked":
        say(client, reading, consent)
    return sign(client, get(client, reading["id"]))


def say(client: TestClient, reading: dict[str, Any], consent: str) -> None:
    uid = client.get(f"/api/v1/stacks/{reading['stack_id']}").json()["study_instance_uid"]
    url = f"/api/v1/studies/{uid}/training-consent"
    client.put(url, json={"state": consent}, headers=ANNA).raise_for_status()


def export(context: Context, folder: Path, to: str = "learn", *options: str) -> Result:
    environment = {"DATA_DIR": str(folder / "data"), "DATABASE_URL": context.database.conninfo}
    return CliRunner().invoke(app, ["dataset", "from-readings", str(folder / to), *options], env=environment)


def exported(context: Context, folder: Path, to: str = "learn", *options: str) -> Prepared:
    done = export(context, folder, to, *options)
    assert done.exit_code == 0, done.output
    return read_prepared(folder / to)


def manifest(prepared: Prepared) -> dict[str, Any]:
    return json.loads((prepared.folder / READINGS_FILE).read_text())


def test_what_is_read_back_is_what_was_signed(context: Context, client: TestClient, folder: Path) -> None:
    reading = signed(client, PATIENT, folder)
    prepared = exported(context, folder)
    (name,) = prepared.by_patient
    slices = prepared.slices_of(name)
    assert [one.index for one in slices] == [1, 2, 3, 4]
    for one in slices:
        stored = reading["slices"][one.index]["segments"]
        for structure in Structure:
            drawn = from_rle(stored[structure]["mask"]) if structure in stored else np.zeros(one.pixels.shape, bool)
            np.testing.assert_array_equal(one.masks[structure], drawn)
        np.testing.assert_array_equal(one.pixels, STACK.pixels[one.index])
        assert (one.pixel_spacing_mm, one.contrast) == ((3.0, 3.4), STACK.contrast)
    assert not slices[-1].masks[Structure.SCAR].any()
    masses = reading["structures"]
    assert masses["scar"]["by_slice_spacing"]["mass_g"] > 1
    for structure in Structure:
        areas_mm2 = [one.masks[structure].sum() * 3.0 * 3.4 for one in slices]
        extents_mm = [(one.slice_thickness_mm, one.slice_spacing_mm) for one in slices]
        by_thickness, by_spacing = (G_PER_MM3 * np.dot(areas_mm2, mm) for mm in np.array(extents_mm, float).T)
        assert by_thickness == pytest.approx(masses[structure]["by_slice_thickness"]["mass_g"])
        assert by_spacing == pytest.approx(masses[structure]["by_slice_spacing"]["mass_g"])


def test_the_manifest_tells_what_was_taken_and_which_models_drew(
    context: Context, client: TestClient, folder: Path
) -> None:
    signed(client, PATIENT, folder)
    said = manifest(exported(context, folder))
    assert (said["patients"], said["slices"], said["slices_without_scar"]) == (1, 4, 1)
    assert said["slices_left_out"] == {"excluded": 1}
    (taken,) = said["readings"].values()
    assert taken["made"]["left_ventricle"] == {"paint": 4}
    assert {model["name"] for model in said["models"]} == {"fake-detector", "echo"}


def test_nothing_that_is_written_tells_who_the_patient_is(context: Context, client: TestClient, folder: Path) -> None:
    reading = signed(client, PATIENT, folder)
    stack = client.get(f"/api/v1/stacks/{reading['stack_id']}").json()
    uids = {stack["study_instance_uid"], *(one["sop_instance_uid"] for one in stack["slices"])}
    uids |= {uid.rpartition(".")[0] for uid in uids}
    words = ["Zyxwquark", "Vera", "ZQX", "4711", "1960", "2026", "Anna", reading["id"], reading["stack_id"], *uids]
    prepared = exported(context, folder)
    written = {path.relative_to(prepared.folder).as_posix(): path for path in prepared.folder.rglob("*.*")}
    assert sorted(written) == ["manifest.json", f"patients/{next(iter(prepared.by_patient))}.npz", "readings.json"]
    texts = list(written)
    for path in written.values():
        if path.suffix == ".json":
            texts.append(path.read_text())
        else:
            arrays = np.load(path, allow_pickle=False)
            texts += [" ".join(value.ravel()) for value in arrays.values() if value.dtype.kind == "U"]
            texts += [value.tobytes().decode("latin-1") for value in arrays.values() if value.dtype.kind != "f"]
    assert [word for word in words for text in texts if word in text] == []


def test_readings_without_consent_or_signature_are_not_taken(
    context: Context, client: TestClient, folder: Path
) -> None:
    asked, withdrawn, removed, draft = small_studies(4)
    signed(client, asked, folder, "not_asked")
    signed(client, withdrawn, folder, "withdrawn")
    off = signed(client, removed, folder)
    uid = client.get(f"/api/v1/stacks/{off['stack_id']}").json()["study_instance_uid"]
    client.patch(f"/api/v1/studies/{uid}", json={"removed": True}).raise_for_status()
    say(client, PhantomReader.of(client, draft, folder / "sent").reading, "given")
    refused = export(context, folder)
    assert isinstance(refused.exception, AnnotationMissing)
    assert not (folder / "learn" / "manifest.json").exists()


def test_a_packed_dataset_tells_what_its_models_never_saw(context: Context, client: TestClient, folder: Path) -> None:
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / FILE).write_bytes(KEY)
    for study in small_studies(4):
        signed(client, study, folder)
    prepared = exported(context, folder, "learn", "--held-out", "0.4")
    packed = pack(prepared, folder / "packed")
    pseudonyms = Pseudonyms(training_secret(KEY)).fingerprint
    assert unseen_readings(folder / "packed") == unseen_readings(prepared.folder) == UnseenReadings(0.4, pseudonyms)
    assert set(manifest(packed)["readings"]) == set(packed.by_patient) == set(prepared.patients("train"))
    assert len(prepared.patients("test")) == 2


def test_an_amended_reading_is_taken_until_its_amendment_is_signed(
    context: Context, client: TestClient, folder: Path
) -> None:
    reading = signed(client, next(small_studies(1)), folder)
    (first,) = exported(context, folder, "first").by_patient
    draft = send(client, reading, "amend").raise_for_status().json()
    assert list(exported(context, folder, "second").by_patient) == [first]
    sign(client, get(client, draft["id"]))
    (name,) = exported(context, folder, "third").by_patient
    assert (name != first, name[:18]) == (True, first[:18])


def test_what_is_there_stays_as_it_is_when_readings_are_added_and_goes_with_its_consent(
    context: Context, client: TestClient, folder: Path
) -> None:
    *some, more = small_studies(4)
    readings = [signed(client, study, folder) for study in some]
    again = replace(some[0], study_date="20260401", phantom=more.phantom)
    before = exported(context, folder, "before")
    for study in (again, more):
        signed(client, study, folder)
    after = exported(context, folder, "after")
    assert len(after.by_patient) == 5
    assert before.by_patient.items() <= after.by_patient.items()
    assert len({name[:18]: one.part for name, one in after.by_patient.items()}) == 4
    assert len({(name[:18], one.part) for name, one in after.by_patient.items()}) == 4
    say(client, readings[1], "withdrawn")
    left = exported(context, folder, "left")
    (gone,) = after.by_patient.keys() - left.by_patient.keys()
    assert left.by_patient.items() <= after.by_patient.items()
    assert gone in before.by_patient


def test_a_consent_that_is_withdrawn_while_readings_are_written_counts(
    context: Context, client: TestClient, folder: Path
) -> None:
    readings = [signed(client, study, folder) for study in small_studies(2)]
    found, pseudonyms, output = (
        consented_readings(context.database),
        Pseudonyms("a secret that nobody else has got, of 42"),
        folder / "learn",
    )

    def withdraw() -> None:
        say(client, readings[0], "withdrawn")

    prepared = write_readings(context.database, context.files, found, output, pseudonyms, 0.25, progress=withdraw)
    (left,) = prepared.by_patient.values()
    assert [path.name for path in (output / "patients").iterdir()] == [Path(left.file).name]
    assert list(manifest(prepared)["readings_left_out"].values()) == ["ConsentWithdrawn"]


def test_slices_without_a_ventricle_and_readings_whose_images_are_lost_are_left_out_and_told(
    context: Context, client: TestClient, folder: Path
) -> None:
    whole, lost = small_studies(2)
    reading = signed(client, whole, folder)
    draft = send(client, reading, "amend").raise_for_status().json()
    clear = {"structure": "left_ventricle", **name_of(draft, 1)}
    edit(client, draft, "clear", **clear).raise_for_status()
    sign(client, get(client, draft["id"]))
    signed(client, lost, folder)
    sha256 = lost_object(context, lost.patient_id)
    context.files.remove([sha256])
    done = export(context, folder)
    assert "1 of 2 readings could not be taken" in done.output
    said = manifest(read_prepared(folder / "learn"))
    assert said["slices_left_out"] == {"not_outlined": 1}
    assert list(said["readings_left_out"].values()) == ["SourceMissing"]


def lost_object(context: Context, patient_id: str) -> str:
    with context.database.transaction() as session:
        uid = session.scalars(select(StudyRow.study_instance_uid).where(StudyRow.patient_id == patient_id)).one()
        return session.scalars(select(InstanceRow.sha256).where(InstanceRow.study_instance_uid == uid)).all()[0]


def test_the_export_is_recorded_and_overwrites_nothing(context: Context, client: TestClient, folder: Path) -> None:
    signed(client, next(small_studies(1)), folder)
    exported(context, folder)
    assert isinstance(export(context, folder).exception, PreparedDatasetInvalid)
    events = page_of_events(context, Sought(actions=(Action.EXPORT,), patient_id="SMALL-0"), 10, None)
    assert [one.event.about["to"] for one in events] == ["training data"]


def test_a_larger_share_holds_out_the_same_patients_and_more() -> None:
    patients = [f"P-{number:016}" for number in range(2000)]
    parts = {share: {one: part_of(one, share) for one in patients} for share in (0.0, 0.2, 0.4)}
    tested = {share: {one for one, part in of.items() if part == "test"} for share, of in parts.items()}
    assert tested[0.0] == set()
    assert tested[0.2] < tested[0.4]
    assert len(tested[0.2]) == pytest.approx(400, abs=60)
    assert list(parts[0.2].values()).count("validation") == pytest.approx(267, abs=60)
