"""The catalog of weights: what each is, where it comes from, and what its file must be. Read from
catalog.toml."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

CATALOG_FILE = "catalog.toml"

DEFAULT_STRUCTURES = ("scar", "no_reflow", "blood_pool", "left_ventricle")
"""What a segmenter with structure tokens knows, in the order of its tokens, where its file does not say."""


@dataclass(frozen=True)
class Source:
    """Where a published checkpoint is found.

    file: its path inside the package's archive, or the name it is published under where there is no package.
    package, version: on the package index; None where the user must bring the file.
    bytes, sha256: of that file; None where they are not known for certain.
    registry: npm where the package is not Python's.
    """

    file: str
    package: str | None = None
    version: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    registry: str | None = None

    def __str__(self) -> str:
        if not self.package:
            return f"{self.file}, given by path"
        return f"{self.package}@{self.version}" if self.registry == "npm" else f"{self.package}=={self.version}"

    def to_dict(self) -> dict[str, Any]:
        """What is known of it; a registry that is Python's goes without saying."""
        return {key: value for key, value in asdict(self).items() if key != "registry" or value is not None}


@dataclass(frozen=True)
class UnseenReadings:
    """Signed readings that a model never saw: of a share of the patients, those of a smaller share among them.

    pseudonyms: the fingerprint of those by which the patients were held out.
    """

    held_out: float
    pseudonyms: str

    def includes(self, held_out: float, pseudonyms: str) -> bool:
        """Whether none of these held-out readings was seen, as far as can be told."""
        return pseudonyms == self.pseudonyms and held_out <= self.held_out


def unseen_of_both(one: UnseenReadings | None, other: UnseenReadings | None) -> UnseenReadings | None:
    """What was seen in neither of two steps of training. Of a step without readings it is None."""
    if one is None or other is None:
        return one or other
    held_out = min(one.held_out, other.held_out) if one.pseudonyms == other.pseudonyms else 0.0
    return UnseenReadings(held_out, other.pseudonyms)


@dataclass(frozen=True)
class Entry:
    """One line of the catalog.

    kind: detector or segmenter. input_size: pixels a side. normalisation: minmax or imagenet (segmenters).
    follows_points: trained, as SAM was, on points, previous masks and three answers to an ambiguous point. Other
    weights are asked with a box alone, or a point alone, and clicks change their answer afterwards.
    file, bytes, sha256: the safetensors file that is served; None where they are not known beforehand.
    source: None where the file is in the repository.
    decoder: of a pair of ONNX files the second, found beside the source, which is the encoder.
    base_sha256: of the published checkpoint that was fine-tuned.
    structures: what a file of our own knows, in the order of its structure tokens or classes, as its metadata say.
    unseen_readings: of a file that learned from signed readings, those that it never saw.
    """

    name: str
    kind: str
    architecture: str
    input_size: int
    licence: str
    file: str
    normalisation: str = "minmax"
    follows_points: bool = False
    bytes: int | None = None
    sha256: str | None = None
    source: Source | None = None
    decoder: Source | None = None
    base_sha256: str | None = None
    structures: tuple[str, ...] = ()
    unseen_readings: UnseenReadings | None = None

    @property
    def origin(self) -> str:
        return str(self.source) if self.source else "in the repository"

    def description(self) -> dict[str, str]:
        """What a safetensors file says of itself, as its metadata.

        One key, because the file format keeps several in no fixed order and the file's hash would change.
        """
        described = (
            "name",
            "kind",
            "architecture",
            "input_size",
            "licence",
            "normalisation",
            "follows_points",
            "base_sha256",
        )
        content: dict[str, Any] = {key: getattr(self, key) for key in described}
        content["source"] = self.source.to_dict() if self.source else None
        if self.decoder:
            content["decoder"] = self.decoder.to_dict()
        if self.structures:
            content["structures"] = self.structures
        if self.unseen_readings is not None:
            content["unseen_readings"] = asdict(self.unseen_readings)
        return {"scarmass": json.dumps(content, sort_keys=True)}


def read_catalog(folder: Path) -> dict[str, Entry]:
    """The entries of folder/catalog.toml by name, in its order."""
    tables = tomllib.loads((folder / CATALOG_FILE).read_text())
    return {name: _entry(name, table) for name, table in tables.items()}


def described_entry(metadata: Mapping[str, str], file: Path) -> Entry | None:
    """The entry that a safetensors file's own metadata describes, or None where it describes none."""
    if "scarmass" not in metadata:
        return None
    content = json.loads(metadata["scarmass"])
    known = {field.name for field in fields(Entry)} - {"name"}
    table = {key: value for key, value in content.items() if key in known and value is not None}
    return _entry(content["name"], table | {"file": file.name})


def _entry(name: str, table: Mapping[str, Any]) -> Entry:
    parts: dict[str, Any] = {key: Source(**table[key]) for key in ("source", "decoder") if table.get(key)}
    if table.get("unseen_readings"):
        parts["unseen_readings"] = UnseenReadings(**table["unseen_readings"])
    return Entry(**{**table, "name": name, "structures": tuple(table.get("structures", ())), **parts})
