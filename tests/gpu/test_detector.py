"""On a CUDA device the detector finds what it finds on the CPU."""

import numpy as np
import pytest
import torch

from scarmass.domain.proposal import detect_stack
from scarmass.domain.protocols import SliceImage
from scarmass.evaluation.models import load_detector
from scarmass.paths import WEIGHTS
from scarmass.phantom.stack import phantom
from scarmass.phantom.ventricle import Scar, Territory
from scarmass.settings import DETECTOR


def test_boxes_are_those_of_the_cpu_to_half_a_pixel() -> None:
    if not torch.cuda.is_available():
        pytest.skip("this machine has no CUDA device")
    shown = phantom(7, number_of_slices=6, scars=(Scar(Territory.LAD, transmurality=1.0),))
    pixels = shown.pixels.astype(np.float32)
    images = [SliceImage(str(at), one, shown.planes[at].pixel_spacing_mm) for at, one in enumerate(pixels)]
    on_cpu, on_cuda = (load_detector(DETECTOR, WEIGHTS, device) for device in ("cpu", "cuda"))
    region = detect_stack(on_cpu, images).region
    assert region is not None
    for look in (None, region):
        for expected, found in zip(on_cpu.detect(images, look), on_cuda.detect(images, look), strict=True):
            assert [one.structure for one in found] == [one.structure for one in expected]
            for one, other in zip(expected, found, strict=True):
                corners = [(box.x0, box.y0, box.x1, box.y1) for box in (one.box, other.box)]
                assert corners[1] == pytest.approx(corners[0], abs=0.5)
                assert other.score == pytest.approx(one.score, abs=0.02)
