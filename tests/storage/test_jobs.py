"""Jobs are added in the transaction of whoever asks."""

import uuid

from scarmass.storage.database import Database
from scarmass.storage.jobs import add_job, is_job_due, readings_with_a_job


def test_a_job_that_waits_already_is_enough_and_the_transaction_goes_on(database: Database) -> None:
    reading_id = uuid.uuid4()
    for _ in range(2):
        with database.transaction() as session:
            add_job(session, reading_id)
            assert readings_with_a_job(session) == {reading_id}
    with database.transaction() as session:
        assert is_job_due(session)
