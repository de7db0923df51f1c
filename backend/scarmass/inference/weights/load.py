"""Weights from their name to a verified state: nothing is loaded whose bytes are not what the catalog says."""

import hashlib
import pickle
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor

from scarmass.domain.errors import WeightsInvalid, WeightsMissing
from scarmass.domain.protocols import Model
from scarmass.inference.weights.catalog import Entry, described_entry, read_catalog


@dataclass(frozen=True)
class Weights:
    """A verified file, read: its catalog entry, the sha256 of the file, and the tensors by name as stored."""

    entry: Entry
    sha256: str
    state: dict[str, Tensor]

    @property
    def model(self) -> Model:
        return Model(self.entry.name, self.sha256)


def load(name_or_path: str | Path, folder: Path) -> Weights:
    """Weights named in folder's catalog, or a file that says what it is.

    Which structures a safetensors file knows is what its own metadata say. Raises WeightsMissing, WeightsInvalid.
    """
    entry, path = resolve(name_or_path, folder)
    sha256 = verify(entry, path)
    if path.suffix != ".safetensors":
        return Weights(entry, sha256, published_state(entry, path))
    described = described_entry(_metadata(path), path)
    if described is not None:
        entry = replace(entry, structures=described.structures)
    return Weights(entry, sha256, _state(path))


def resolve(name_or_path: str | Path, folder: Path) -> tuple[Entry, Path]:
    """The entry and file of a catalog name, of a safetensors file that describes itself, or of a published
    checkpoint.

    A checkpoint given by path is known by the file name it was published under. Raises WeightsMissing,
    WeightsInvalid.
    """
    catalog = read_catalog(folder)
    if str(name_or_path) in catalog:
        entry = catalog[str(name_or_path)]
        path = folder / entry.file
        if not path.is_file():
            raise WeightsMissing(f"{entry.name} is not in {folder}; `scarmass weights fetch {entry.name}` gets it")
        return entry, path
    path = Path(name_or_path)
    if not path.is_file():
        raise WeightsMissing(f"{name_or_path} is neither a name in the catalog nor a file")
    if path.suffix == ".safetensors":
        entry = described_entry(_metadata(path), path)
    else:
        entry = next((e for e in catalog.values() if e.source and Path(e.source.file).name == path.name), None)
    if entry is None:
        raise WeightsInvalid(f"{path.name} does not say what it is, and the catalog does not know it")
    return entry, path


def verify(entry: Entry, path: Path) -> str:
    """The sha256 of the entry's file: the safetensors served, or the published checkpoint it is made from.

    Raises WeightsInvalid where the file is truncated, has another hash, or is a pickle that wants to run
    code.
    """
    expected = entry if path.suffix == ".safetensors" else entry.source
    size, sha256 = path.stat().st_size, sha256_of(path)
    if expected and expected.bytes is not None and size != expected.bytes:
        how = "truncated" if size < expected.bytes else "too long"
        raise WeightsInvalid(f"{path.name} is {how}: {size} bytes instead of {expected.bytes}")
    if expected and expected.sha256 and sha256 != expected.sha256:
        raise WeightsInvalid(f"{path.name} has the hash {sha256[:12]}... instead of {expected.sha256[:12]}...")
    if path.suffix == ".safetensors":
        _require_same_source(entry, _metadata(path), path)
    return sha256


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def published_state(entry: Entry, path: Path) -> dict[str, Tensor]:
    """A checkpoint's tensors, or the bytes of a pair of ONNX files as the tensors encoder and decoder (uint8)."""
    if entry.decoder is None:
        return _state(path)
    decoder = path.with_name(Path(entry.decoder.file).name)
    if not decoder.is_file():
        raise WeightsMissing(f"{path.name} comes with {decoder.name}, which does not lie beside it")
    verify(replace(entry, source=entry.decoder), decoder)
    return {name: _bytes_of(file) for name, file in (("encoder", path), ("decoder", decoder))}


def _bytes_of(path: Path) -> Tensor:
    return torch.frombuffer(bytearray(path.read_bytes()), dtype=torch.uint8)


def _state(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, mapped from disk, or of a pickle that holds tensors and nothing
    else."""
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except (SafetensorError, OSError) as error:
            raise WeightsInvalid(f"{path.name} is no whole safetensors file") from error
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsInvalid(f"{path.name} is a pickle that wants to run code; it was not loaded") from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise WeightsInvalid(f"{path.name} cannot be read as a checkpoint") from error
    state = content.get("model", content) if isinstance(content, dict) else None
    if not state or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise WeightsInvalid(f"{path.name} holds no tensors by name")
    return state


def _metadata(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise WeightsInvalid(f"{path.name} is no whole safetensors file") from error


def _require_same_source(entry: Entry, metadata: dict[str, str], path: Path) -> None:
    """A converted file must come from the checkpoint that the catalog names."""
    described = described_entry(metadata, path)
    wanted = entry.source.sha256 if entry.source else None
    found = described.source.sha256 if described and described.source else None
    if wanted and found != wanted:
        raise WeightsInvalid(f"{path.name} was not made from {entry.origin}")
