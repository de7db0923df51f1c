"""The prepared form: what was read comes back the same, parted once, and what was altered is refused."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from scarmass.cli.app import app
from scarmass.datasets.annotated import AnnotatedSlice, scar_shares
from scarmass.datasets.layouts.emidec import read_patient
from scarmass.datasets.layouts.emidec_png import find_patients, read_patients
from scarmass.datasets.prepare import prepare
from scarmass.datasets.prepared import MANIFEST, PARTS, SPLIT_PARTS, Prepared, read_prepared
from scarmass.datasets.split import split_by_patient
from scarmass.domain.errors import AnnotationMissing, PatientNotUnique, PreparedDatasetInvalid
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.structures import Structure
from scarmass.inference.segmenter.window import grey_window, stack_window, window_mask
from tests.datasets.hearts import heart_labels, write_emidec, write_emidec_png, write_myops

pytestmark = pytest.mark.slow

NORMALS, INFARCTS = 8, 16


@pytest.fixture(scope="module")
def emidec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-four patients and the one that is always held out."""
    folder = tmp_path_factory.mktemp("emidec")
    for number in range(NORMALS):
        write_emidec(folder, f"Case_N{number:03d}", heart_labels(0))
    for number in range(INFARCTS):
        write_emidec(folder, f"Case_P{number:03d}", heart_labels(1 + number % 8))
    write_emidec(folder, "Case_P100", heart_labels())
    return folder


@pytest.fixture(scope="module")
def myops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("myops")
    for number in range(8):
        write_myops(folder, f"Case{1000 + number}", heart_labels(number))
    return folder


@pytest.fixture
def few(tmp_path: Path) -> Path:
    for number in range(2):
        write_myops(tmp_path / "few", f"Case{1000 + number}", heart_labels(number))
    return tmp_path / "few"


