"""The chain tells the first row that is not as it was recorded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from scarmass.domain.audit import Action, Broken, Event, Head, Recorded, Subject, chained, digest, first_broken, plain

AT = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)


def rows(count: int = 5) -> list[Recorded]:
    return chained(Head(), [Event(Action.OPEN, f"Dr {number}", occurred_at=AT) for number in range(count)])


def test_a_whole_chain_holds_and_ends_in_its_head() -> None:
    found = rows()
    assert first_broken(found) == Head(5, found[-1].sha256)
    assert first_broken([]) == Head()


@pytest.mark.parametrize(
    "change",
    [
        {"person": "Dr Other"},
        {"action": Action.EDIT},
        {"subject": Subject("another", "1.2")},
        {"occurred_at": AT + timedelta(microseconds=1)},
        {"address": "10.0.0.1"},
        {"about": {"format": "csv"}},
        {"reason": "NotAllowed"},
    ],
)
def test_a_row_that_says_something_else_is_the_first_broken_one(change: dict) -> None:
    found = rows()
    found[2] = replace(found[2], event=replace(found[2].event, **change))
    assert first_broken(found) == Broken(3, "it does not say what was recorded")


def test_a_row_that_is_gone_is_named() -> None:
    assert first_broken(rows()[:1] + rows()[2:]) == Broken(2, "it is not there")


def test_a_row_hashed_anew_does_not_fit_the_one_after_it() -> None:
    found = rows()
    event = replace(found[2].event, person="Dr Other")
    found[2] = Recorded(3, event, found[1].sha256, digest(3, event, found[1].sha256))
    assert first_broken(found) == Broken(4, "it does not follow the row before")


def test_a_chain_written_anew_from_a_row_on_or_cut_off_holds_only_without_a_head_that_was_kept() -> None:
    kept = Head(4, rows()[3].sha256)
    anew = chained(Head(), [Event(Action.OPEN, "Dr Other", occurred_at=AT)] * 5)
    assert first_broken(anew) == Head(5, anew[-1].sha256)
    assert first_broken(anew, kept) == Broken(4, "it is not the row that was kept elsewhere")
    assert first_broken(rows()[:3]) == Head(3, rows()[2].sha256)
    assert first_broken(rows()[:3], kept) == Broken(4, "the record ends, and row 4 was kept elsewhere")
    assert first_broken(rows(), kept) == Head(5, rows()[-1].sha256)


def test_a_moment_has_one_hash_in_whichever_time_zone_it_is_told() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=9)))
    assert digest(1, Event(Action.OPEN, occurred_at=AT), "") == digest(1, Event(Action.OPEN, occurred_at=elsewhere), "")


def test_of_what_a_client_names_only_so_many_printable_characters_are_kept() -> None:
    assert plain("a\x00b\nc\ud800d" + "é" * 200, 6) == "abcdéé"
