from pathlib import Path

import pytest

from scarmass.domain.errors import WeightsMissing
from scarmass.inference.segmenter.network import ARCHITECTURES
from scarmass.inference.segmenter.onnx_pair import ARCHITECTURE as ONNX_PAIR
from scarmass.inference.segmenter.window import Normalisation
from scarmass.inference.weights.catalog import Entry, described_entry, read_catalog
from scarmass.inference.weights.load import load, resolve, verify
from scarmass.paths import WEIGHTS

CATALOG = read_catalog(WEIGHTS)


@pytest.mark.parametrize("entry", [e for e in CATALOG.values() if e.kind == "segmenter"], ids=lambda e: e.name)
def test_every_segmenter_of_the_catalog_can_be_built(entry: Entry) -> None:
    assert entry.architecture in (*ARCHITECTURES, ONNX_PAIR)
    assert (entry.decoder is not None) == (entry.architecture == ONNX_PAIR)
    assert entry.input_size in (256, 1024)
    assert entry.normalisation in list(Normalisation)
    assert entry.licence


@pytest.mark.parametrize("entry", CATALOG.values(), ids=lambda e: e.name)
def test_an_entry_survives_as_a_file_s_metadata(entry: Entry) -> None:
    described = described_entry(entry.description(), Path(entry.file))
    assert described is not None
    assert described.description() == entry.description()


def test_what_comes_from_a_package_is_pinned_by_its_hash() -> None:
    for entry in CATALOG.values():
        if entry.source and entry.source.package:
            assert entry.source.version
            for source in filter(None, (entry.source, entry.decoder)):
                assert source.bytes
                assert source.sha256
                assert len(source.sha256) == 64


def test_no_file_of_the_catalog_names_an_address() -> None:
    assert "://" not in (WEIGHTS / "catalog.toml").read_text()


def test_the_bundled_segmenter_is_what_the_catalog_says() -> None:
    entry, path = resolve("scarmass-litemedsam", WEIGHTS)
    assert entry.origin == "in the repository"
    assert entry.bytes == path.stat().st_size
    assert verify(entry, path) == entry.sha256
    described, _ = resolve(path, WEIGHTS)
    assert described.description() == load("scarmass-litemedsam", WEIGHTS).entry.description()
    assert "CC BY-NC-SA" in described.licence


def test_given_by_path_entries_say_what_file_the_user_must_bring() -> None:
    assert CATALOG["sam_vit_h"].origin == "sam_vit_h_4b8939.pth, given by path"
    with pytest.raises(WeightsMissing):
        load("sam_vit_h", WEIGHTS)
