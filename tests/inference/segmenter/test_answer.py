"""What becomes of a network's logits on the slice's own grid."""

import numpy as np
import pytest

from scarmass.inference.segmenter.answer import expected_iou


def test_expected_overlap_is_one_where_the_network_is_certain_and_less_where_it_doubts() -> None:
    certain = np.full((4, 4), -50, np.float32)
    certain[:2] = 50
    assert expected_iou(certain) == 1
    doubtful = certain.copy()
    doubtful[1] = 1e-6  # a quarter of the pixels, each half likely
    assert expected_iou(doubtful) == pytest.approx((4 + 2) / 8)
    assert expected_iou(np.full((4, 4), -50, np.float32)) < 1e-6
