"""The laws of correction, over random masks, answers, prompts and sequences of edits."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scarmass.domain.correction import asked_about, corrected, disobeyed, redrawn, without_boxes, without_part
from scarmass.domain.masks import Mask, component_at, pixel_index
from scarmass.domain.prompts import Box, Point, Prompt, PromptGroup, within
from scarmass.domain.reading import Origin, Segment

SHAPE = (20, 24)
SPACING_MM = (1.5, 1.2)
masks = hnp.arrays(bool, SHAPE)
coordinates = st.tuples(st.floats(0, SHAPE[1]), st.floats(0, SHAPE[0]))
clicks = st.builds(lambda at, positive: Point(at[0], at[1], positive), coordinates, st.booleans())


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x0, y0 = draw(st.integers(0, 20)), draw(st.integers(0, 16))
    return Box(x0, y0, x0 + draw(st.integers(1, 24 - x0)), y0 + draw(st.integers(1, 20 - y0)))


origins = st.sampled_from(Origin)


@given(masks, clicks, masks)
def test_a_positive_click_only_adds_and_a_negative_one_only_takes_away(mask: Mask, click: Point, answer: Mask) -> None:
    after = corrected(mask, click, answer)
    assert not (mask & ~after if click.positive else after & ~mask).any()


@given(masks, clicks, masks)
def test_a_click_is_obeyed_and_changes_only_what_hangs_together_with_it(mask: Mask, click: Point, answer: Mask) -> None:
    after = corrected(mask, click, answer)
    pixel = pixel_index(click.x, click.y, SHAPE)
    assert after[pixel] == click.positive
    changed = after ^ mask
    assert changed[pixel] == (mask[pixel] != click.positive)
    assert np.array_equal(changed, component_at(changed, click.x, click.y))


@given(masks, st.lists(clicks, max_size=5))
def test_clicks_that_the_mask_obeys_are_no_corrections(mask: Mask, points: list[Point]) -> None:
    left = disobeyed(points, mask)
    for point in points:
        assert (point in left) == (mask[pixel_index(point.x, point.y, SHAPE)] != point.positive)


def test_a_click_in_boxes_is_about_the_smallest_and_brings_its_points_along() -> None:
    outer, inner = Box(0, 0, 20, 18), Box(5, 5, 10, 10)
    inside, elsewhere, click = Point(6, 6, True), Point(15, 15, True), Point(7, 7, False)
    group = asked_about(click, (inside, elsewhere, click), (outer, inner), np.zeros(SHAPE, bool), SPACING_MM)
    assert group == PromptGroup(inner, (inside, click))


def test_a_click_just_outside_a_box_is_about_the_box_widened_across_it() -> None:
    box, click = Box(2, 2, 10, 16), Point(12, 9, True)
    group = asked_about(click, (click,), (box,), np.zeros(SHAPE, bool), SPACING_MM)
    assert group.box is not None
    assert (group.box.x0, group.box.y0, group.box.y1) == (2, 2, 16)
    assert group.box.x1 > 12 + 6


def test_a_click_on_what_was_painted_is_about_that_part_and_one_far_from_everything_stands_alone() -> None:
    painted = np.zeros(SHAPE, bool)
    painted[3:8, 4:9] = True
    near, far = Point(6.5, 5.5, False), Point(23, 19, True)
    group = asked_about(near, (near,), (), painted, SPACING_MM)
    assert group.box is not None
    assert within(group.box, SHAPE)[painted].all()
    assert asked_about(far, (far,), (), painted, SPACING_MM) == PromptGroup(None, (far,))


def model(answer: Mask):
    """Answers boxes with what a fixed mask holds in them, and corrects a previous mask by the laws."""

    def ask(prompt: Prompt) -> Segment:
        mask = np.zeros(SHAPE, bool) if prompt.previous is None else prompt.previous
        if prompt.previous is None or not prompt.points:
            for box in prompt.boxes:
                mask = mask | (answer & within(box, SHAPE))
        for point in disobeyed(prompt.points, mask):
            mask = corrected(mask, point, answer)
        return Segment(mask, Origin.PROMPT, prompt.boxes, prompt.points, 0.5)

    return ask


@given(masks, masks, origins, boxes(), clicks)
def test_whoever_made_the_mask_a_click_starts_from_it(
    before: Mask, answer: Mask, origin: Origin, box: Box, click: Point
) -> None:
    before[0, 0] = True
    segment = Segment(before, origin, (box,))
    after = redrawn(segment, Prompt(boxes=(box,), points=(click,)), model(answer)).mask
    assert not (before & ~after if click.positive else after & ~before).any()


@given(masks, masks, boxes(), st.tuples(*[st.integers(0, 6)] * 4))
def test_a_larger_box_loses_nothing_and_a_smaller_one_only_what_lies_outside_it(
    before: Mask, answer: Mask, box: Box, by: tuple[int, int, int, int]
) -> None:
    before[0, 0] = True
    left, top, right, bottom = by
    larger = Box(max(box.x0 - left, 0), max(box.y0 - top, 0), min(box.x1 + right, 24), min(box.y1 + bottom, 20))
    grown = redrawn(Segment(before, Origin.PROMPT, (box,)), Prompt(boxes=(larger,)), model(answer)).mask
    if larger != box:
        assert not (before & ~grown).any()
        shrunk = redrawn(Segment(before, Origin.PROMPT, (larger,)), Prompt(boxes=(box,)), model(answer)).mask
        assert not (before & ~shrunk & within(box, SHAPE)).any()
        assert not (before & ~shrunk & ~within(larger, SHAPE)).any()


@given(masks, masks, st.lists(boxes(), min_size=1, max_size=3, unique=True), st.lists(clicks, max_size=4, unique=True))
def test_what_was_painted_is_never_drawn_anew(
    painted: Mask, answer: Mask, drawn: list[Box], points: list[Point]
) -> None:
    painted[2, 2] = True
    segment = Segment(painted, Origin.PAINT)
    for box in drawn:
        segment = redrawn(segment, Prompt(boxes=(*segment.boxes, box), points=segment.points), model(answer))
        assert not (painted & ~segment.mask).any()
    for point in points:
        mask = segment.mask
        segment = redrawn(segment, Prompt(boxes=segment.boxes, points=(*segment.points, point)), model(answer))
        assert not (mask & ~segment.mask if point.positive else segment.mask & ~mask).any()
        if not segment.mask.any():
            return
    if points:
        assert np.array_equal(redrawn(segment, Prompt(boxes=segment.boxes), model(answer)).mask, segment.mask)
    assert segment.origin is Origin.PAINT


@given(masks, boxes(), st.lists(clicks, min_size=1, max_size=3, unique=True))
def test_a_negative_click_adds_nothing_where_all_was_taken_away(answer: Mask, box: Box, points: list[Point]) -> None:
    emptied = Segment(np.zeros(SHAPE, bool), Origin.PROMPT, (box,), (Point(1.5, 1.5, False),))
    clicks = tuple(replace(point, positive=False) for point in points)
    drawn = Prompt(boxes=(box,), points=(*emptied.points, *clicks))
    assert not redrawn(emptied, drawn, model(answer)).mask.any()


prompts = st.builds(
    lambda drawn, points: Prompt(boxes=tuple(drawn), points=tuple(points)),
    st.lists(boxes(), max_size=3, unique=True),
    st.lists(clicks, max_size=3, unique=True),
)


@given(masks, masks, prompts, st.lists(prompts, min_size=1, max_size=4))
def test_paint_is_taken_away_by_negative_clicks_alone_wherever_boxes_and_points_are_moved(
    painted: Mask, answer: Mask, first: Prompt, later: list[Prompt]
) -> None:
    painted[2, 2] = True
    segment = Segment(painted, Origin.PAINT, first.boxes, first.points)
    for drawn in later:
        before = segment
        segment = redrawn(before, drawn, model(answer))
        lost = before.mask & ~segment.mask
        negative = [click for click in drawn.points if not click.positive and click not in before.points]
        assert negative or not lost.any()
        assert (segment.boxes, segment.points) == (drawn.boxes, drawn.points)
        if not segment.mask.any():
            return
        assert segment.origin is Origin.PAINT


def test_a_box_that_is_moved_on_a_painted_slice_adds_where_it_comes_to_and_takes_nothing_where_it_was() -> None:
    painted, answer = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    painted[2:6, 2:6] = answer[12:16, 12:16] = True
    old, new = Box(1, 1, 7, 7), Box(11, 11, 17, 17)
    moved = redrawn(Segment(painted, Origin.PAINT, (old,)), Prompt(boxes=(new,)), model(answer))
    assert np.array_equal(moved.mask, painted | answer)


def test_a_point_that_is_taken_back_draws_the_answer_anew() -> None:
    answer = np.zeros(SHAPE, bool)
    answer[4:8, 4:8] = True
    box, point = Box(3, 3, 9, 9), Point(8.5, 8.5, True)
    first = redrawn(None, Prompt(boxes=(box,)), model(answer))
    second = redrawn(first, Prompt(boxes=(box,), points=(point,)), model(answer))
    assert second.mask.sum() == first.mask.sum() + 1
    assert np.array_equal(redrawn(second, Prompt(boxes=(box,)), model(answer)).mask, first.mask)


def test_a_box_that_goes_takes_along_what_lay_in_it_alone() -> None:
    mask = np.ones(SHAPE, bool)
    kept = without_boxes(mask, [Box(0, 0, 10, 10)], [Box(5, 0, 24, 20)])
    assert np.array_equal(~kept, within(Box(0, 0, 5, 10), SHAPE) & ~within(Box(5, 0, 24, 20), SHAPE))


@given(masks, coordinates)
def test_a_removed_part_is_the_one_under_the_point_and_no_other(mask: Mask, at: tuple[float, float]) -> None:
    left = without_part(Segment(mask, Origin.PAINT), *at)
    if not mask[pixel_index(*at, SHAPE)]:
        assert left is None
    else:
        assert left is not None
        assert np.array_equal(mask ^ left.mask, component_at(mask, *at))


def test_boxes_and_points_of_a_removed_part_go_with_it() -> None:
    mask = np.zeros(SHAPE, bool)
    mask[2:4, 2:4] = mask[10:13, 10:13] = True
    mine, other = Box(1, 1, 5, 5), Box(9, 9, 14, 14)
    segment = Segment(mask, Origin.PROMPT, (mine, other), (Point(2.5, 2.5, True), Point(11, 11, True)))
    left = without_part(segment, 2.5, 2.5)
    assert left is not None
    assert (left.boxes, left.points) == ((other,), (Point(11, 11, True),))
