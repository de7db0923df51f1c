"""A folder's layout is recognised from what lies in it, or the folder is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scarmass.datasets.layouts.recognised import recognised_layout
from scarmass.domain.errors import LayoutNotRecognised
from tests.datasets.hearts import heart_labels, write_emidec, write_emidec_png, write_myops


def write_dicom(folder: Path, patient: str, _: object) -> None:
    (folder / patient).mkdir(parents=True)
    (folder / patient / "image").write_bytes(b"\0" * 128 + b"DICM")


WRITERS = {"emidec": write_emidec, "emidec_png": write_emidec_png, "myops": write_myops, "dicom": write_dicom}


@pytest.mark.parametrize(("name", "write"), WRITERS.items())
def test_each_layout_is_recognised_by_its_files(tmp_path: Path, name: str, write: Callable[..., None]) -> None:
    write(tmp_path, "Case_P001", heart_labels())
    layout = recognised_layout(tmp_path)
    assert layout.name == name
    assert layout.find_patients(tmp_path) == ["Case_P001"]


def test_a_folder_of_none_of_them_is_refused_with_what_would_be_read(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("none")
    with pytest.raises(LayoutNotRecognised, match=r"_LGE\.nii\.gz"):
        recognised_layout(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LayoutNotRecognised, match="no folder"):
        recognised_layout(tmp_path / "nowhere")


def test_a_folder_of_two_layouts_is_refused_by_their_names(tmp_path: Path) -> None:
    write_emidec(tmp_path, "Case_P001", heart_labels())
    write_myops(tmp_path, "Case1001", heart_labels())
    with pytest.raises(LayoutNotRecognised, match="emidec and as myops"):
        recognised_layout(tmp_path)
