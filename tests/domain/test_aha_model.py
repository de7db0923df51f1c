"""Every direction in the wall belongs to one segment of its level."""

import numpy as np
import pytest

from scarmass.domain.aha_model import NAMES, Level, borders_of, segments_at


@pytest.mark.parametrize("level", [Level.BASE, Level.MID, Level.APICAL])
@pytest.mark.parametrize("width", np.radians([60, 120, 160]))
def test_every_direction_belongs_to_one_segment_whatever_the_septum_s_width(level: Level, width: float) -> None:
    angles = np.linspace(0, 2 * np.pi, 999, endpoint=False)
    expected = {segment for segment, _, _ in borders_of(level, width)}
    assert set(segments_at(angles, level, width).tolist()) == expected
    assert sum(end - start for _, start, end in borders_of(level, width)) == pytest.approx(2 * np.pi)


def test_with_a_septum_of_a_third_the_segments_lie_as_the_model_names_them() -> None:
    def name_at(degrees: float, level: Level) -> str:
        return NAMES[segments_at(np.radians([degrees]), level, np.radians(120))[0] - 1]

    assert [name_at(degrees, Level.BASE) for degrees in (30, 90, 150, 210, 270, 330)] == [
        "basal anteroseptal",
        "basal inferoseptal",
        "basal inferior",
        "basal inferolateral",
        "basal anterolateral",
        "basal anterior",
    ]
    assert [name_at(degrees, Level.APICAL) for degrees in (60, 150, 240, 330)] == [
        "apical septal",
        "apical inferior",
        "apical lateral",
        "apical anterior",
    ]
