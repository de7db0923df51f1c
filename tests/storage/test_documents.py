"""Documents in rows: what is written is read back, and what another version wrote stays readable."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from scarmass.domain.methods import Circle, Method, Region, standard_methods
from scarmass.domain.prompts import Box, Point
from scarmass.domain.protocols import Model
from scarmass.domain.reading import Origin, Segment, WallRules
from scarmass.domain.stack import Contrast
from scarmass.storage.documents import (
    header_from_json,
    header_to_json,
    segment_from_json,
    segment_to_json,
    wall_from_json,
    wall_to_json,
)
from tests.domain.test_outcome import image

HEADER = image(1, 0.0).header


def test_a_header_that_lacks_a_later_field_has_its_default() -> None:
    document = {
        name: value for name, value in header_to_json(HEADER).items() if name not in ("version", "window_width")
    }
    assert header_from_json(document) == HEADER


def test_a_header_of_a_later_version_is_read_without_what_is_not_known() -> None:
    assert header_from_json({**header_to_json(HEADER), "version": 2, "flip_angle_deg": 20.0}) == HEADER


@given(arrays.arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 6))), st.sampled_from(Origin), st.booleans())
def test_a_segment_is_read_back_as_it_was_written(mask: np.ndarray, origin: Origin, is_of_a_model: bool) -> None:
    by_model = {"score": 0.5, "model": Model("m", "0" * 64)} if is_of_a_model else {}
    said = {"warnings": ("1.0 g lie elsewhere",), "misplaced": mask, "given_to_scar": mask} if mask.any() else {}
    segment = Segment(mask, origin, (Box(0, 0, 1.5, 2),), (Point(0.5, 0.25, False),), **by_model, **said)
    again = segment_from_json(segment_to_json(segment))
    assert np.array_equal(again.mask, mask)
    names = ("origin", "boxes", "points", "score", "model", "warnings")
    assert [getattr(again, name) for name in names] == [getattr(segment, name) for name in names]
    assert (again.misplaced is None, again.given_to_scar is None) == (not mask.any(), not mask.any())
    for name in ("misplaced", "given_to_scar"):
        assert getattr(again, name) is None or np.array_equal(getattr(again, name), mask)


def test_of_a_segment_that_was_stored_before_where_it_lies_was_told_nothing_is_said() -> None:
    document = segment_to_json(Segment(np.ones((2, 2), bool), Origin.PAINT))
    older = {name: value for name, value in document.items() if name not in ("warnings", "misplaced")}
    assert (segment_from_json(older).warnings, segment_from_json(older).misplaced) == ((), None)


@pytest.mark.parametrize("method", standard_methods(Contrast.PSIR, adds_no_reflow=True), ids=lambda method: method.key)
def test_an_adopted_segment_is_read_back_with_its_method_and_what_was_placed_for_it(method: Method) -> None:
    placed = {Region.HYPERENHANCED: Circle(3.5, 4.25, 6.0)}
    segment = Segment(np.ones((2, 2), bool), Origin.THRESHOLD, method=method, placed=placed)
    again = segment_from_json(json.loads(json.dumps(segment_to_json(segment))))
    assert (again.method, again.placed) == (method, placed)


def test_a_reading_that_was_opened_before_there_were_rules_of_the_wall_follows_none() -> None:
    assert wall_from_json(None) == WallRules(confines_scar=False, papillary_muscles=False)
    assert wall_from_json(wall_to_json(WallRules())) == WallRules()


def test_a_segment_of_an_older_version_has_no_method() -> None:
    document = segment_to_json(Segment(np.ones((2, 2), bool), Origin.PAINT))
    older = {name: value for name, value in document.items() if name not in ("method", "placed")}
    assert (segment_from_json(older).method, segment_from_json(older).placed) == (None, {})
