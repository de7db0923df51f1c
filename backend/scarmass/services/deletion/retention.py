"""The daily work: what is over leaves the worklist, what has left it for long enough is deleted, the database's
files are written anew where something was deleted, and stored files that no row names are removed."""

import logging
import uuid
from datetime import datetime

from scarmass.domain.audit import Action, Event, Named
from scarmass.domain.deletion import DeletionReason, DeletionRequest
from scarmass.domain.errors import Away, Fact
from scarmass.services.deletion.ask import delete_by_retention
from scarmass.services.deletion.places import Places
from scarmass.storage import audit, deletions, removals, uses
from scarmass.storage.orphans import sweep
from scarmass.storage.rewriting import rewrite
from scarmass.storage.subjects import subjects_of

log = logging.getLogger(__name__)

RETENTION = "retention"
"""Who takes studies off the worklist, and has them deleted, when their time is over."""


def nightly(places: Places, now: datetime) -> bool:
    """Do a day's work, unless somebody did or is at it; answers whether we did. now: with the site's time zone.

    Where it breaks off the day is not done: each step may happen again. Raises Away.
    """
    with places.database.transaction() as holding:
        if not uses.hold_night(holding):
            return False
        with places.database.transaction() as session:
            if uses.is_night_done(session, now.date()):
                return False
        if places.rules.is_on:
            apply_rules(places, now)
        rewrite_where_due(places)
        if count := sweep(places.database, places.files):
            log.info("removed %d files and folders of imports that were cut off", count)
        with places.database.transaction() as session:
            uses.end_night(session, now.date())
    return True


def apply_rules(places: Places, now: datetime) -> None:
    """Take off the worklist, and have deleted, what the rules say. Done twice it is done once. Raises Away."""
    with places.database.transaction() as session:
        under_way = deletions.studies_under_way(session)
        found = [use for use in uses.uses_of_studies(session, RETENTION) if use.study_instance_uid not in under_way]
    for use in found:
        uid = use.study_instance_uid
        try:
            if use.is_to_be_deleted(places.rules, now):
                request = DeletionRequest(uuid.uuid4(), DeletionReason.RETENTION_ENDED, RETENTION)
                delete_by_retention(places, uid, request)
            elif use.off_since is None and use.is_over(places.rules, now):
                _take_off(places, uid)
        except Away:
            raise
        except Fact as fact:  # it is gone, or in use again, since it was looked at: another night will do
            log.warning("a study whose time is over stays for now: %s", type(fact).__name__)


def _take_off(places: Places, study_instance_uid: str) -> None:
    with places.database.transaction() as session:
        removals.set_removed(session, study_instance_uid, RETENTION, removed=True)
        subjects = subjects_of(session, Named.STUDY, [study_instance_uid])
        audit.append(session, [Event(Action.REMOVE, RETENTION, subject=one) for one in subjects])


def rewrite_where_due(places: Places) -> bool:
    """Write the database's files anew where something was deleted since; answers whether that was done."""
    with places.database.transaction() as session:
        due = deletions.done_and_not_rewritten(session)
    if not due or not rewrite(places.database):
        return False
    with places.database.transaction() as session:
        deletions.set_rewritten(session, due)
    return True
