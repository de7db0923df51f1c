import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scarmass.domain.errors import WeightsInvalid, WeightsMissing
from scarmass.inference.weights.catalog import Entry
from scarmass.inference.weights.fetch import convert
from scarmass.inference.weights.load import load, verify
from scarmass.inference.weights.save import save
from tests.inference.weights.conftest import STATE


class WantsCode:
    def __reduce__(self) -> tuple:
        return print, ("ran",)


def test_a_published_checkpoint_given_by_path_is_known_by_its_name(checkpoint: Path, folder: Path) -> None:
    loaded = load(checkpoint, folder)
    assert loaded.entry.name == "tiny"
    assert set(loaded.state) == set(STATE)


def test_a_pickle_that_wants_code_is_refused_and_does_not_run(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tiny.pth"
    torch.save({"a": WantsCode()}, path)
    with pytest.raises(WeightsInvalid, match="wants to run code"):
        load(path, folder)
    path.write_bytes(pickle.dumps(WantsCode()))
    with pytest.raises(WeightsInvalid):
        load(path, folder)
    assert "ran" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 nor a zip"])
def test_what_is_no_checkpoint_is_refused(content: bytes, folder: Path, tmp_path: Path) -> None:
    for name in ("tiny.pth", "own.safetensors"):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(WeightsInvalid):
            load(path, folder)


def test_a_pickle_without_tensors_by_name_is_refused(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "tiny.pth"
    torch.save([1, 2], path)
    with pytest.raises(WeightsInvalid, match="holds no tensors"):
        load(path, folder)


def test_truncated_safetensors_are_refused_by_name(entry: Entry, checkpoint: Path, folder: Path) -> None:
    path = convert(entry, checkpoint, folder)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(WeightsInvalid, match=r"tiny\.safetensors"):
        load("tiny", folder)


def test_a_file_made_from_another_checkpoint_is_refused(entry: Entry, checkpoint: Path, folder: Path) -> None:
    path = convert(entry, checkpoint, folder)
    assert entry.source is not None
    other = replace(entry, source=replace(entry.source, sha256="0" * 64))
    with pytest.raises(WeightsInvalid, match="not made from"):
        verify(other, path)


def test_weights_that_are_not_here_are_missing_and_the_remedy_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="scarmass weights fetch tiny"):
        load("tiny", folder)
    with pytest.raises(WeightsMissing, match="neither"):
        load(tmp_path / "nowhere.pth", folder)


def test_a_file_that_says_nothing_of_itself_is_refused(folder: Path, tmp_path: Path) -> None:
    save(STATE, {}, tmp_path / "mute.safetensors")
    torch.save(STATE, tmp_path / "mute.pth")
    for name in ("mute.safetensors", "mute.pth"):
        with pytest.raises(WeightsInvalid, match="does not say what it is"):
            load(tmp_path / name, folder)
