"""What the network sees of a slice, and where on the slice it lies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.protocols import SliceImage
from scarmass.inference.detector_views import CLOSE_UP_VENTRICLE_SHARE, cut_close_up, network_input


def image(pixels: np.ndarray, pixel_spacing_mm: tuple[float, float] = (1.5, 1.5)) -> SliceImage:
    return SliceImage("slice", pixels.astype(np.float32), pixel_spacing_mm)


def test_the_whole_slice_is_seen_with_square_pixels() -> None:
    """100 rows of 2 mm and 300 columns of 1 mm are 200 x 300 mm."""
    square, letterbox = network_input(image(np.random.default_rng(0).random((100, 300)) + 1, (2.0, 1.0)), 96)
    seen_rows, seen_columns = np.flatnonzero(square.any(axis=1)), np.flatnonzero(square.any(axis=0))
    assert square.shape == (96, 96)
    assert (np.ptp(seen_rows) + 1, np.ptp(seen_columns) + 1) == (64, 96)
    assert letterbox.scale_y / 2.0 == pytest.approx(letterbox.scale_x / 1.0)


def test_a_structure_appears_where_the_letterbox_says() -> None:
    pixels = np.zeros((200, 120))
    pixels[50:90, 30:60] = 100
    square, letterbox = network_input(image(pixels, (1.0, 1.5)), 256)
    rows, columns = np.nonzero(square > 0.5)
    seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert letterbox.to_input(np.array([[30.0, 50, 60, 90]]))[0] == pytest.approx(seen, abs=0.6)


@given(
    rows=st.integers(8, 400),
    columns=st.integers(8, 400),
    row_mm=st.floats(0.3, 3),
    column_mm=st.floats(0.3, 3),
)
def test_boxes_return_to_the_native_pixels_they_came_from(
    rows: int, columns: int, row_mm: float, column_mm: float
) -> None:
    _, letterbox = network_input(image(np.zeros((rows, columns)), (row_mm, column_mm)), 64)
    whole = np.array([[0.0, 0.0, columns, rows]])
    assert letterbox.to_native(letterbox.to_input(whole)) == pytest.approx(whole)
    assert (letterbox.to_input(whole) >= 0).all()
    assert (letterbox.to_input(whole) <= 64 + 1e-9).all()


def test_a_few_bright_pixels_do_not_darken_the_heart() -> None:
    pixels = np.random.default_rng(0).random((100, 100))
    plain, _ = network_input(image(pixels), 96)
    pixels[0, :20] = 1000
    spoiled, _ = network_input(image(pixels), 96)
    assert np.abs(plain[10:] - spoiled[10:]).max() < 0.01


def test_contrast_does_not_depend_on_the_scanners_units() -> None:
    pixels = np.random.default_rng(0).random((64, 64))
    assert network_input(image(pixels * 4000 - 1000), 64)[0] == pytest.approx(
        network_input(image(pixels), 64)[0], abs=1e-4
    )


def test_an_empty_slice_is_black() -> None:
    assert not network_input(image(np.full((30, 40), 7.0)), 64)[0].any()


def test_a_close_look_is_centred_on_the_heart_and_square_in_mm() -> None:
    part, left, top = cut_close_up(image(np.zeros((200, 400)), (2.0, 1.0)), HeartRegion(200, 90, diameter_mm=40))
    rows, columns = part.pixels.shape
    assert columns == pytest.approx(40 / CLOSE_UP_VENTRICLE_SHARE, abs=1)
    assert rows * 2 == pytest.approx(columns, abs=2)
    assert (left + columns / 2, top + rows / 2) == pytest.approx((200, 90), abs=1)
    assert part.pixel_spacing_mm == (2.0, 1.0)


@given(x=st.floats(-90, 150), y=st.floats(-90, 130), diameter_mm=st.floats(1e-3, 80))
def test_a_close_look_stays_inside_the_slice(x: float, y: float, diameter_mm: float) -> None:
    part, left, top = cut_close_up(image(np.zeros((40, 60))), HeartRegion(x, y, diameter_mm))
    rows, columns = part.pixels.shape
    assert rows > 0
    assert columns > 0
    assert 0 <= left <= left + columns <= 60
    assert 0 <= top <= top + rows <= 40
