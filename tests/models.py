"""Weights files for tests, which hold next to nothing and say what they are."""

from pathlib import Path

import torch

from scarmass.domain.protocols import Model
from scarmass.inference.weights.catalog import Entry, UnseenReadings
from scarmass.inference.weights.load import sha256_of
from scarmass.inference.weights.save import save


def weights_file(
    folder: Path, name: str, kind: str = "segmenter", unseen_readings: UnseenReadings | None = None
) -> tuple[Path, Model]:
    """A file of this name, and the model that it is."""
    path = folder / f"{name}.safetensors"
    entry = Entry(name, kind, "tiny_vit", 256, "none", path.name, unseen_readings=unseen_readings)
    save({"weights": torch.zeros(1)}, entry.description(), path)
    return path, Model(name, sha256_of(path))
