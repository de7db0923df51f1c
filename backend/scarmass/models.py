"""Composition root of the models: what the settings name serves, else what was promoted last, else what is shipped.

The packages that models need are imported where one is opened.
"""

import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from scarmass.domain.errors import (
    FileDamaged,
    MessageInvalid,
    ModelNamedBySettings,
    ModelsUnavailable,
    WeightsInvalid,
    WeightsMissing,
)
from scarmass.domain.promotion import ModelKind
from scarmass.domain.protocols import Detector, Model, Segmenter, Timing, untimed
from scarmass.paths import WEIGHTS
from scarmass.services.precedence import Precedence
from scarmass.services.promotions import promoted_model
from scarmass.settings import DETECTOR, SEGMENTER, Settings
from scarmass.storage.database import Database
from scarmass.storage.files import FileStore

if TYPE_CHECKING:
    from scarmass.inference.remote.client import Replicas, WeightsFile
    from scarmass.inference.remote.models import RemoteDetector, RemoteSegmenter

log = logging.getLogger(__name__)

SHIPPED = {ModelKind.DETECTOR: DETECTOR, ModelKind.SEGMENTER: SEGMENTER}
GO_BACK = "`scarmass weights back` goes back to what served before"
CLICKS_OF_REPLICAS, OTHERS_OF_REPLICAS = 24, 4
"""Pieces of model work at once, where replicas do it. What is more than they take waits before them, or here."""


@dataclass(frozen=True)
class Models:
    """precedence: as many pieces of work at once as they have room for. answer: whether they do, at once."""

    detector: Detector
    segmenter: Segmenter
    precedence: Precedence = field(default_factory=Precedence)
    answer: Callable[[], bool] = lambda: True


def open_models(settings: Settings, database: Database, files: FileStore, timing: Timing = untimed) -> Models:
    """Those that serve. Those on other machines need not answer yet. Raises WeightsMissing, WeightsInvalid."""
    detector, segmenter = (serving_weights(settings, database, files, kind) for kind in ModelKind)
    if settings.models is None:
        return Models(open_detector(settings, detector, timing), open_segmenter(settings, segmenter, timing))
    from scarmass.inference.remote.client import ModelFailed

    remote = (
        remote_detector(settings, detector, timing, serves=True),
        remote_segmenter(settings, segmenter, timing, serves=True),
    )
    replicas = replicas_of(settings)
    replicas.forget()  # what was deleted while no server listened
    try:
        for model in remote:
            model.open()
    except (MessageInvalid, ModelFailed, ModelsUnavailable) as away:
        log.warning("nothing is proposed or outlined yet: %s", away)
    return Models(*remote, Precedence(CLICKS_OF_REPLICAS, OTHERS_OF_REPLICAS), replicas.answer)


def open_detector(settings: Settings, weights: str | Path, timing: Timing = untimed, serves: bool = False) -> Detector:
    """weights: a name in the catalog or a file. serves: whether all replicas are to hold it ready.

    Raises WeightsMissing, WeightsInvalid, ModelsUnavailable.
    """
    if settings.models is None:
        return embedded_detector(settings, weights, timing)
    remote = remote_detector(settings, weights, timing, serves)
    remote.open()
    return remote


def open_segmenter(
    settings: Settings, weights: str | Path, timing: Timing = untimed, serves: bool = False
) -> Segmenter:
    """weights: a name in the catalog or a file. serves: whether all replicas are to hold it ready.

    Raises WeightsMissing, WeightsInvalid, ModelsUnavailable.
    """
    if settings.models is None:
        return embedded_segmenter(settings, weights, timing)
    remote = remote_segmenter(settings, weights, timing, serves)
    remote.open()
    return remote


def embedded_detector(settings: Settings, weights: str | Path, timing: Timing = untimed) -> Detector:
    """In this process. Raises WeightsMissing, WeightsInvalid."""
    from scarmass.inference.detector import YoloDetector
    from scarmass.inference.weights.load import resolve, verify

    entry, file = resolve(weights, WEIGHTS)
    return YoloDetector(
        file,
        Model(entry.name, verify(entry, file)),
        settings.device,
        export_folder=exports_of(settings),
        timing=timing,
    )


def embedded_segmenter(settings: Settings, weights: str | Path, timing: Timing = untimed) -> Segmenter:
    """In this process. Raises WeightsMissing, WeightsInvalid."""
    from scarmass.inference.segmenter.engine import SegmenterEngine
    from scarmass.inference.weights.load import load

    return SegmenterEngine(
        load(weights, WEIGHTS),
        device=settings.device,
        cache_bytes=settings.embedding_cache_mib * 2**20,
        export_folder=exports_of(settings),
        as_graphs=True,
        timing=timing,
    )


