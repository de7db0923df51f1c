"""Two readings of one stack, compared."""

import uuid

import numpy as np
import pytest

from scarmass.domain.comparison import dice_of, difference, pairs_of
from scarmass.domain.errors import ReadingsOfOtherStacks, SlicesUndecided
from scarmass.domain.mass import Mass, Quantity
from scarmass.domain.reading import Origin, Reading, Segment, SliceContent, SliceState
from scarmass.domain.stack import Slice, SliceHeader
from scarmass.domain.structures import Structure


def slice_named(sop_instance_uid: str) -> Slice:
    geometry = {"position_mm": (0.0, 0.0, 0.0), "orientation": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)}
    header = SliceHeader(sop_instance_uid, 1, "s", 4, 4, "uint16", pixel_spacing_mm=(1.0, 1.0), **geometry)
    return Slice(header)


def content(rows: int, decision: SliceState = SliceState.ACCEPTED, is_excluded: bool = False) -> SliceContent:
    """So many rows of four pixels of scar."""
    mask = np.zeros((4, 4), bool)
    mask[:rows] = True
    return SliceContent(decision, is_excluded, {Structure.SCAR: Segment(mask, Origin.PAINT)})


def reading(stack_id: str = "stack", **contents: SliceContent) -> Reading:
    slices = tuple(slice_named(name) for name in contents)
    return Reading(uuid.uuid4(), stack_id, slices, contents={(name, 1): one for name, one in contents.items()})


def test_dice_is_of_the_slices_that_both_readings_count() -> None:
    one = reading(a=content(2), b=content(0), c=content(3), d=content(4, is_excluded=True))
    other = reading(a=content(1), b=content(0), d=content(4), e=content(1))
    pairs = pairs_of(one, other)
    assert [(pair.key[0], pair.dice) for pair in pairs] == [
        ("a", pytest.approx(2 / 3)),
        ("b", 1),
        ("c", None),
        ("d", None),
        ("e", None),
    ]
    assert dice_of(pairs) == pytest.approx(2 * 4 / (8 + 4))
    assert dice_of(pairs_of(reading(a=content(1)), reading(b=content(1)))) is None


def test_a_slice_that_nobody_outlined_counts_as_empty() -> None:
    (pair,) = pairs_of(reading(a=SliceContent(SliceState.PENDING)), reading(a=content(1)))
    assert pair.dice == 0


def test_a_difference_is_known_where_both_are() -> None:
    one, other = Mass(Quantity(10, 10.5), None), Mass(Quantity(8, 8.4), Quantity(9, 9.45))
    less = difference(one, other)
    assert less.by_slice_thickness is not None
    assert (less.by_slice_thickness.volume_ml, less.by_slice_thickness.mass_g) == pytest.approx((2, 2.1))
    assert less.by_slice_spacing is None
    assert difference(one, None) == Mass(None, None)


def test_readings_of_two_stacks_have_nothing_to_compare() -> None:
    with pytest.raises(ReadingsOfOtherStacks):
        pairs_of(reading(a=content(1)), reading("another stack", a=content(1)))


def test_a_reading_is_decided_when_every_slice_is_or_is_excluded() -> None:
    reading(a=content(1), b=content(0, SliceState.NO_SCAR), c=content(1, SliceState.EDITED, True)).require_decided()
    with pytest.raises(SlicesUndecided, match="2 slices are not decided yet, of 3"):
        reading(a=content(1), b=content(1, SliceState.EDITED), c=content(1, SliceState.PROPOSED)).require_decided()
