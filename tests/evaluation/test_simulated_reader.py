import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Box, Point
from scarmass.evaluation.simulated_reader import SimulatedReader, correcting_click, reader_of
from tests.evaluation.segmentation.hearts import heart

SPACING_MM = (1.5, 1.5)


def rectangle(rows: slice, columns: slice) -> Mask:
    mask = np.zeros((100, 100), dtype=bool)
    mask[rows, columns] = True
    return mask


@given(seed=st.integers(0, 2**32), top=st.integers(0, 60), left=st.integers(0, 60), side=st.integers(5, 39))
def test_each_edge_of_a_drawn_box_lies_outwards_by_up_to_15_percent_of_its_axis(
    seed: int, top: int, left: int, side: int
) -> None:
    rows, columns = slice(top, top + side), slice(left, left + 2 * side)
    scar = rectangle(rows, columns)
    width = min(2 * side, 100 - left)
    (box,) = SimulatedReader(scar, SPACING_MM, seed).boxes()
    assert max(0, left - 0.15 * width) <= box.x0 <= left
    assert left + width <= box.x1 <= min(100, left + width * 1.15)
    assert max(0, top - 0.15 * side) <= box.y0 <= top
    assert top + side <= box.y1 <= min(100, top + side * 1.15)


def test_parts_of_30_mm2_get_a_box_and_specks_none() -> None:
    scar = rectangle(slice(10, 13), slice(10, 15)) | rectangle(slice(50, 51), slice(50, 64))
    (box,) = SimulatedReader(scar, (2.0, 1.0), 0).boxes()
    assert box.contains(Point(12, 12, True))
    assert SimulatedReader(scar, (1.9, 1.0), 0).boxes() == ()


def test_edges_differ_from_each_other_and_stay_the_same_for_a_seed() -> None:
    scar = rectangle(slice(40, 60), slice(40, 60))
    (box,) = SimulatedReader(scar, SPACING_MM, 0).boxes()
    assert len({40 - box.x0, 40 - box.y0, box.x1 - 60, box.y1 - 60}) == 4
    assert SimulatedReader(scar, SPACING_MM, 0).boxes() == (box,)
    assert SimulatedReader(scar, SPACING_MM, 1).boxes() != (box,)


def test_slices_of_one_seed_are_drawn_on_differently() -> None:
    assert reader_of(heart(index=0), 0).boxes() != reader_of(heart(index=1), 0).boxes()


def test_nothing_is_drawn_where_there_is_no_scar() -> None:
    assert reader_of(heart(scar_degrees=0), 0).boxes() == ()


def test_a_click_lands_in_the_deepest_point_of_the_largest_error_of_the_whole_slice() -> None:
    reader = SimulatedReader(rectangle(slice(30, 51), slice(30, 51)), SPACING_MM, 0)
    missed_more = rectangle(slice(80, 90), slice(80, 90))
    assert reader.click(missed_more) == Point(40.5, 40.5, True)
    found_and_too_much = rectangle(slice(30, 51), slice(30, 51)) | rectangle(slice(70, 81), slice(70, 81))
    assert reader.click(found_and_too_much) == Point(75.5, 75.5, False)


def test_a_right_answer_is_not_clicked() -> None:
    scar = rectangle(slice(30, 51), slice(30, 51))
    assert SimulatedReader(scar, SPACING_MM, 0).click(scar) is None


def test_a_false_region_is_clicked_away_where_there_is_no_scar() -> None:
    reader = SimulatedReader(rectangle(slice(0, 0), slice(0, 0)), SPACING_MM, 0)
    click = reader.click(rectangle(slice(20, 25), slice(20, 25)))
    assert click == Point(22.5, 22.5, False)


def test_the_image_s_border_is_an_edge_of_an_error() -> None:
    click = correcting_click(rectangle(slice(0, 5), slice(0, 100)), rectangle(slice(0, 0), slice(0, 0)))
    assert click is not None
    assert (click.y, click.positive) == (2.5, False)


def test_a_click_about_one_box_leaves_errors_outside_of_it() -> None:
    target, box = rectangle(slice(30, 51), slice(30, 51)), Box(20, 20, 60, 60)
    assert correcting_click(np.zeros_like(target), target, box) == Point(40.5, 40.5, True)
    too_wide = correcting_click(rectangle(slice(30, 51), slice(30, 59)), target, box)
    assert too_wide is not None
    assert not too_wide.positive
    assert 51 < too_wide.x < 59
    assert correcting_click(target | rectangle(slice(80, 90), slice(80, 90)), target, box) is None


def test_a_box_is_clipped_to_the_image() -> None:
    assert SimulatedReader(rectangle(slice(0, 100), slice(0, 100)), SPACING_MM, 0).boxes() == (Box(0, 0, 100, 100),)
