"""Which steps of a reading count: undo and redo over edits."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from scarmass.domain.history import PastEdit, Standing, live_and_undone, with_standings
from scarmass.domain.reading import EditKind

P, U, R = EditKind.PROMPT, EditKind.UNDO, EditKind.REDO


def test_undo_takes_the_newest_edit_away_and_redo_brings_it_back() -> None:
    assert live_and_undone([P, P, U]) == ([0], [1])
    assert live_and_undone([P, P, U, R]) == ([0, 1], [])
    assert live_and_undone([P, P, U, U, R]) == ([0], [1])


def test_a_new_edit_ends_what_could_be_redone() -> None:
    assert live_and_undone([P, U, P, R]) == ([2], [])


def test_an_edit_is_live_undone_discarded_or_a_step() -> None:
    edits = [
        PastEdit(revision, kind, "Dr A", datetime.now(UTC), frozenset())
        for revision, kind in enumerate([P, P, U, P, P, U], 1)
    ]
    assert [edit.standing for edit in with_standings(edits)] == [
        Standing.LIVE,
        Standing.DISCARDED,
        Standing.STEP,
        Standing.LIVE,
        Standing.UNDONE,
        Standing.STEP,
    ]


def test_undo_and_redo_of_nothing_do_nothing() -> None:
    assert live_and_undone([U, R, P]) == ([2], [])


@given(st.lists(st.sampled_from([P, U, R])))
def test_undoing_everything_leaves_nothing_and_redoing_it_restores_all(kinds: list[EditKind]) -> None:
    live, _ = live_and_undone(kinds)
    assert live_and_undone([*kinds, *[U] * len(live)])[0] == []
    assert live_and_undone([*kinds, *[U] * len(live), *[R] * len(live)])[0] == live


@given(st.lists(st.sampled_from([P, U, R])))
def test_live_and_undone_are_disjoint_real_edits(kinds: list[EditKind]) -> None:
    live, undone = live_and_undone(kinds)
    assert not set(live) & set(undone)
    assert all(kinds[position] is P for position in live + undone)
