"""Composition root of the replicas: models on a machine of their own, without database and stored objects."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from scarmass.domain.promotion import ModelKind
from scarmass.domain.protocols import Detector, Segmenter
from scarmass.inference.remote.cluster import Machine, node, set_environment
from scarmass.inference.remote.tokens import token_of_requests
from scarmass.models import embedded_detector, embedded_segmenter, exports_of, shipped_model
from scarmass.paths import WEIGHTS
from scarmass.settings import Settings

WAITING = 64
"""Requests that wait for replicas before more are refused."""
AT_ONCE = 8
"""Requests that one replica answers at once, in threads: its engine decodes together what comes together."""
POLL_S = 1.0

OpenEngine = Callable[[ModelKind, Path], Detector | Segmenter]


def open_engine(kind: ModelKind, weights: Path) -> Detector | Segmenter:
    """In a replica, by the settings of its machine. Raises WeightsMissing, WeightsInvalid."""
    opens = embedded_detector if kind is ModelKind.DETECTOR else embedded_segmenter
    return opens(Settings(), weights)


def kept_weights() -> Path:
    return exports_of(Settings())


def join(settings: Settings, machine: Machine) -> None:
    """Be a further machine of a cluster, until it is lost. Raises SecretTooShort."""
    set_environment(settings.token_of_models, machine.address)
    with node(machine) as process:
        process.wait()


def run_replicas(
    settings: Settings,
    machine: Machine,
    port: int,
    replicas: int,
    *,
    serving: Mapping[ModelKind, str] | None = None,
    opens: OpenEngine = open_engine,
    kept: Callable[[], Path] = kept_weights,
    at_once: int = AT_ONCE,
    waiting: int = WAITING,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Be the first machine of a cluster whose replicas answer at the machine's address and this port, until it is lost.

    serving: the sha256 of the weights to begin with, those that are shipped where it is None. Raises SecretTooShort,
    ModelsUnavailable.
    """
    if serving is None:
        serving = {kind: shipped_model(kind).sha256 for kind in ModelKind}
    set_environment(settings.token_of_models, machine.address)
    from scarmass.inference.remote import cluster
    from scarmass.inference.remote.replica import Holding, application

    with node(machine) as process, cluster.joined(machine):
        has_gpus = settings.device.startswith("cuda") or (settings.device == "auto" and cluster.gpus() > 0)
        processors = 1.0 if has_gpus else max(1, (machine.processors or os.cpu_count() or 1) // replicas)
        token = token_of_requests(settings.token_of_models)
        holding = Holding(opens, WEIGHTS, kept, token, dict(serving), at_once)
        cluster.serve_at(
            machine.address, port, application(holding, replicas, waiting, processors, 1.0 if has_gpus else 0.0)
        )
        started()
        _wait_for(process)


def _wait_for(process: subprocess.Popen) -> None:
    while process.poll() is None:
        time.sleep(POLL_S)
