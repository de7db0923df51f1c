import shutil
from pathlib import Path

import pytest

from scarmass.domain.errors import RunConflict
from scarmass.domain.protocols import Model
from scarmass.evaluation.segmentation.evaluate import measure
from scarmass.evaluation.segmentation.report import write_report
from scarmass.evaluation.segmentation.run import by_patient, predict_patients
from scarmass.evaluation.segmentation.store import Provenance, open_run
from tests.evaluation.segmentation.hearts import ClickedSegmenter, KnowingDetector, SilentSegmenter, cohort

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    patients = by_patient(cohort())
    open_run(
        folder, Provenance(Model("a segmenter", "5e9"), Model("a detector", "de7"), "da7a", "5b117", "test", 3), "v1"
    )
    measure(patients, predict_patients(patients, KnowingDetector(cohort()), ClickedSegmenter(), folder, 3), folder)
    return folder


@pytest.fixture(scope="module")
def report(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(run, tmp_path_factory.mktemp("docs"))


@pytest.mark.slow
def test_the_report_is_rebuilt_from_three_files_alone(run: Path, report: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("run.json", "scores.json", "patients.csv"):
        shutil.copy(run / name, copy)
    assert write_report(copy, tmp_path).read_text() == report.read_text()
    for path in (report.parent / "figures").glob("*.svg"):
        assert path.read_bytes() == (tmp_path / "figures" / path.name).read_bytes()


def test_the_report_tells_where_its_figures_come_from(report: Path) -> None:
    text = report.read_text()
    for fact in ("a segmenter", "5e9", "a detector", "de7", "da7a", "5b117", "| 3 |", "`v1`", "5 patients", "here (4)"):
        assert fact in text


def test_every_plot_that_the_report_shows_exists_and_no_patient_is_in_the_documents(report: Path) -> None:
    text = report.read_text()
    shown = [line.split("](")[1].rstrip(")") for line in text.splitlines() if line.startswith("![")]
    assert len(shown) == 11
    assert all((report.parent / name).is_file() for name in shown)
    assert {path.stem for path in (report.parent / "figures").iterdir()} == {Path(name).stem for name in shown}
    assert "infarct 1" not in text


@pytest.mark.slow
def test_the_report_says_where_nothing_was_found(tmp_path: Path) -> None:
    patients = by_patient(cohort())
    open_run(tmp_path, Provenance(Model("s", "1"), Model("d", "2"), "3", "4", "validation", 0), "v1")
    predictions = predict_patients(patients, KnowingDetector(cohort()), SilentSegmenter(), tmp_path, 0)
    measure(patients, predictions, tmp_path)
    text = write_report(tmp_path, tmp_path / "docs").read_text()
    assert "Drawn boxes: 4 of 4 patients with scar were answered with nothing at all" in text
    assert "not test patients" in text


def test_a_folder_that_holds_no_evaluation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunConflict, match="holds no run"):
        write_report(tmp_path, tmp_path / "docs")
