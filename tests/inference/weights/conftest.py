"""A published checkpoint of two tensors, and a catalog that knows it."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scarmass.inference.weights.catalog import Entry, Source, read_catalog
from scarmass.inference.weights.load import sha256_of

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
    source = Source("inside/tiny.pth", "some-package", "1.2", checkpoint.stat().st_size, sha256_of(checkpoint))
    return replace(read_catalog(folder)["tiny"], source=source)
