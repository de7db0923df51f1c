"""Jobs in PostgreSQL, queued and claimed by procrastinate: which readings wait for their next slice to be prepared,
which signed ones to be written into the results folder, and which transfers to be sent or fetched, and deletions to be
carried out: these are queued by their own id in the place of a reading's.

A job of preparing is one slice of one reading, so that readings take turns. The lock of a job is its reading, or the
peer that it talks to: two jobs of one lock never run at once in one queue, in whichever process. A second job of the
same reading that waits is refused.
"""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Any, cast

from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.worker import Worker
from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session

from scarmass.domain.errors import DatabaseUnavailable
from scarmass.storage.database import Database
from scarmass.storage.notifications import notify


class Queue(StrEnum):
    """Also the key that is notified when a job is added to it."""

    PREPARING = "preparing"
    DELIVERING = "delivering"
    SENDING = "sending"
    FETCHING = "fetching"
    DELETING = "deleting"


TASKS = {
    Queue.PREPARING: "prepare_next_slice",
    Queue.DELIVERING: "write_result",
    Queue.SENDING: "send_result",
    Queue.FETCHING: "fetch_study",
    Queue.DELETING: "delete_for_good",
}
ATTEMPTS = 3
RETRY_WAIT_S = 1
HEARTBEAT_S = 1
STALLED_AFTER_S = 5
"""A process whose heart has not beaten for so long has ended, and so has its job."""
CONNECT_TIMEOUT_S = 5

# Never opened: it adds jobs on the connection of whoever asks.
_adding = App(connector=SyncPsycopgConnector())


def add_job(
    session: Session,
    reading_id: uuid.UUID,
    queue: Queue = Queue.PREPARING,
    *,
    peer: str | None = None,
    wait_s: int = 0,
) -> None:
    """Have the reading's next slice prepared, or its result written, once this transaction is committed.

    A job that waits already is enough. peer: whose jobs are done one after the other. wait_s: so much later.
    """
    # Preparing has the bare id, as jobs that older versions queued.
    own_lock = str(reading_id) if queue is Queue.PREPARING else f"{queue.value} {reading_id}"
    try:
        with session.begin_nested():
            # Asked for in here: the session sets the savepoint only then.
            connection = session.connection().connection.driver_connection
            job = _adding.configure_task(
                TASKS[queue],
                queue=queue.value,
                lock=own_lock if peer is None else f"{queue.value} to {peer}",
                queueing_lock=own_lock,
                schedule_in={"seconds": wait_s} if wait_s else None,
                connection=connection,
            )
            job.defer(reading_id=str(reading_id))
    except AlreadyEnqueued:
        return
    except ConnectorException as error:
        raise DatabaseUnavailable("the database cannot be reached") from error
    if not wait_s:
        notify(session, queue)


def drop(session: Session, ids: Sequence[uuid.UUID]) -> int:
    """Take the jobs of what is deleted away, but for those that run; answers how many there were."""
    query = text("delete from procrastinate_jobs where args ->> 'reading_id' = any(:ids) and status <> 'doing'")
    return cast(CursorResult, session.execute(query, {"ids": [str(one) for one in ids]})).rowcount


def is_any_running(session: Session, ids: Sequence[uuid.UUID]) -> bool:
    """Whether somebody works on one of these now."""
    query = text("""
        select exists (select from procrastinate_jobs where args ->> 'reading_id' = any(:ids) and status = 'doing')
    """)
    return bool(session.scalar(query, {"ids": [str(one) for one in ids]}))


def take_back_stalled(session: Session, queue: Queue = Queue.PREPARING) -> None:
    """Queue the jobs again whose process ended in the middle of them, or set them aside after the last attempt."""
    session.execute(text("select pg_advisory_xact_lock(hashtextextended('stalled jobs', 0))"))
    for job in session.execute(_STALLED, {"queue": queue.value, "seconds": STALLED_AFTER_S}).all():
        if job.is_done:
            session.execute(text("select procrastinate_finish_job_v1(:id, 'succeeded', true)"), {"id": job.id})
        elif job.attempts + 1 < ATTEMPTS:
            session.execute(text("select procrastinate_retry_job_v2(:id, now(), null, null, null)"), {"id": job.id})
        else:
            session.execute(text("select procrastinate_finish_job_v1(:id, 'failed', false)"), {"id": job.id})


# A job whose successor waits has stored all it had to.
_STALLED = text("""
    select job.id, job.attempts, exists (
        select from procrastinate_jobs next where next.queueing_lock = job.queueing_lock and next.status = 'todo'
    ) as is_done
    from procrastinate_jobs job left join procrastinate_workers worker on worker.id = job.worker_id
    where job.status = 'doing' and job.queue_name = :queue
    and (worker.id is null or worker.last_heartbeat < now() - make_interval(secs => :seconds))
""")


def readings_with_a_job(session: Session, queue: Queue = Queue.PREPARING) -> set[uuid.UUID]:
    """The readings of which a job waits or runs."""
    query = text("""
        select args ->> 'reading_id' from procrastinate_jobs
        where queue_name = :queue and status in ('todo', 'doing')
    """)
    return {uuid.UUID(reading_id) for reading_id in session.scalars(query, {"queue": queue.value})}


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many jobs of each queue are waiting and running."""
    query = text("""
        select queue_name, case status when 'todo' then 'waiting' else 'running' end, count(*) from procrastinate_jobs
        where status in ('todo', 'doing') group by 1, 2
    """)
    return {(queue, state): count for queue, state, count in session.execute(query)}


def was_set_aside(session: Session, reading_id: uuid.UUID) -> bool:
    """Whether a job of this reading has used up its attempts."""
    query = text("select exists (select from procrastinate_jobs where lock = :lock and status = 'failed')")
    return bool(session.scalar(query, {"lock": str(reading_id)}))


def is_job_due(session: Session, queue: Queue = Queue.PREPARING) -> bool:
    """Whether a job could begin now: its time has come, and none of its lock runs."""
    query = text("""
        select exists (
            select from procrastinate_jobs job where queue_name = :queue and status = 'todo'
            and (scheduled_at is null or scheduled_at <= now())
            and not exists (select from procrastinate_jobs other where other.lock = job.lock and other.status = 'doing')
        )
    """)
    return bool(session.scalar(query, {"queue": queue.value}))


def work(
    database: Database, queue: Queue, do: Callable[[uuid.UUID, bool], None], is_time_up: Callable[[], bool]
) -> None:
    """Do a queue's jobs one after the other, until none is due or time is up after one.

    do: given the reading and whether this is the last attempt; a job that raises is tried again up to ATTEMPTS.
    """
    app = App(connector=PsycopgConnector(conninfo=database.conninfo, min_size=1, max_size=2, timeout=CONNECT_TIMEOUT_S))

    @app.task(
        name=TASKS[queue],
        queue=queue.value,
        pass_context=True,
        retry=RetryStrategy(max_attempts=ATTEMPTS - 1, wait=RETRY_WAIT_S),
    )
    def run(context: JobContext, reading_id: str) -> None:
        do(uuid.UUID(reading_id), context.job.attempts + 1 >= ATTEMPTS)

    async def stop_in_time(job: Callable[[], Awaitable[Any]], _: JobContext, worker: Worker) -> None:
        try:
            await job()
        finally:
            if is_time_up():
                worker.stop()

    app.run_worker(
        queues=[queue.value],
        wait=False,
        listen_notify=False,
        delete_jobs="successful",
        install_signal_handlers=False,
        update_heartbeat_interval=HEARTBEAT_S,
        stalled_worker_timeout=STALLED_AFTER_S,
        worker_middleware=[stop_in_time],
    )
