import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.stack import Contrast
from scarmass.domain.structures import Structure
from scarmass.evaluation.segmentation.methods import (
    THRESHOLDS,
    Method,
    predicted_answers,
    threshold_answers,
)
from scarmass.evaluation.segmentation.predict import predict
from scarmass.evaluation.simulated_reader import reader_of
from tests.evaluation.segmentation.hearts import ClickedSegmenter, KnowingDetector, heart


def test_uses_are_read_from_one_prediction() -> None:
    slices = [heart(index=0), heart(index=1, scar_degrees=60)]
    segmenter = ClickedSegmenter()
    prediction = predict(
        KnowingDetector(slices), segmenter, [s.image for s in slices], [reader_of(s, 0) for s in slices]
    )
    answers = predicted_answers(prediction)
    assert answers[Method.AUTOMATIC] == [proposal.mask for proposal in prediction.proposals]
    assert answers[Method.BOX] == [correction.answers[0] for correction in prediction.corrections]
    assert answers[Method.INTERACTIVE] == [correction.answers[-1] for correction in prediction.corrections]
    assert answers[Method.FOLLOWING_BOX] == [correction.answers[0] for correction in prediction.following]
    assert answers[Method.FOLLOWING] == [correction.answers[-1] for correction in prediction.following]


def test_thresholds_find_bright_scar_inside_the_true_myocardium_alone() -> None:
    annotated = heart()
    answers = threshold_answers([annotated])
    assert set(answers) == set(THRESHOLDS)
    for (mask,) in answers.values():
        assert not (mask & ~annotated.myocardium).any()
    scar = annotated.masks[Structure.SCAR]
    assert np.array_equal(answers[Method.FWHM][0], scar)
    assert np.array_equal(answers[Method.SD_6][0], scar)


def test_more_deviations_find_less() -> None:
    answers = threshold_answers([heart()])
    areas = [answers[method][0].sum() for method in (Method.SD_2, Method.SD_3, Method.SD_5, Method.SD_6)]
    assert areas == sorted(areas, reverse=True)


def test_a_slice_without_scar_has_no_half_maximum() -> None:
    assert not threshold_answers([heart(scar_degrees=0)])[Method.FWHM][0].any()


def test_half_of_the_maximum_has_its_base_in_remote_myocardium_so_phase_sensitive_images_have_one() -> None:
    annotated = heart()
    shifted = AnnotatedSlice(**{**vars(annotated), "pixels": annotated.pixels - 1000, "contrast": Contrast.PSIR})
    assert np.array_equal(threshold_answers([shifted])[Method.FWHM][0], annotated.masks[Structure.SCAR])


def test_a_method_with_nothing_to_rest_on_is_absent() -> None:
    annotated = heart()
    broken = AnnotatedSlice(**{**vars(annotated), "pixels": np.full_like(annotated.pixels, np.nan)})
    assert threshold_answers([broken]) == {}
