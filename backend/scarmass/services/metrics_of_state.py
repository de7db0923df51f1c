"""How much there is, and waits, when somebody asks: queues, the network's spool, caches, the database."""

import shutil
from collections.abc import Iterator
from contextlib import suppress

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.pool import QueuePool

from scarmass.domain.errors import DatabaseUnavailable
from scarmass.services.context import Context
from scarmass.storage import audit, jobs, transfers
from scarmass.storage.jobs import Queue


class StateOf(Collector):
    """A context's state, asked for anew each time. Where the database is away, the rest is told all the same."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked for when this is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        yield from self._database()
        yield from self._queues()
        yield from self._memory()
        yield from self._disk()

    def _database(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "scarmass_database_up", "Whether PostgreSQL answers.", value=self._context.database.is_ready()
        )
        pool = self._context.database.engine.pool
        if isinstance(pool, QueuePool):
            connections = GaugeMetricFamily(
                "scarmass_database_connections", "Connections to PostgreSQL.", labels=("state",)
            )
            connections.add_metric(("in_use",), pool.checkedout())
            connections.add_metric(("idle",), pool.checkedin())
            yield connections

    def _queues(self) -> Iterator[Metric]:
        context = self._context
        with suppress(DatabaseUnavailable), context.database.transaction() as session:
            waiting = GaugeMetricFamily("scarmass_jobs", "Jobs that wait or run.", labels=("queue", "state"))
            counted = jobs.counts(session)
            for queue in Queue:
                for state in ("waiting", "running"):
                    waiting.add_metric((queue.value, state), counted.get((queue.value, state), 0))
            yield waiting
            moved = GaugeMetricFamily("scarmass_transfers", "Transfers by state.", labels=("direction", "state"))
            for (direction, state), count in transfers.counts(session).items():
                moved.add_metric((direction, state), count)
            yield moved
            last = audit.head(session).number
            yield GaugeMetricFamily("scarmass_audit_rows", "Rows of the audit trail.", value=last)
            if (receiver := context.audit_receiver) is not None:
                left = last - audit.delivered(session, receiver.name).number
                yield GaugeMetricFamily("scarmass_audit_rows_unsent", "Rows that the syslog server lacks.", value=left)

    def _memory(self) -> Iterator[Metric]:
        context = self._context
        kept = GaugeMetricFamily("scarmass_cache_entries", "Values kept in memory.", labels=("cache",))
        for name in ("images", "blood", "logits", "spreads", "contours", "results"):
            kept.add_metric((name,), len(getattr(context, name)))
        yield kept
        of_segmenter = GaugeMetricFamily("scarmass_cache_bytes", "Bytes kept in memory.", labels=("cache",))
        for name, size in context.segmenter.kept_bytes.items():
            of_segmenter.add_metric((name,), size)
        yield of_segmenter

    def _disk(self) -> Iterator[Metric]:
        spool = self._context.spool
        if spool is not None:
            waits = list(spool.waiting())
            yield GaugeMetricFamily("scarmass_spool_objects", "Objects that came and wait.", value=len(waits))
        with suppress(OSError):
            free = shutil.disk_usage(self._context.files.root).free
            yield GaugeMetricFamily("scarmass_disk_free_bytes", "Where images are stored.", value=free)
