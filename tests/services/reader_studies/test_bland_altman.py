"""The plot of Bland and Altman as SVG."""

from xml.etree import ElementTree

import pytest

from scarmass.domain.errors import PairsInvalid
from scarmass.services.reader_studies.bland_altman import Axis, bland_altman

SVG = "{http://www.w3.org/2000/svg}"


def texts(drawn: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in drawn.iter(f"{SVG}text")]


def test_every_patient_is_a_point_and_bias_and_limits_are_lines_with_their_grams() -> None:
    """Differences 1, 2, 3: bias 2, SD 1."""
    drawn = ElementTree.fromstring(bland_altman([2, 4, 6], [1, 2, 3], "Anna", "Bert"))
    points = [(float(one.get("cx", 0)), float(one.get("cy", 0))) for one in drawn.iter(f"{SVG}circle")]
    assert len(points) == 3
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)
    for said in ("Anna − Bert", "+2.00 g", "+3.96 g", "+0.04 g", "bias"):
        assert said in texts(drawn)
    label = "Bland-Altman plot of Anna − Bert: bias +2.00 g, limits of agreement +0.04 to +3.96 g"
    assert drawn.get("aria-label") == label


def test_a_readers_name_cannot_draw() -> None:
    drawn = ElementTree.fromstring(bland_altman([1, 2, 4], [1, 3, 3], '<script x="', "B" * 64))
    assert {one.tag for one in drawn.iter()} <= {
        f"{SVG}{tag}" for tag in ("svg", "title", "path", "rect", "circle", "text")
    }
    assert any('<script x="' in text for text in texts(drawn))
    assert not any("B" * 33 in text for text in texts(drawn))


@pytest.mark.parametrize("both", [([0, 0, 0], [0, 0, 0]), ([5, 5, 5], [5, 5, 5]), ([0, 0, 0], [9, 9, 9])])
def test_what_does_not_vary_is_drawn_within_the_frame(both: tuple[list, list]) -> None:
    drawn = ElementTree.fromstring(bland_altman(*both, "Anna", "Bert"))
    for point in drawn.iter(f"{SVG}circle"):
        assert 56 <= float(point.get("cx", 0)) <= 348
        assert 28 <= float(point.get("cy", 0)) <= 266
    names = [float(one.get("y", 0)) for one in drawn.iter(f"{SVG}text") if (one.text or "") in ("bias", "+1.96 SD")]
    assert abs(names[0] - names[1]) >= 24


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (3.2, 41.7), (-7.0, 7.0), (5.0, 5.0), (0.0, 0.0), (0.001, 0.002)]
)
def test_an_axis_has_two_to_six_round_numbers(low: float, high: float) -> None:
    axis = Axis.around(low, high, 0, 100)
    assert 2 <= len(axis.ticks) <= 6
    assert all(0 <= axis(tick) <= 100 for tick in axis.ticks)


def test_two_patients_have_no_plot() -> None:
    with pytest.raises(PairsInvalid):
        bland_altman([1, 2], [1, 2], "Anna", "Bert")
