"""A reading as the fold of its steps: proposals beneath, live edits on top, of each part the last change."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scarmass.domain.reading import Changes, Origin, Segment, SliceChange, SliceState, fold
from scarmass.domain.structures import Structure

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
