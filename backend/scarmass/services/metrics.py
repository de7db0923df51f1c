"""What the server tells of itself, for Prometheus: counts and times, and how much waits. Nothing of any patient.

Labels are of routes, queues and caches, which the code names: nobody who asks can add one.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from scarmass.domain.protocols import Step

ANSWER_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
MODEL_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """Safe to use from many threads. registry: what is told; others may add to it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers = Counter(
            "scarmass_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._answer_s = Histogram(
            "scarmass_request_seconds",
            "Until the answer to a request began.",
            ("method", "route"),
            buckets=ANSWER_BUCKETS_S,
            registry=self.registry,
        )
        self._step_s = Histogram(
            "scarmass_model_seconds",
            "That a step of a model took, without waiting for its turn.",
            ("step",),
            buckets=MODEL_BUCKETS_S,
            registry=self.registry,
        )
        for step in Step:
            self._step_s.labels(step.value)  # told from the start, as 0
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self._answers.labels(method, route, str(status)).inc()
        self._answer_s.labels(method, route).observe(seconds)

    @contextmanager
    def step(self, step: Step) -> Iterator[None]:
        """The time of a block, also of one that fails."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._step_s.labels(step).observe(time.perf_counter() - began)

    def text(self) -> bytes:
        """In Prometheus' own format."""
        return generate_latest(self.registry)
