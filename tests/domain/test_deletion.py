"""What has to be said before something is deleted for good, and when a study's time is over."""

from datetime import UTC, datetime, timedelta

import pytest

from scarmass.domain.deletion import (
    RetentionRules,
    StudyUse,
    require_confirmed,
    require_not_kept,
    required_confirmation,
)
from scarmass.domain.errors import DeletionNotConfirmed, SignedReadingsKept
from scarmass.domain.stack import StudyHeader

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
RULES = RetentionRules(without_reading=90, after_signing=365, off_worklist=30, signed=100)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def use(came: float = 0, signed: float | None = None, off: float | None = None, is_held: bool = False) -> StudyUse:
    """Of a study whose image came, that was signed and that left the worklist so many days ago."""
    signed_at, off_since = (None if days is None else days_ago(days) for days in (signed, off))
    return StudyUse("1.2.3", days_ago(came), is_held, signed_at, off_since)


@pytest.mark.parametrize(
    ("study", "asked"),
    [
        (StudyHeader("1.2.3", "Doe^Jane", "P-1"), "P-1"),
        (StudyHeader("1.2.3", "Doe^Jane", " "), "Doe^Jane"),
        (StudyHeader("1.2.3"), "1.2.3"),
    ],
)
def test_what_is_typed_is_the_first_thing_that_names_the_patient(study: StudyHeader, asked: str) -> None:
    assert required_confirmation(study) == asked
    require_confirmed(study, f" {asked} ")
    for wrong in ("", "p-1", "1.2", "anything"):
        with pytest.raises(DeletionNotConfirmed):
            require_confirmed(study, wrong)


def test_signed_readings_are_kept_for_their_time_unless_somebody_says_otherwise() -> None:
    signed_at = [days_ago(400), days_ago(99)]
    with pytest.raises(SignedReadingsKept, match=f"{days_ago(-1):%Y-%m-%d}"):
        require_not_kept(signed_at, RULES, although_signed=False, now=NOW)
    require_not_kept(signed_at, RULES, although_signed=True, now=NOW)
    require_not_kept([days_ago(101)], RULES, although_signed=False, now=NOW)
    require_not_kept([], RULES, although_signed=False, now=NOW)


def test_nothing_is_over_where_no_rule_says_so() -> None:
    for each in (use(came=9999), use(came=9999, signed=9999)):
        assert not each.is_over(RetentionRules(), NOW)


def test_a_study_that_nobody_reads_is_over_after_its_days() -> None:
    assert not use(came=89).is_over(RULES, NOW)
    assert use(came=91).is_over(RULES, NOW)


def test_a_signed_study_is_over_after_its_days_and_never_before_its_readings_may_go() -> None:
    assert not use(came=500, signed=364).is_over(RULES, NOW)
    assert use(came=500, signed=366).is_over(RULES, NOW)
    longer = RetentionRules(after_signing=365, signed=3650)
    assert not use(came=4000, signed=3649).is_over(longer, NOW)
    assert use(came=4000, signed=3651).is_over(longer, NOW)


def test_a_signed_study_to_which_images_came_later_is_not_over() -> None:
    assert not use(came=10, signed=366).is_over(RULES, NOW)


def test_work_that_nobody_signed_is_never_over() -> None:
    assert not use(came=9999, is_held=True).is_over(RULES, NOW)
    assert not use(came=9999, signed=9999, off=9999, is_held=True).is_to_be_deleted(RULES, NOW)


def test_what_is_over_is_deleted_when_it_was_off_the_worklist_for_long_enough() -> None:
    assert not use(came=999).is_to_be_deleted(RULES, NOW)
    assert not use(came=999, off=29).is_to_be_deleted(RULES, NOW)
    assert use(came=999, off=31).is_to_be_deleted(RULES, NOW)
    assert not use(came=1, off=31).is_to_be_deleted(RULES, NOW)
