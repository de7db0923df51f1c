"""Fitting a site's sensitivity to its reference readings."""

import numpy as np
import pytest

from scarmass.domain.errors import ReferenceReadingsTooFew
from scarmass.domain.structures import Structure
from scarmass.evaluation.calibration import BoxedSlice, boxed_slices, calibrate
from tests.evaluation.segmentation.hearts import GenerousSegmenter, KnowingDetector, heart


def ramp(reference_from: float) -> BoxedSlice:
    """Logits that fall by 1 a column from 8 down; the reference holds those above a limit."""
    logits = np.tile(np.arange(8, -8, -1, dtype=np.float32) - 0.25, (4, 1))
    return BoxedSlice(logits, logits > reference_from, 1.0)


def test_readers_who_draw_widely_get_the_sensitivity_that_they_draw_at() -> None:
    found = calibrate({str(n): [ramp(-2.5), ramp(-2.5)] for n in range(5)})
    assert found.sensitivity == 2.5
    assert found.left_out == (2.5, 2.5)
    assert (found.after.dice, found.after.bias_percent, found.after.error_percent) == (1, 0, 0)
    assert (found.patients, found.slices) == (5, 10)


def test_what_it_was_before_is_measured_at_the_model_s_own_limit() -> None:
    before = calibrate({str(n): [ramp(-4)] for n in range(5)}).before
    assert before.dice == pytest.approx(2 * 8 / (8 + 12))
    assert before.bias_percent == pytest.approx(-100 / 3)
    assert before.error_percent == pytest.approx(100 / 3)


def test_readers_who_draw_as_the_model_does_keep_its_limit() -> None:
    found = calibrate({str(n): [ramp(0)] for n in range(6)})
    assert found.sensitivity == 0
    assert found.before == found.after


def test_a_patient_is_judged_by_what_fits_the_others() -> None:
    patients = {str(n): [ramp(0)] for n in range(5)} | {"generous": [ramp(-4)]}
    after = calibrate(patients).after
    assert after.dice == pytest.approx((5 + 2 * 8 / (8 + 12)) / 6)


def test_too_few_readings_are_refused() -> None:
    with pytest.raises(ReferenceReadingsTooFew, match="4 patients"):
        calibrate({str(n): [ramp(0)] for n in range(4)})


def test_slices_with_scar_are_asked_for_in_drawn_boxes_and_patients_without_scar_left_out() -> None:
    scarred = [heart("scarred", index, degrees) for index, degrees in enumerate((40, 0, 50))]
    free = [heart("free", 0, 0)]
    segmenter = GenerousSegmenter([*scarred, *free])
    boxed = boxed_slices(KnowingDetector([*scarred, *free]), segmenter, {"scarred": scarred, "free": free})
    assert set(boxed) == {"scarred"}
    for one, annotated in zip(boxed["scarred"], scarred[::2], strict=True):
        assert np.array_equal(one.reference, annotated.masks[Structure.SCAR])
    assert [key for key, _ in segmenter.asked] == [scarred[0].image.key, scarred[2].image.key]
    assert {one.pixel_mm3 for one in boxed["scarred"]} == {40.0}
