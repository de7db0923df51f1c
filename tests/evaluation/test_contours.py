"""What is measured of contours, over a segmenter that knows them and one that sees none."""

import pytest

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.prompts import Box
from scarmass.domain.protocols import SliceImage, VentricleOutline
from scarmass.domain.structures import Structure
from scarmass.evaluation.contours import DICE, OUTLINED, PROPOSED, contour_scores, summary
from tests.evaluation.segmentation.hearts import KnowingDetector, SilentSegmenter, heart
from tests.fakes import certain

STACK = [heart(index=index) for index in range(3)]


class KnowingOutliner(SilentSegmenter):
    def __init__(self, slices: list[AnnotatedSlice]) -> None:
        super().__init__()
        self._masks = {annotated.image.key: annotated.masks for annotated in slices}

    def outline_ventricle(self, image: SliceImage, region: HeartRegion | None, box: Box | None) -> VentricleOutline:
        masks = self._masks[image.key]
        return VentricleOutline(*(certain(masks[s]) for s in (Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL)))


def test_a_segmenter_that_knows_the_wall_outlines_it_exactly_and_proposes_it_smoothly() -> None:
    scores = contour_scores(KnowingDetector(STACK), KnowingOutliner(STACK), [STACK])
    by_way = {how: own[list(DICE)].to_numpy() for how, own in scores.groupby("how")}
    assert by_way[OUTLINED].min() == 1
    assert by_way[PROPOSED].min() > 0.95
    assert "| outlined, mean | 3 | 1.000 | 1.000 | 1.000 |" in summary(scores)


def test_a_ventricle_that_is_not_seen_counts_as_missed() -> None:
    scores = contour_scores(KnowingDetector(STACK), SilentSegmenter(), [STACK])
    assert scores[list(DICE)].to_numpy().max() == pytest.approx(0)
