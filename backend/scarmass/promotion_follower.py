"""Lets what is promoted while a server runs serve in it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scarmass.domain.errors import Away
from scarmass.domain.promotion import ModelKind
from scarmass.domain.protocols import Detector, Segmenter
from scarmass.models import (
    is_fitted_to,
    named,
    open_detector,
    open_segmenter,
    serving_weights,
    sha256_of_weights,
)
from scarmass.services.context import Context
from scarmass.settings import Settings
from scarmass.storage.promotions import PROMOTED
from scarmass.worker_threads import WokenThread

log = logging.getLogger(__name__)

RETRY_S = 30.0
ENDING_S = 2.0
"""For weights that are being loaded where the server ends."""


@contextmanager
def following_promotions(settings: Settings, context: Context) -> Iterator[None]:
    """Let what is promoted meanwhile serve, as long as the block."""
    follower = PromotionFollower(settings, context)
    follower.start()
    try:
        yield
    finally:
        follower.stop()
        follower.join(ENDING_S)


class PromotionFollower(WokenThread):
    """Loads promoted weights beside those that serve; they answer what is asked from then on. What is being answered is
    finished by the weights that it was begun with."""

    def __init__(self, settings: Settings, context: Context) -> None:
        super().__init__("promotions")
        self._settings = settings
        self._context = context

    def _run(self) -> None:
        with self._context.notifications.subscribed(self._wake.set, PROMOTED):
            wait_s = None
            while not self._stopping.is_set():
                self._wake.wait(wait_s)
                self._wake.clear()
                wait_s = None if self._stopping.is_set() or self._has_followed() else RETRY_S

    def _has_followed(self) -> bool:
        if self._context.is_stopping:
            return True
        followed = [self._follow(kind) for kind in ModelKind if named(self._settings, kind) is None]
        return all(followed)

    def _follow(self, kind: ModelKind) -> bool:
        """Load what serves now where it is not what is loaded; answers whether it could be."""
        try:
            weights = serving_weights(self._settings, self._context.database, self._context.files, kind)
            if sha256_of_weights(weights) != self._loaded(kind).model.sha256:
                self._switch(kind, weights)
        except Away:
            return False
        except Exception:  # whatever loading met: what serves goes on serving
            log.exception("the promoted %s could not be loaded; the one before it serves, trying again", kind)
            return False
        return True

    def _loaded(self, kind: ModelKind) -> Detector | Segmenter:
        return self._context.detector if kind is ModelKind.DETECTOR else self._context.segmenter

    def _switch(self, kind: ModelKind, weights: str | Path) -> None:
        """Raises WeightsMissing, WeightsInvalid."""
        settings, context, timing = self._settings, self._context, self._context.metrics.step
        if kind is ModelKind.DETECTOR:
            context.detector = open_detector(settings, weights, timing, serves=True)
        else:
            replaced = context.segmenter
            context.segmenter = open_segmenter(settings, weights, timing, serves=True)
            replaced.forget()  # what goes on with it encodes its slice anew
            if not is_fitted_to(settings, context.segmenter.model):
                log.warning("the site's sensitivity was fitted to other weights: run `scarmass calibrate` again")
        log.warning("%s serves as %s from now on", self._loaded(kind).model.name, kind)
