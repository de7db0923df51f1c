import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask
from scarmass.inference.segmenter.window import (
    MASK_PROMPT_LOGIT,
    Normalisation,
    Window,
    encoder_input,
    mask_prompt,
    native_mask,
    stack_window,
    window_mask,
)

spacings_mm = st.floats(0.5, 2.5)
windows = st.builds(
    Window,
    x=st.floats(0, 300),
    y=st.floats(0, 300),
    side_mm=st.floats(60, 300),
    rows=st.integers(64, 400),
    columns=st.integers(64, 400),
    pixel_spacing_mm=st.tuples(spacings_mm, spacings_mm),
)


def blob(rows: int, columns: int, x: float, y: float, radius_x: float, radius_y: float) -> Mask:
    """A crescent: an ellipse with a bite, as a scar at the rim of the blood pool."""
    yy, xx = np.mgrid[:rows, :columns] + 0.5
    ellipse = ((xx - x) / radius_x) ** 2 + ((yy - y) / radius_y) ** 2 <= 1
    bite = ((xx - x - radius_x) / radius_x) ** 2 + ((yy - y) / radius_y) ** 2 <= 0.5
    return ellipse & ~bite


def dice(a: Mask, b: Mask) -> float:
    return 2 * (a & b).sum() / (a.sum() + b.sum())


@given(windows, st.floats(-50, 400), st.floats(-50, 400), st.sampled_from([256, 1024]))
def test_a_point_comes_back_from_the_window_where_it_was(window: Window, x: float, y: float, size: int) -> None:
    assert window.to_native(window.from_native((x, y), size), size) == pytest.approx((x, y), abs=1e-6)


@given(windows)
def test_the_centre_of_the_window_is_the_centre_of_its_pixels(window: Window) -> None:
    assert window.from_native((window.x, window.y), 256) == pytest.approx((128, 128))


def test_a_window_pixel_is_square_in_mm_on_anisotropic_pixels() -> None:
    window = Window(50, 40, 100, rows=80, columns=100, pixel_spacing_mm=(2.0, 0.8))
    step_mm = (10 / 0.8, 10 / 2.0)
    moved = window.from_native((50 + step_mm[0], 40 + step_mm[1]), 256)
    assert moved == pytest.approx((128 + 25.6, 128 + 25.6))


@given(st.floats(0.7, 2.0), st.floats(0.7, 2.0), st.floats(-20, 20), st.floats(-20, 20))
@settings(max_examples=25)
def test_a_drawn_mask_survives_the_window(row_mm: float, column_mm: float, off_x: float, off_y: float) -> None:
    rows, columns = round(260 / row_mm), round(260 / column_mm)
    x, y = (130 + off_x) / column_mm, (130 + off_y) / row_mm
    drawn = blob(rows, columns, x, y, 16 / column_mm, 16 / row_mm)
    window = stack_window((rows, columns), (row_mm, column_mm), HeartRegion(x + 3, y - 3, 80))
    assert dice(native_mask(mask_prompt(drawn, window), window), drawn) > 0.97


def test_the_mask_a_decoder_should_answer_with_covers_the_drawn_area() -> None:
    drawn = blob(192, 192, 100, 90, 14, 20)
    window = stack_window((192, 192), (1.4, 1.4), HeartRegion(100, 90, 80))
    pixel_mm2 = (window.side_mm / 256) ** 2
    assert window_mask(drawn, window).sum() * pixel_mm2 == pytest.approx(drawn.sum() * 1.4**2, rel=0.02)


def test_the_mask_prompt_is_certain_far_from_borders_and_denies_what_lies_beyond_the_slice() -> None:
    window = stack_window((100, 100), (1.0, 1.0), HeartRegion(5, 50, 80))
    logits = mask_prompt(np.ones((100, 100), dtype=bool), window)
    assert logits.shape == (256, 256)
    assert logits[128, 200] == pytest.approx(MASK_PROMPT_LOGIT)
    assert logits[128, 10] == pytest.approx(-MASK_PROMPT_LOGIT)


