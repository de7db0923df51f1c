"""Whatever the orientation, the noise of text-encoded decimals and the order of files, a series is one stack."""

from dataclasses import replace
from typing import Any

import highdicom
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage
from scipy.spatial.transform import Rotation

from scarmass.domain.stack import SliceHeader, StudyHeader
from scarmass.imaging.mr.header import read_object
from scarmass.imaging.mr.stacks import build_stacks
from tests.field.slices import dicom_slice, encoded

STUDY = StudyHeader("study")
ORIENTATION_NOISE, SPACING_NOISE = 1e-4, 1e-5
TEN_MM = 10.0

seeds = st.integers(0, 2**32 - 1)


def oblique(rng: np.random.Generator, count: int) -> list[SliceHeader]:
    """An even stack at random in the patient, 10 mm apart."""
    axes = Rotation.random(rng=rng).as_matrix()
    first = rng.uniform(-200, 200, 3)
    spacing = rng.uniform(0.7, 2.0, 2)
    return [
        header(f"1.2.{index}", first + index * TEN_MM * axes[2], (axes[0], axes[1]), spacing) for index in range(count)
    ]


def header(uid: str, position: np.ndarray, axes: tuple[np.ndarray, np.ndarray], spacing: np.ndarray) -> SliceHeader:
    place: Any = tuple(position.tolist())
    orientation: Any = tuple(np.concatenate(axes).tolist())
    pixel_spacing: Any = tuple(spacing.tolist())
    return SliceHeader(
        uid, 1, "1.2", 40, 32, "uint16", place, orientation, pixel_spacing, 8.0, series_description="LGE sax"
    )


def noisy(rng: np.random.Generator, one: SliceHeader) -> SliceHeader:
    turned = Rotation.from_rotvec(rng.uniform(-1, 1, 3) / np.sqrt(3) * ORIENTATION_NOISE)
    orientation: Any = tuple(turned.apply(np.reshape(one.orientation, (2, 3))).ravel().tolist())
    spacing: Any = tuple((np.array(one.pixel_spacing_mm) * (1 + rng.uniform(-1, 1, 2) * SPACING_NOISE)).tolist())
    return replace(one, orientation=orientation, pixel_spacing_mm=spacing)


@given(seeds, st.integers(2, 14))
def test_noise_never_splits_a_series(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    (stack,) = build_stacks(STUDY, [noisy(rng, one) for one in oblique(rng, count)])
    assert len(stack.slices) == count
    assert [one.slice_spacing_mm for one in stack.slices] == pytest.approx([TEN_MM] * count, abs=0.1)


@given(seeds, st.integers(2, 14))
def test_noise_never_splits_breath_holds(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    slices = [
        replace(noisy(rng, one), series_instance_uid=f"1.3.{at}", series_description=f"LGE sax {at + 1}")
        for at, one in enumerate(oblique(rng, count))
    ]
    (stack,) = build_stacks(STUDY, slices)
    assert len(stack.slices) == count


@given(seeds)
def test_any_order_of_files_gives_the_same_stacks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    slices = [noisy(rng, one) for one in oblique(rng, 8)]
    early = [replace(one, series_instance_uid=f"1.3.{at}") for at, one in enumerate(slices)]
    late = [replace(one, sop_instance_uid=f"{one.sop_instance_uid}.9", acquisition_number=2) for one in early]
    other = [replace(one, sop_instance_uid=f"{one.sop_instance_uid}.8") for one in oblique(rng, 3)]
    every = [*early, *late, *other]
    ordered = build_stacks(STUDY, every)
    assert sorted(len(stack.slices) for stack in ordered) == [3, 8, 8]
    rng.shuffle(every)  # type: ignore[arg-type]
    assert build_stacks(STUDY, every) == ordered


@settings(max_examples=30)
@given(seeds)
def test_a_pixel_lies_where_highdicom_says_that_it_lies(seed: int) -> None:
    """From a pixel of a slice to the patient here, and back to a voxel of the whole volume there."""
    rng = np.random.default_rng(seed)
    objects = [dicom_object(one) for one in oblique(rng, 5)]
    (stack,) = build_stacks(STUDY, [read_object(encoded(one)).slices[0] for one in objects])
    volume = highdicom.get_volume_from_series(objects)
    x, y = rng.uniform(0, 32, 20), rng.uniform(0, 40, 20)
    for index, one in enumerate(stack.slices):
        voxels = volume.map_reference_to_indices(one.header.plane.patient_mm(x, y))
        along = index if volume.position[0] == pytest.approx(stack.slices[0].header.position_mm[0]) else 4 - index
        np.testing.assert_allclose(voxels, np.stack([np.full(20, along), y - 0.5, x - 0.5], axis=1), atol=1e-3)


def dicom_object(one: SliceHeader) -> Dataset:
    made = dicom_slice("1.2.3", "1.2.3.4", 0, SOPInstanceUID=one.sop_instance_uid, SOPClassUID=MRImageStorage)
    made.ImagePositionPatient = [f"{number:.6f}" for number in one.position_mm]
    made.ImageOrientationPatient = [f"{number:.10f}" for number in one.orientation]
    made.PixelSpacing = [f"{number:.8f}" for number in one.pixel_spacing_mm]
    return made
