"""The plots of a method comparison."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from scarmass.domain.errors import PairsInvalid
from scarmass.evaluation.agreement.figures import bland_altman_figure, correlation_figure, save_figure

REFERENCE = [2.0, 4.0, 6.0, 8.0]
MEASURED = [3.0, 2.0, 6.0, 11.0]
PLOTS = [correlation_figure, bland_altman_figure]


def plotted(make) -> Figure:
    return make(MEASURED, REFERENCE, measured_label="Model", reference_label="Manual", unit="g")


def test_correlation_shows_measured_over_reference_on_equal_axes() -> None:
    axes = plotted(correlation_figure).axes[0]
    assert np.asarray(axes.collections[-1].get_offsets()).tolist() == list(
        map(list, zip(REFERENCE, MEASURED, strict=True))
    )
    assert axes.get_xlim() == axes.get_ylim()
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Manual (g)", "Model (g)")


def test_bland_altman_shows_differences_over_means_with_bias_and_limits() -> None:
    """Differences 1, -2, 0, 3: mean 0.5, sample variance (0.25 + 6.25 + 0.25 + 6.25) / 3."""
    axes = plotted(bland_altman_figure).axes[0]
    assert np.asarray(axes.collections[-1].get_offsets()).tolist() == [[2.5, 1], [3, -2], [6, 0], [9.5, 3]]
    lines = [float(np.asarray(line.get_ydata())[0]) for line in axes.get_lines()]
    half = 1.959964 * np.sqrt(13 / 3)
    assert lines == pytest.approx([0, 0.5 + half, 0.5, 0.5 - half])
    assert axes.get_ylabel() == "Model − Manual (g)"


@pytest.mark.parametrize("make", PLOTS)
def test_both_files_are_written_and_the_same_each_time(make, tmp_path: Path) -> None:
    first = save_figure(plotted(make), tmp_path / "first", "plot")
    again = save_figure(plotted(make), tmp_path / "again", "plot")
    assert [path.name for path in first] == ["plot.png", "plot.svg"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert Image.open(first[0]).width > 400
    assert first[1].read_text().startswith("<?xml")


@pytest.mark.parametrize("make", PLOTS)
def test_readings_that_are_all_alike_are_drawn_too(make, tmp_path: Path) -> None:
    figure = make([0.0, 0, 0], [0.0, 0, 0], measured_label="A", reference_label="B", unit="g")
    assert save_figure(figure, tmp_path, "alike")[0].stat().st_size > 1000


@pytest.mark.parametrize("make", PLOTS)
def test_two_patients_make_no_plot(make) -> None:
    with pytest.raises(PairsInvalid):
        make([1, 2], [1, 2], measured_label="A", reference_label="B", unit="g")