def test_nothing_is_answered_outside_the_window() -> None:
    window = Window(100, 100, 50, rows=200, columns=200, pixel_spacing_mm=(1.0, 1.0))
    answer = native_mask(np.full((256, 256), 5, dtype=np.float32), window)
    assert answer[75:125, 75:125].all()
    assert answer.sum() == 50 * 50


def test_without_a_heart_the_window_is_the_whole_slice_with_the_shorter_side_centred() -> None:
    window = stack_window((100, 200), (1.5, 1.5), None)
    assert window.from_native([(0, 0), (200, 100)], 256).tolist() == [[0, 64], [256, 192]]


def test_a_prompt_inside_leaves_the_window_alone() -> None:
    window = stack_window((256, 256), (1.4, 1.4), HeartRegion(128, 128, 80))
    assert window.enlarged_for([(120, 120), (140, 150)]) == window


@given(windows, st.floats(0, 1), st.floats(0, 1))
def test_a_prompt_outside_enlarges_the_window_around_the_same_centre(window: Window, u: float, v: float) -> None:
    point = (u * window.columns, v * window.rows)
    enlarged = window.enlarged_for([point])
    assert (enlarged.x, enlarged.y) == (window.x, window.y)
    assert enlarged.side_mm >= window.side_mm
    inside = enlarged.from_native(point, 256)
    assert (inside >= -1e-6).all()
    assert (inside <= 256 + 1e-6).all()
    assert enlarged.enlarged_for([point]) == enlarged


def test_a_window_never_grows_beyond_what_covers_the_slice() -> None:
    window = Window(100, 100, 60, rows=200, columns=200, pixel_spacing_mm=(1.0, 1.0))
    assert window.enlarged_for([(200, 200)]).side_mm == 200


def test_minmax_spans_the_slice_s_own_grey_values_whatever_their_scale() -> None:
    pixels = np.random.default_rng(0).normal(300, 40, (200, 160)).astype(np.float32)
    window = stack_window(pixels.shape, (1.2, 1.2), HeartRegion(80, 100, 60))
    one = encoder_input(pixels, window, 256, Normalisation.MINMAX)
    assert one.shape == (3, 256, 256)
    assert one.dtype == np.float32
    assert (one.min(), one.max()) == (0, 1)
    assert encoder_input(5 * pixels - 900, window, 256, Normalisation.MINMAX) == pytest.approx(one, abs=1e-4)


def test_imagenet_normalisation_follows_minmax() -> None:
    pixels = np.random.default_rng(0).random((200, 160), dtype=np.float32)
    window = stack_window(pixels.shape, (1.2, 1.2), HeartRegion(80, 100, 60))
    grey = encoder_input(pixels, window, 256, Normalisation.MINMAX)
    sam = encoder_input(pixels, window, 256, Normalisation.IMAGENET)
    assert sam[0] == pytest.approx((255 * grey[0] - 123.675) / 58.395, abs=1e-4)


def test_beyond_the_slice_the_window_is_zero_after_normalisation() -> None:
    pixels = np.random.default_rng(0).random((100, 100), dtype=np.float32) + 3
    window = stack_window(pixels.shape, (1.0, 1.0), HeartRegion(0, 50, 80))
    for normalisation in Normalisation:
        assert not encoder_input(pixels, window, 256, normalisation)[:, :, :120].any()


def test_a_constant_slice_is_black_and_not_undefined() -> None:
    window = stack_window((64, 64), (1.0, 1.0), None)
    assert not encoder_input(np.full((64, 64), 7, dtype=np.float32), window, 256, Normalisation.MINMAX).any()


def test_a_slice_finer_than_the_window_is_averaged_and_not_skipped() -> None:
    stripes = np.tile(np.array([0, 1], dtype=np.float32), (1024, 512))
    window = stack_window(stripes.shape, (0.3, 0.3), None)
    middle = mask_prompt(stripes > 0, window)[100:150, 100:150]
    assert np.abs(middle).max() < 0.01 * MASK_PROMPT_LOGIT