def remote_detector(settings: Settings, weights: str | Path, timing: Timing, serves: bool) -> "RemoteDetector":
    """On other machines, where it is opened when it is first asked. Raises WeightsMissing, WeightsInvalid."""
    from scarmass.inference.remote.models import RemoteDetector

    return RemoteDetector(replicas_of(settings), _weights_file(ModelKind.DETECTOR, weights), timing, serves)


def remote_segmenter(settings: Settings, weights: str | Path, timing: Timing, serves: bool) -> "RemoteSegmenter":
    """On other machines, where it is opened when it is first asked. Raises WeightsMissing, WeightsInvalid."""
    from scarmass.inference.remote.models import RemoteSegmenter

    return RemoteSegmenter(replicas_of(settings), _weights_file(ModelKind.SEGMENTER, weights), timing, serves)


def replicas_of(settings: Settings) -> "Replicas":
    """The same for all models of this process. Raises SecretTooShort."""
    assert settings.models is not None
    return _replicas(settings.models, settings.token_of_models)


@cache
def _replicas(address: str, token: str) -> "Replicas":
    from scarmass.inference.remote.client import Replicas

    return Replicas(address, token)


def _weights_file(kind: ModelKind, weights: str | Path) -> "WeightsFile":
    from scarmass.inference.remote.client import WeightsFile
    from scarmass.inference.weights.load import resolve, verify

    entry, file = resolve(weights, WEIGHTS)
    if file.suffix != ".safetensors":
        raise WeightsInvalid(f"{file.name} is no safetensors file, as models on other machines have to be")
    return WeightsFile(kind, Model(entry.name, verify(entry, file)), file)


def serving_weights(settings: Settings, database: Database, files: FileStore, kind: ModelKind) -> str | Path:
    """The name in the catalog, or the file, of what serves. Raises WeightsMissing."""
    if (by_settings := named(settings, kind)) is not None:
        return by_settings
    model = promoted_model(database, kind)
    return SHIPPED[kind] if model is None else _promoted_file(files, model, exports_of(settings))


def shipped_model(kind: ModelKind) -> Model:
    """What serves where nothing is named or promoted. Raises WeightsMissing, WeightsInvalid."""
    from scarmass.inference.weights.load import resolve, verify

    entry, file = resolve(SHIPPED[kind], WEIGHTS)
    return Model(entry.name, verify(entry, file))


def require_promotable(settings: Settings, kind: ModelKind) -> None:
    """Raises ModelNamedBySettings where a promotion would count for nothing."""
    if (by_settings := named(settings, kind)) is not None:
        raise ModelNamedBySettings(f"the settings name {by_settings} as {kind}: take that away first")


def is_fitted_to(settings: Settings, segmenter: Model) -> bool:
    """Whether the site's sensitivity, where it was fitted, was fitted to these weights."""
    fit = settings.sensitivity_fit
    return fit is None or fit.segmenter_sha256 == segmenter.sha256


def exports_of(settings: Settings) -> Path:
    """The folder of what is made of weights, and can be made again."""
    return settings.data_dir / "exports"


def named(settings: Settings, kind: ModelKind) -> str | None:
    """What the settings name; None where promotions decide."""
    return settings.detector if kind is ModelKind.DETECTOR else settings.segmenter


def sha256_of_weights(weights: str | Path) -> str:
    """Of the file of a name in the catalog, or of a file. Raises WeightsMissing."""
    from scarmass.inference.weights.load import resolve, sha256_of

    return sha256_of(resolve(weights, WEIGHTS)[1])


def _promoted_file(files: FileStore, model: Model, folder: Path) -> Path:
    """The stored weights under a name that tells what they are. Raises WeightsMissing, WeightsInvalid."""
    from scarmass.inference.weights.load import sha256_of

    path = folder / f"{model.sha256}.safetensors"
    is_made = path.is_file() and sha256_of(path) == model.sha256
    if not files.has(model.sha256):
        if not is_made:
            raise WeightsMissing(f"the promoted {model.name} is not in the store: {GO_BACK}")
        files.put(path.read_bytes())
    if not is_made:
        try:
            content = files.get(model.sha256)
            if sha256(content).hexdigest() != model.sha256:
                raise FileDamaged(model.sha256)
        except FileDamaged as error:
            raise WeightsInvalid(f"the promoted {model.name} was altered in the store: {GO_BACK}") from error
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as partial:
            (Path(partial) / path.name).write_bytes(content)
            (Path(partial) / path.name).replace(path)
    return path
