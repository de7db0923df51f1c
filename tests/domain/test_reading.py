"""A reading as the fold of its steps: proposals beneath, live edits on top, of each part the last change."""

from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scarmass.domain.reading import (
    Changes,
    EditKind,
    Origin,
    PastEdit,
    Segment,
    SliceChange,
    SliceState,
    Standing,
    fold,
    live_and_undone,
    with_standings,
)
from scarmass.domain.structures import Structure

P, U, R = EditKind.PROMPT, EditKind.UNDO, EditKind.REDO
KEYS = [("1.2.3", 1), ("1.2.4", 1)]
SEGMENTS = [Segment(np.eye(3, k=k, dtype=bool), Origin.PAINT) for k in range(3)]

changes = st.dictionaries(
    st.sampled_from(KEYS),
    st.builds(
        SliceChange,
        st.sampled_from([None, SliceState.PENDING, SliceState.EDITED]),
        st.sampled_from([None, True, False]),
        st.dictionaries(st.sampled_from(list(Structure)), st.sampled_from([None, *SEGMENTS])),
    ),
)


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


@given(st.lists(changes, max_size=6))
def test_of_each_part_of_a_slice_the_last_change_counts(steps: list[Changes]) -> None:
    contents = fold(steps)
    for key in KEYS:
        on_slice = [step[key] for step in steps if key in step]
        decided = [change.decision for change in on_slice if change.decision is not None]
        excluded = [change.is_excluded for change in on_slice if change.is_excluded is not None]
        assert (key in contents) == bool(on_slice)
        if not on_slice:
            continue
        assert contents[key].decision is (decided[-1] if decided else SliceState.PENDING)
        assert contents[key].is_excluded is (excluded[-1] if excluded else False)
        for structure in Structure:
            drawn = [change.segments[structure] for change in on_slice if structure in change.segments]
            assert contents[key].segments.get(structure) is (drawn[-1] if drawn else None)


@given(st.lists(changes, max_size=5), changes)
def test_a_proposal_that_comes_late_lies_beneath_the_edits(edits: list[Changes], proposal: Changes) -> None:
    with_it = fold([proposal, *edits])
    for key, content in fold(edits).items():
        assert {s: with_it[key].segments[s] for s in content.segments} == content.segments
