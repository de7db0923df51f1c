"""Weights files for tests, which hold next to nothing and say what they are."""

from pathlib import Path

import torch

from scarmass.domain.promotion import ModelKind
from scarmass.domain.protocols import Model
from scarmass.inference.weights.catalog import Entry, UnseenReadings
from scarmass.inference.weights.load import sha256_of
from scarmass.inference.weights.save import save
from scarmass.models import shipped_model
from scarmass.services import promotions
from scarmass.services.context import Context


def weights_file(
    folder: Path, name: str, kind: str = "segmenter", unseen_readings: UnseenReadings | None = None
) -> tuple[Path, Model]:
    """A file of this name, and the model that it is."""
    path = folder / f"{name}.safetensors"
    entry = Entry(name, kind, "tiny_vit", 256, "none", path.name, unseen_readings=unseen_readings)
    save({"weights": torch.zeros(1)}, entry.description(), path)
    return path, Model(name, sha256_of(path))


def promote(context: Context, weights: Path, model: Model, kind: ModelKind = ModelKind.SEGMENTER) -> None:
    """As somebody would who compared them with what serves."""
    shipped = {each: shipped_model(each) for each in ModelKind}
    serving = promotions.promoted_model(context.database, kind) or shipped[kind]
    told = {"patients": 8, "dataset_sha256": "d" * 64}
    stored = context.database, context.files
    promotions.promote(*stored, kind, weights, model, {kind: serving}, shipped, "Anna", told)
