"""Where settings come from."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from scarmass.cli.serve import demo, import_studies, serve
from scarmass.domain.errors import SecretTooShort
from scarmass.settings import SETTINGS_FILE, SensitivityFit, Settings, write_settings

FIT = SensitivityFit(
    segmenter="segmenter",
    segmenter_sha256="5e9",
    dataset_sha256="da7a",
    patients=7,
    slices=31,
    before={"dice": 0.7},
    after={"dice": 0.8},
)


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("SCARMASS_SENSITIVITY", raising=False)
    return tmp_path


def test_a_calibrated_sensitivity_is_what_readings_start_with_and_says_where_it_came_from(data_dir: Path) -> None:
    write_settings(data_dir, sensitivity=2.5, sensitivity_fit=FIT)
    assert Settings().sensitivity == 2.5
    assert Settings().sensitivity_fit == FIT


def test_the_environment_overrules_the_file(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_settings(data_dir, sensitivity=2.5, sensitivity_fit=FIT)
    monkeypatch.setenv("SCARMASS_SENSITIVITY", "1")
    assert Settings().sensitivity == 1


def test_what_else_stands_in_the_file_is_kept(data_dir: Path) -> None:
    (data_dir / SETTINGS_FILE).write_text('{"density_g_per_ml": 1.04}')
    write_settings(data_dir, sensitivity=-1, sensitivity_fit=FIT)
    assert (Settings().density_g_per_ml, Settings().sensitivity) == (1.04, -1)


@pytest.mark.parametrize("content", ['{"sensitivity": 99}', '{"sensitivty": 1}'])
def test_a_file_that_says_what_cannot_be_is_refused_by_name(data_dir: Path, content: str) -> None:
    (data_dir / SETTINGS_FILE).write_text(content)
    with pytest.raises(ValidationError, match="sensitiv"):
        Settings()


def test_nothing_is_deidentified_unless_the_site_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().pseudonyms is None
    monkeypatch.setenv("SCARMASS_DEIDENTIFICATION_SECRET", "x" * 40)
    assert Settings().pseudonyms is None
    assert "x" * 40 not in repr(Settings())


@pytest.mark.parametrize("secret", [None, "", "secret"])
def test_deidentification_without_a_secret_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, secret: str | None, unused_tcp_port: int
) -> None:
    monkeypatch.setenv("SCARMASS_DEIDENTIFY", "true")
    monkeypatch.setenv("PORT", str(unused_tcp_port))
    if secret is not None:
        monkeypatch.setenv("SCARMASS_DEIDENTIFICATION_SECRET", secret)
    for start in (serve, lambda: import_studies([]), demo):
        with pytest.raises(SecretTooShort, match="deidentification_secret"):
            start()
