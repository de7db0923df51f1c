"""Composition root of the jobs: threads for each queue, and one for what arrives; other processes may have theirs."""

import time
import uuid

from scarmass.services.context import Context
from scarmass.services.deletion import carry_out
from scarmass.services.pacs import attempt, fetch, send
from scarmass.services.pacs.arrive import Arrivals
from scarmass.services.readings import deliver, prepare
from scarmass.storage.jobs import Queue
from scarmass.worker_threads import QueueWorker, WorkerThread, arrival_worker, audit_worker, night_worker

ENDING_S = 2.0
"""For jobs at work, where the server ends."""
PEERS_AT_ONCE = 4
"""That are sent to, and as many that are fetched from: one that does not answer holds the others up where all are."""


class Worker:
    """Works from __enter__ to __exit__, which waits for the jobs at work and leaves the rest; not for long where the
    server is told to stop, as what is broken off is taken up again.

    Readings are prepared while a results folder on another machine keeps its writer waiting.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def __enter__(self) -> None:
        self._started = self._threads()
        for thread in self._started:
            thread.start()

    def __exit__(self, *_: object) -> None:
        for thread in self._started:
            thread.stop()
        if self._context.is_stopping:
            end = time.monotonic() + ENDING_S
            for thread in self._started:
                thread.join(max(0.0, end - time.monotonic()))
        else:
            for thread in self._started:
                thread.join()

    def _threads(self) -> list[WorkerThread]:
        context = self._context

        def prepare_next(reading_id: uuid.UUID) -> None:
            prepare.prepare_next_slice(context.snapshot(), reading_id)

        def give_up(reading_id: uuid.UUID, error: Exception) -> None:
            prepare.give_up(context, reading_id, error)

        def write(reading_id: uuid.UUID) -> None:
            deliver.deliver(context, reading_id)

        def wait(reading_id: uuid.UUID, _: Exception) -> None:
            deliver.give_up_for_now(context, reading_id)

        def send_next(transfer_id: uuid.UUID) -> None:
            send.send_next(context, transfer_id)

        def fetch_next(transfer_id: uuid.UUID) -> None:
            fetch.fetch_next(context, transfer_id)

        def put_off(transfer_id: uuid.UUID, _: Exception) -> None:
            attempt.give_up_for_now(context, transfer_id)

        def delete(deletion_id: uuid.UUID) -> None:
            carry_out.carry_out(context.places, deletion_id)

        def put_off_deletion(deletion_id: uuid.UUID, _: Exception) -> None:
            carry_out.give_up_for_now(context.places, deletion_id)

        def take_up_deletions(context: Context) -> bool:
            return carry_out.take_up(context.places)

        threads: list[WorkerThread] = [
            *(
                QueueWorker(context, Queue.PREPARING, prepare.take_up, prepare_next, give_up)
                for _ in range(context.precedence.others_at_once)
            ),
            QueueWorker(context, Queue.DELIVERING, deliver.take_up, write, wait),
            QueueWorker(context, Queue.DELETING, take_up_deletions, delete, put_off_deletion),
            night_worker(context),
        ]
        for _ in context.network.peers[:PEERS_AT_ONCE]:
            threads.append(QueueWorker(context, Queue.SENDING, send.take_up, send_next, put_off))
            threads.append(QueueWorker(context, Queue.FETCHING, fetch.take_up, fetch_next, put_off))
        if context.spool is not None:
            threads.append(arrival_worker(Arrivals(context, context.spool)))
        if context.audit_receiver is not None:
            threads.append(audit_worker(context, context.audit_receiver))
        return threads
