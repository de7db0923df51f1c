"""The detector as shipped: does it find hearts and scars it was not trained on?"""

import os
from pathlib import Path

import numpy as np
import pytest

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.datasets.layouts.emidec import masks_by_structure
from scarmass.datasets.layouts.nifti_pair import read_pair
from scarmass.domain.left_ventricle import heart_region
from scarmass.domain.protocols import DetectedBox, Model, SliceImage
from scarmass.domain.stack import Contrast
from scarmass.domain.structures import Structure
from scarmass.evaluation.detection.scores import detection_scores, intersection_over_union, reference_boxes
from scarmass.evaluation.detection.stacks import detect_stacks
from scarmass.inference.detector import YoloDetector
from scarmass.inference.weights.catalog import read_catalog
from scarmass.inference.weights.load import resolve, verify
from scarmass.paths import WEIGHTS
from scarmass.phantom.stack import phantom
from scarmass.phantom.ventricle import Scar, Territory

NAME = "scarmass-yolo26n"
TRANSMURAL = Scar(Territory.LAD, transmurality=1.0, half_angle=0.9, half_height=0.35)


@pytest.fixture(scope="module")
def detector() -> YoloDetector:
    entry, path = resolve(NAME, WEIGHTS)
    return YoloDetector(path, Model(entry.name, verify(entry, path)), "cpu")


def phantom_stack(seed: int, contrast: Contrast, scars: tuple[Scar, ...]) -> list[AnnotatedSlice]:
    stack = phantom(seed, contrast=contrast, scars=scars, number_of_slices=8)
    return [
        AnnotatedSlice(
            "phantom",
            index,
            pixels.astype(np.float32),
            plane.pixel_spacing_mm,
            {structure: mask[index] for structure, mask in stack.masks.items()},
        )
        for index, (pixels, plane) in enumerate(zip(stack.pixels, stack.planes, strict=True))
    ]


def found_on(detector: YoloDetector, slices: list[AnnotatedSlice]) -> list[list[DetectedBox]]:
    return detect_stacks(detector, slices)


def ventricles(boxes: list[DetectedBox]) -> list[DetectedBox]:
    return [box for box in boxes if box.structure is Structure.LEFT_VENTRICLE]


def test_the_shipped_file_is_the_one_the_catalog_describes() -> None:
    entry = read_catalog(WEIGHTS)[NAME]
    path = WEIGHTS / entry.file
    assert entry.sha256 == verify(entry, path)
    assert path.stat().st_size < 6_000_000


@pytest.mark.slow
@pytest.mark.parametrize("contrast", [Contrast.MAGNITUDE, Contrast.PSIR])
def test_the_heart_of_a_phantom_is_found_within_a_centimetre(detector: YoloDetector, contrast: Contrast) -> None:
    slices = phantom_stack(30001, contrast, (TRANSMURAL,))
    boxes = [box.box for one in found_on(detector, slices) for box in ventricles(one)]
    region = heart_region(boxes, slices[0].pixel_spacing_mm)
    truth = heart_region(
        [box for one in slices for box in reference_boxes(one)[Structure.LEFT_VENTRICLE]],
        slices[0].pixel_spacing_mm,
    )
    assert region is not None
    assert truth is not None
    distance_pixels = np.hypot(region.x - truth.x, region.y - truth.y)
    assert distance_pixels * slices[0].pixel_spacing_mm[0] < 10
    assert region.diameter_mm == pytest.approx(truth.diameter_mm, rel=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("contrast", [Contrast.MAGNITUDE, Contrast.PSIR])
def test_a_transmural_scar_of_a_phantom_is_found(detector: YoloDetector, contrast: Contrast) -> None:
    slices = phantom_stack(30002, contrast, (TRANSMURAL,))
    boxes = found_on(detector, slices)
    scores = detection_scores(slices, boxes, boxes)
    assert scores.scar_recall_30 >= 0.75


@pytest.mark.slow
def test_a_healthy_phantom_gets_hardly_any_scar_boxes(detector: YoloDetector) -> None:
    slices = phantom_stack(30003, Contrast.MAGNITUDE, ())
    boxes = found_on(detector, slices)
    scores = detection_scores(slices, boxes, boxes)
    assert scores.false_boxes_per_scar_free_slice <= 0.25


@pytest.mark.slow
def test_plain_noise_has_no_heart(detector: YoloDetector) -> None:
    noise = np.random.default_rng(0).random((128, 128), dtype=np.float32)
    assert ventricles(detector.detect([SliceImage("noise", noise, (1.5, 1.5))])[0]) == []


@pytest.mark.slow
def test_the_native_patient_kept_out_of_training_is_found(detector: YoloDetector) -> None:
    if "SCARMASS_DATA" not in os.environ:
        pytest.skip("SCARMASS_DATA is not set")
    folder = Path(os.environ["SCARMASS_DATA"]) / "emidec_p100"
    volume, contours = folder / "Case_P100.nii.gz", folder / "Case_P100_contours.nii.gz"
    slices = read_pair(volume, contours, masks_by_structure, "Case_P100", "emidec")
    boxes = found_on(detector, slices)
    overlaps = [
        intersection_over_union(ventricles(found)[0].box, reference_boxes(one)[Structure.LEFT_VENTRICLE][0])
        for one, found in zip(slices, boxes, strict=True)
    ]
    apical, *others = sorted(overlaps)  # the apical ventricle is a few pixels wide
    assert apical > 0.3
    assert min(others) > 0.5
    assert np.median(overlaps) > 0.85
    assert detection_scores(slices, boxes, boxes).scar_recall_30 >= 0.6
