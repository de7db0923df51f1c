"""A segmentation holds the masks of a reading on the images that they were drawn on, whatever those are like."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from scarmass.domain.errors import NothingOutlined, ResultNotReadBack, SlicesDiffer
from scarmass.domain.pacs import ResultKind
from scarmass.domain.structures import Structure
from scarmass.imaging.codes import ARTIFICIAL_INTELLIGENCE
from scarmass.imaging.result import Edition
from scarmass.imaging.seg.read_back import masks_by_pydicom, require_same_masks
from scarmass.imaging.seg.write import Algorithm, Outlined, write_segmentation
from tests.dciodvfy import verdict
from tests.imaging.outlined import AMENDED, DRAFT, SIGNED, STACKS, Drawn, drawn

OF_INVALID_UIDS, OF_NO_EXTENT = "of invalid UIDs", "of one slice without thickness"


def written(one: Drawn, edition: Edition = SIGNED) -> bytes:
    return write_segmentation(edition, one.patient, one.images, one.outlines)


def read(content: bytes) -> Dataset:
    return dcmread(BytesIO(content))


@pytest.mark.parametrize("kind", STACKS)
def test_independent_readers_find_every_mask_on_its_own_image(kind: str) -> None:
    one = drawn(kind)
    require_same_masks(written(one), one.outlines)


@pytest.mark.parametrize("kind", [kind for kind in STACKS if kind not in (OF_INVALID_UIDS, OF_NO_EXTENT)])
def test_dciodvfy_finds_neither_error_nor_warning(kind: str, tmp_path: Path) -> None:
    assert verdict(written(drawn(kind)), tmp_path) == []


def test_of_invalid_uids_dciodvfy_finds_nothing_wrong_but_them(tmp_path: Path) -> None:
    said = verdict(written(drawn(OF_INVALID_UIDS)), tmp_path)
    assert said
    assert all("<1.02.series-A" in line for line in said[:-1])


def test_of_a_single_slice_without_thickness_dciodvfy_misses_just_that(tmp_path: Path) -> None:
    (error,) = verdict(written(drawn(OF_NO_EXTENT)), tmp_path)
    assert "SliceThickness" in error


@pytest.mark.parametrize("kind", STACKS)
def test_each_frame_lies_where_its_image_does(kind: str) -> None:
    one = drawn(kind)
    at = {image.slice.key: image.slice.header.position_mm for image in one.images}
    for frame in read(written(one)).PerFrameFunctionalGroupsSequence:
        source = frame.DerivationImageSequence[0].SourceImageSequence[0]
        key = str(source.ReferencedSOPInstanceUID), int(source.get("ReferencedFrameNumber", 1))
        assert frame.PlanePositionSequence[0].ImagePositionPatient == pytest.approx(at[key], abs=1e-6)


def test_a_segment_that_several_models_drew_names_each_and_is_read_back(tmp_path: Path) -> None:
    one = drawn("straight")
    models = tuple(Algorithm(name, "a" * 64, ARTIFICIAL_INTELLIGENCE) for name in ("detector", "segmenter"))
    one = replace(one, outlines={of: replace(outlined, algorithms=models) for of, outlined in one.outlines.items()})
    content = written(one)
    require_same_masks(content, one.outlines)
    for segment in read(content).SegmentSequence:
        found = [each.AlgorithmName for each in segment.SegmentationAlgorithmIdentificationSequence]
        assert found == ["detector", "segmenter"]
    assert verdict(content, tmp_path) == []


def test_nothing_found_on_a_slice_is_told_apart_from_not_looked_at() -> None:
    one = drawn("straight")
    found = masks_by_pydicom(written(one))
    keys = [image.slice.key for image in one.images]
    assert not found[Structure.SCAR][keys[0]].any()
    assert set(found[Structure.BLOOD_POOL]) == {*keys[:1], *keys[2:]}
    assert set(found[Structure.NO_REFLOW]) == {keys[-1]}


def test_a_structure_that_is_empty_wherever_it_was_looked_for_is_a_segment_too(tmp_path: Path) -> None:
    one = drawn("straight")
    empty = {key: np.zeros_like(mask) for key, mask in one.outlines[Structure.SCAR].masks.items()}
    one = replace(one, outlines={Structure.SCAR: Outlined(empty)})
    content = written(one)
    require_same_masks(content, one.outlines)
    assert verdict(content, tmp_path) == []


def test_a_single_segment_is_named_by_each_frame() -> None:
    one = drawn("straight")
    one = replace(one, outlines={Structure.SCAR: one.outlines[Structure.SCAR]})
    frames = read(written(one)).PerFrameFunctionalGroupsSequence
    assert [frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber for frame in frames] == [1] * len(frames)


def test_a_version_has_the_same_bytes_each_time_and_another_version_another_uid() -> None:
    one = drawn("joined")
    assert written(one) == written(one)
    uids = {read(written(one, edition)).SOPInstanceUID for edition in (SIGNED, AMENDED, DRAFT)}
    assert len(uids) == 3


def test_an_amended_reading_refers_to_the_one_that_it_replaces() -> None:
    one = drawn("straight")
    (replaced,) = read(written(one, AMENDED)).ReferencedImageSequence
    assert replaced.ReferencedSOPInstanceUID == SIGNED.sop_instance_uid(ResultKind.SEG)
    assert replaced.PurposeOfReferenceCodeSequence[0].CodeMeaning == "Replaced report"
    assert "ReferencedImageSequence" not in read(written(one))


def test_a_draft_says_so_and_a_signed_one_does_not() -> None:
    one = drawn("straight")
    draft, signed = read(written(one, DRAFT)), read(written(one))
    assert (draft.ContentLabel, draft.SeriesDescription) == ("DRAFT", "DRAFT Scar segmentation")
    assert (signed.ContentLabel, signed.SeriesDescription) == ("SCAR", "Scar segmentation")


def test_where_no_thickness_is_known_a_plane_has_what_its_slice_stands_for() -> None:
    shared = read(written(drawn("without thickness"))).SharedFunctionalGroupsSequence[0]
    assert shared.PixelMeasuresSequence[0].SliceThickness == 10
    uneven = read(written(drawn("of uneven thickness"))).PerFrameFunctionalGroupsSequence
    assert {float(frame.PixelMeasuresSequence[0].SliceThickness) for frame in uneven} == {6, 8}


@pytest.mark.parametrize(("kind", "spacing_mm"), [("straight", 10), ("gapped", 10), ("of one slice", None)])
def test_planes_are_told_apart_by_the_closest_two(kind: str, spacing_mm: float | None) -> None:
    dataset = read(written(drawn(kind)))
    for groups in (*dataset.SharedFunctionalGroupsSequence, *dataset.PerFrameFunctionalGroupsSequence):
        for measures in groups.get("PixelMeasuresSequence", []):
            assert measures.get("SpacingBetweenSlices") == (None if spacing_mm is None else pytest.approx(spacing_mm))


def test_a_frame_of_reference_is_not_made_up() -> None:
    for kind in ("without frame of reference", "of a frame of reference each"):
        assert "FrameOfReferenceUID" not in read(written(drawn(kind)))


def test_every_series_of_a_joined_stack_is_referred_to() -> None:
    one = drawn("joined")
    listed = [item.SeriesInstanceUID for item in read(written(one)).ReferencedSeriesSequence]
    assert listed == [image.slice.header.series_instance_uid for image in one.images]


def test_a_reading_without_outlines_and_slices_of_several_sizes_are_refused_by_name() -> None:
    one, other = drawn("straight"), drawn("of odd size")
    with pytest.raises(NothingOutlined):
        write_segmentation(SIGNED, one.patient, one.images, {Structure.SCAR: Outlined({})})
    with pytest.raises(SlicesDiffer):
        write_segmentation(SIGNED, one.patient, (*one.images, *other.images), one.outlines)


def test_a_bit_that_reads_back_otherwise_is_noticed() -> None:
    one = drawn("straight")
    dataset = read(written(one))
    dataset.PixelData = bytes([dataset.PixelData[0] ^ 1]) + dataset.PixelData[1:]
    out = BytesIO()
    dataset.save_as(out)
    with pytest.raises(ResultNotReadBack):
        require_same_masks(out.getvalue(), one.outlines)