@pytest.fixture(scope="module")
def prepared(emidec: Path, myops: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Two centres, one more patient held out, read back from its folder."""
    output = tmp_path_factory.mktemp("prepared")
    prepare({"dijon": emidec, "shanghai": myops}, output, held_out=["Case1003"], licences={"shanghai": "on request"})
    return read_prepared(output)


def assert_same(one: AnnotatedSlice, other: AnnotatedSlice) -> None:
    for field in dataclasses.fields(AnnotatedSlice):
        np.testing.assert_equal(getattr(one, field.name), getattr(other, field.name), field.name)


def test_what_is_read_back_is_what_the_source_held(prepared: Prepared, emidec: Path) -> None:
    for part in PARTS:
        slices = prepared.slices(part, "dijon")
        patients = prepared.patients(part, "dijon")
        read = [annotated for patient in patients for annotated in read_patient(emidec, patient, "dijon")]
        for one, other in zip(slices, read, strict=True):
            assert_same(one, other)


def test_windows_are_what_inference_cuts(prepared: Prepared) -> None:
    for patient in ("Case_P003", "Case1002"):
        arrays, slices = prepared.arrays_of(patient), prepared.slices_of(patient)
        region = HeartRegion(*arrays["region"].tolist())
        assert (region.x, region.y, region.diameter_mm) == pytest.approx((18.5, 22.5, 50))  # 25 rows of 2 mm
        window = stack_window((48, 40), slices[0].pixel_spacing_mm, region)
        for n, annotated in enumerate(slices):
            np.testing.assert_array_equal(arrays["window_pixels"][n], grey_window(annotated.pixels, window, 256))
            for structure, mask in zip(arrays["structures"], arrays["window_masks"][n], strict=True):
                expected = window_mask(annotated.masks[Structure(structure)], window)
                np.testing.assert_array_equal(mask, expected)


def test_no_patient_is_in_two_parts_and_none_is_lost(prepared: Prepared) -> None:
    parted = [patient for part in PARTS for patient in prepared.patients(part)]
    assert len(set(parted)) == len(parted) == NORMALS + INFARCTS + 1 + 8
    slices = {part: {annotated.patient for annotated in prepared.slices(part)} for part in PARTS}
    assert sum(map(len, slices.values())) == len(set.union(*slices.values()))


def test_the_held_out_patients_are_in_no_part_of_the_split(prepared: Prepared) -> None:
    assert prepared.patients("held_out") == ["Case1003", "Case_P100"]
    split = prepared.split
    assert not {"Case1003", "Case_P100"} & {*split.train, *split.validation, *split.test}


def test_every_centre_is_parted_alone_with_infarcts_and_normals_in_every_part(prepared: Prepared) -> None:
    for part, patients, infarcts in zip(SPLIT_PARTS, (15, 3, 6), (10, 2, 4), strict=True):
        own = [prepared.by_patient[patient] for patient in prepared.patients(part, "dijon")]
        assert (len(own), sum(one.scar_share > 0 for one in own)) == (patients, infarcts)
        assert prepared.patients(part, "shanghai")


def test_a_centre_is_parted_alike_with_and_without_another(prepared: Prepared, emidec: Path, tmp_path: Path) -> None:
    alone = prepare({"dijon": emidec}, tmp_path)
    assert all(alone.patients(part) == prepared.patients(part, "dijon") for part in SPLIT_PARTS)


def test_layouts_and_licences_are_kept_with_the_data(prepared: Prepared) -> None:
    assert prepared.centres["shanghai"] == dataclasses.replace(prepared.centres["shanghai"], licence="on request")
    assert prepared.centres["dijon"].layout == "emidec"
    assert "CC BY-NC-SA" in prepared.centres["dijon"].licence


def test_png_slices_are_parted_by_scar_size_under_a_nominal_spacing(tmp_path: Path) -> None:
    for number in range(9):
        half = "val" if number % 3 else "train"
        write_emidec_png(tmp_path / "png", f"Case_P{number:03d}", heart_labels(number % 8), half)
    prepared = prepare({"emidec": tmp_path / "png"}, tmp_path / "out")
    slices = read_patients(tmp_path / "png", find_patients(tmp_path / "png"))
    assert prepared.split == split_by_patient(scar_shares(slices))
    assert all(one.spacing_is_nominal for one in prepared.slices("train"))


def test_the_same_sources_and_seed_give_the_same_hash_and_another_seed_another(few: Path, tmp_path: Path) -> None:
    first, second, other = (
        prepare({"ours": few}, tmp_path / name, seed) for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert first.sha256 == second.sha256 != other.sha256


def test_one_patient_in_two_centres_is_refused_by_name(emidec: Path, tmp_path: Path) -> None:
    write_emidec_png(tmp_path / "png", "Case_P003", heart_labels())
    with pytest.raises(PatientNotUnique, match="Case_P003 is in a and in b"):
        prepare({"a": emidec, "b": tmp_path / "png"}, tmp_path / "out")


def test_an_unknown_patient_cannot_be_held_out(myops: Path, tmp_path: Path) -> None:
    with pytest.raises(AnnotationMissing, match="Case7"):
        prepare({"ours": myops}, tmp_path, held_out=["Case7"])


def test_a_prepared_dataset_is_not_overwritten(prepared: Prepared, myops: Path) -> None:
    with pytest.raises(PreparedDatasetInvalid, match="already"):
        prepare({"ours": myops}, prepared.folder)


def test_a_folder_that_was_not_prepared_to_the_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PreparedDatasetInvalid, match="not to the end"):
        read_prepared(tmp_path)


@pytest.mark.parametrize("change", [("seed", 7), ("format_version", 9), ("patients", {})])
def test_an_altered_manifest_is_refused(few: Path, tmp_path: Path, change: tuple[str, object]) -> None:
    output = tmp_path / "out"
    prepare({"ours": few}, output)
    manifest = json.loads((output / MANIFEST).read_text())
    (output / MANIFEST).write_text(json.dumps(manifest | dict([change])))
    with pytest.raises(PreparedDatasetInvalid):
        read_prepared(output)


def test_altered_arrays_are_refused(few: Path, tmp_path: Path) -> None:
    written = prepare({"ours": few}, (tmp_path / "out"))
    own, other = ((tmp_path / "out") / written.by_patient[patient].file for patient in ("Case1000", "Case1001"))
    own.write_bytes(other.read_bytes())
    with pytest.raises(PreparedDatasetInvalid, match=r"Case1000\.npz was altered"):
        read_prepared(tmp_path / "out").slices_of("Case1000")
    own.write_bytes(b"no archive")
    with pytest.raises(PreparedDatasetInvalid, match="cannot be read"):
        read_prepared(tmp_path / "out").slices_of("Case1000")


def test_the_command_says_what_it_recognised_and_what_it_wrote(few: Path, tmp_path: Path) -> None:
    arguments = ["dataset", "prepare", str(tmp_path / "out"), "--source", f"ours={few}", "--licence", "ours=on request"]
    answer = CliRunner().invoke(app, arguments)
    assert answer.exit_code == 0, answer.output
    assert "ours is laid out as myops" in answer.stderr
    prepared = read_prepared(tmp_path / "out")
    assert prepared.sha256[:16] in answer.stdout
    assert prepared.centres["ours"].licence == "on request"


@pytest.mark.parametrize("source", ["ours", "=folder", "ours="])
def test_a_source_without_centre_or_folder_is_refused(tmp_path: Path, source: str) -> None:
    answer = CliRunner().invoke(app, ["dataset", "prepare", str(tmp_path / "out"), "--source", source])
    assert answer.exit_code == 2
    assert "NAME=VALUE" in answer.output
