"""The packed dataset: slices come back cut around the heart and nearly as they were, nobody's who is tested."""

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scarmass.datasets import split
from scarmass.datasets.annotated import AnnotatedSlice, reference_region
from scarmass.datasets.pack import pack, size_mib
from scarmass.datasets.prepare import prepare
from scarmass.datasets.prepared import Prepared, read_prepared
from scarmass.datasets.split import read_split
from scarmass.datasets.stack_arrays import packed_arrays_of, slices_of
from scarmass.domain.errors import AnnotationMissing, PreparedDatasetInvalid
from scarmass.domain.stack import Contrast
from tests.datasets.hearts import heart_labels, write_emidec
from tests.training.segmenter.hearts import heart


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("emidec")
    for number in range(8):
        write_emidec(folder / "source", f"Case_P{number:03d}", heart_labels(1 + number))
    write_emidec(folder / "source", "Case_P100", heart_labels())
    return prepare({"dijon": folder / "source"}, folder / "prepared")


def there_and_back(*slices: AnnotatedSlice) -> list[AnnotatedSlice]:
    return slices_of(packed_arrays_of(slices), "phantom", "", Contrast.MAGNITUDE, spacing_is_nominal=False)


def test_patients_to_test_on_are_left_behind(prepared: Prepared, tmp_path: Path) -> None:
    packed = pack(prepared, tmp_path / "packed")
    assert packed.split.train == prepared.split.train
    assert packed.split.validation == prepared.split.validation
    files = {path.stem for path in (tmp_path / "packed" / "patients").iterdir()}
    assert files == {*prepared.split.train, *prepared.split.validation}
    assert not files & {*prepared.split.test, "Case_P100"}


def test_a_packed_dataset_is_a_prepared_one_of_the_same_slices(prepared: Prepared, tmp_path: Path) -> None:
    pack(prepared, tmp_path / "packed")
    packed = read_prepared(tmp_path / "packed")
    for before, after in zip(prepared.slices("train"), packed.slices("train"), strict=True):
        assert after.image.key == before.image.key
        assert after.pixel_spacing_mm == before.pixel_spacing_mm
        assert (after.slice_spacing_mm, after.centre, after.contrast) == (10.0, "dijon", before.contrast)
        assert np.array_equal(np.unique(after.pixels), np.unique(before.pixels))
        for structure, mask in before.masks.items():
            assert after.masks[structure].sum() == mask.sum()
    assert 0 < size_mib(tmp_path / "packed") < 1
    with pytest.raises(PreparedDatasetInvalid, match="already"):
        pack(prepared, tmp_path / "packed")


def test_whole_numbers_of_256_values_stay_as_they_are_and_others_nearly() -> None:
    whole = replace(heart(), pixels=np.round(heart().pixels).clip(0, 255))
    assert np.array_equal(there_and_back(whole)[0].pixels, whole.pixels)
    fine = replace(heart(), pixels=heart().pixels * 20)
    (after,) = there_and_back(fine)
    assert np.ptp(fine.pixels) / 255 > np.abs(np.clip(fine.pixels, None, after.pixels.max()) - after.pixels).max()


def test_what_lies_far_from_the_heart_is_cut_off() -> None:
    wide = replace(
        heart(),
        pixels=np.pad(heart().pixels, 100),
        masks={structure: np.pad(mask, 100) for structure, mask in heart().masks.items()},
    )
    (after,) = there_and_back(wide)
    assert after.pixels.shape == (179, 179) or after.pixels.shape == (180, 180)
    before, region = reference_region([wide]), reference_region([after])
    assert before is not None
    assert region is not None
    assert region.diameter_mm == before.diameter_mm


def test_recorded_parts_are_kept_and_the_others_dealt(prepared: Prepared, tmp_path: Path) -> None:
    source = prepared.folder.parent / "source"
    recorded = prepare({"dijon": source}, tmp_path / "a", recorded={"Case_P000": "test", "Case_P001": "validation"})
    assert "Case_P000" in recorded.split.test
    assert "Case_P001" in recorded.split.validation
    assert len(recorded.split.by_patient) == 8
    with pytest.raises(AnnotationMissing, match="M99"):
        prepare({"dijon": source}, tmp_path / "b", recorded={"M99": "train"})


def test_the_recorded_split_of_the_second_centre_has_ten_patients_to_train_and_five_to_validate() -> None:
    path = Path(split.__file__).parent / "splits" / "myops_15.toml"
    recorded = read_split(path)
    assert (len(recorded.train), len(recorded.validation), len(recorded.test)) == (10, 5, 0)
    assert recorded.by_patient["M01"] == "validation"
    assert tomllib.loads(path.read_text()).keys() == {"train", "validation"}
