"""What a study has beyond the slices that a reading was opened on."""

from dataclasses import replace

import pytest

from scarmass.domain.errors import PositionsNotDistinct
from scarmass.domain.mass import MassExtent
from scarmass.domain.stack import (
    Contrast,
    Growth,
    Slice,
    Stack,
    StudyHeader,
    growth,
    headline_extent,
    outwards,
    with_slices,
)
from tests.domain.test_outcome import image

OWN = (image(1, 0), image(2, 10), image(3, 20))


def stack(*slices: Slice) -> Stack:
    return Stack("stack", StudyHeader("1"), "LGE", Contrast.MAGNITUDE, True, "", (), slices)


def keys(grown: Growth | None) -> list[str]:
    assert grown is not None
    return [one.header.sop_instance_uid for one in grown.slices]


def test_a_stack_that_is_as_it_was_has_nothing_beyond_a_reading() -> None:
    assert growth(OWN, [stack(*OWN)], set()) is None


def test_slices_at_other_positions_can_be_taken_over() -> None:
    grown = growth(OWN, [stack(*OWN, image(4, 5), image(5, 30))], {"1.2.4", "1.2.5"})
    assert (grown and grown.images, keys(grown)) == (2, ["1.2.4", "1.2.5"])


def test_a_repeat_of_a_position_is_an_image_more_and_no_slice() -> None:
    """Also where the patient breathed a little deeper."""
    for repeat in (image(4, 10), image(4, 11.5)):
        for stacks in ([stack(*OWN), stack(repeat)], [stack(OWN[0], repeat, OWN[2])]):
            grown = growth(OWN, stacks, {"1.2.4"})
            assert (grown and grown.images, keys(grown)) == (1, [])


def test_a_repeat_that_was_there_before_is_no_news() -> None:
    assert growth(OWN, [stack(*OWN), stack(image(4, 10))], set()) is None


def test_images_of_another_grid_are_not_of_the_reading() -> None:
    other = image(4, 30)
    for header in (replace(other.header, rows=7), replace(other.header, orientation=(1, 0, 0, 0, 0, 1))):
        assert growth(OWN, [stack(*OWN), stack(Slice(header))], {"1.2.4"}) is None


def test_the_stack_that_shares_most_slices_is_the_readings_own() -> None:
    joined = stack(*OWN, image(4, 30), image(5, 40))
    assert keys(growth(OWN, [stack(*OWN), joined, stack(image(9, 50))], {"1.2.4"})) == ["1.2.4", "1.2.5"]


@pytest.mark.parametrize("own", [OWN, OWN[::-1]], ids=["upwards", "downwards"])
def test_the_order_of_slices_stays_whichever_way_it_runs(own: tuple[Slice, ...]) -> None:
    placed = [one.header.position_mm[2] for one in with_slices(own, [image(4, 30), image(5, 5)])]
    assert placed == sorted(placed, reverse=own is not OWN)


def test_two_slices_at_one_position_are_refused() -> None:
    with pytest.raises(PositionsNotDistinct):
        with_slices(OWN, [image(4, 10)])


def test_slices_come_from_where_the_reader_looks_outwards() -> None:
    slices = [image(number, 10.0 * number) for number in range(7)]
    for middle, order in ((3, [3, 2, 4, 1, 5, 0, 6]), (6, [6, 5, 4, 3, 2, 1, 0])):
        assert outwards(slices, middle) == [slices[at] for at in order]


def test_the_headline_is_the_sites_unless_slices_overlap() -> None:
    for own in MassExtent:
        assert headline_extent(OWN, own) is own
        overlapping = [Slice(one.header, 7.0) for one in OWN]
        assert headline_extent(overlapping, own) is MassExtent.SLICE_SPACING
        assert headline_extent([Slice(OWN[0].header)], own) is own
