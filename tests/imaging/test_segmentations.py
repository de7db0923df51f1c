"""Segmentations of others lie where their geometry says, however they are written; what went astray is said."""

import io
from collections.abc import Sequence
from dataclasses import replace

import highdicom
import numpy as np
import pydicom
import pytest
from highdicom.seg import (
    SegmentAlgorithmTypeValues,
    Segmentation,
    SegmentationTypeValues,
    SegmentDescription,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.sr.codedict import codes

from scarmass.domain.errors import ObjectRefused
from scarmass.domain.masks import Mask
from scarmass.domain.segmentation import Meaning, SegmentationRead
from scarmass.domain.stack import Slice
from scarmass.imaging import rtstruct
from scarmass.imaging.mr.encoding import open_dataset
from scarmass.imaging.mr.header import read_object
from scarmass.imaging.seg.meanings import Code, meaning_of
from scarmass.imaging.segmentations import read_segmentation, segmentation_object_of
from scarmass.phantom.demonstration import demo_studies, write_phantom
from tests.imaging.segmentation_objects import (
    Drawn,
    changed,
    disc,
    flipped,
    frame,
    oblique_slices,
    polygon,
    segmentation,
    structure_set,
    written,
)

SLICES = oblique_slices()
ROWS, COLUMNS = SLICES[0].shape
CHANCE = np.random.default_rng(5)
MASKS: list[Mask] = [CHANCE.random((ROWS, COLUMNS)) < 0.3 for _ in SLICES]
"""No mask is like another, or like itself turned."""

OTHERS: list[Mask] = [CHANCE.random((ROWS, COLUMNS)) < 0.2 for _ in SLICES]


def frames() -> list[Drawn]:
    drawn = [frame(one, mask) for one, mask in zip(SLICES, MASKS, strict=True)]
    return drawn + [frame(one, mask, 2) for one, mask in zip(SLICES, OTHERS, strict=True)]


TWO = {1: ("Scar", ("12402003", "SCT", "Scar")), 2: ("LV", None)}


def read(content: bytes, slices: Sequence[Slice] = SLICES) -> SegmentationRead:
    return read_segmentation(content, slices)


def described(content: bytes):
    return segmentation_object_of(open_dataset(content))


def is_as_drawn(found: SegmentationRead, slices: Sequence[Slice] = SLICES) -> bool:
    truth = {(one.key, 1): mask for one, mask in zip(slices, MASKS, strict=True)}
    truth |= {(one.key, 2): mask for one, mask in zip(slices, OTHERS, strict=True)}
    return found.masks.keys() == truth.keys() and all((found.masks[at] == mask).all() for at, mask in truth.items())


def test_overlapping_segments_are_read_bit_for_bit_and_nothing_is_said() -> None:
    found = read(segmentation(frames(), TWO))
    assert is_as_drawn(found)
    assert found.warnings == ()


@settings(max_examples=40)
@given(
    st.permutations(range(10)),
    st.lists(st.tuples(st.booleans(), st.booleans()), min_size=10, max_size=10),
    st.booleans(),
    st.sampled_from(["reference", "none"]),
)
def test_any_order_of_frames_and_any_flip_with_its_geometry_is_read_to_the_same_masks(
    order: list[int], flips: list[tuple[bool, bool]], transposed: bool, sources: str
) -> None:
    drawn = [flipped(one, *flip, transposed) for one, flip in zip(frames(), flips, strict=True)]
    if sources == "none":
        drawn = [replace(one, source=None) for one in drawn]
    assert is_as_drawn(read(segmentation([drawn[at] for at in order], TWO)))


def test_flipped_frames_are_said() -> None:
    found = read(segmentation([flipped(one, True, False) for one in frames()], TWO))
    assert found.warnings == (
        "frames flipped, turned or shifted against their slice, read by where each pixel lies: 10",
    )


def test_wrong_references_do_not_move_a_frame_and_are_said() -> None:
    wrong = [replace(one, source=(f"1.2.3.1.{4 - at % 5}", 1)) for at, one in enumerate(frames())]
    found = read(segmentation(wrong, TWO))
    assert is_as_drawn(found)
    (warning,) = found.warnings
    assert "name another slice than the one that they lie on, taken by where they lie: 8" in warning


def test_references_to_images_of_another_series_are_said() -> None:
    found = read(segmentation([replace(one, source=("9.9", 1)) for one in frames()], TWO))
    assert is_as_drawn(found)
    assert "another stack" in found.warnings[0]


def test_frames_without_a_place_are_taken_by_the_slice_that_they_name() -> None:
    found = read(segmentation([replace(one, position_mm=None) for one in frames()], TWO))
    assert is_as_drawn(found)
    assert found.warnings == ("frames that do not say where they lie, taken by the slice that they name: 10",)


def test_frames_with_neither_place_nor_source_are_left_out_and_counted() -> None:
    lost = [replace(one, position_mm=None, source=None) for one in frames()]
    found = read(segmentation(lost, TWO))
    assert not found.masks
    assert "left out: 10" in found.warnings[0]


def test_frames_of_an_enhanced_object_are_told_by_frame_number() -> None:
    slices = oblique_slices(frames=True)
    drawn = [replace(frame(one, mask), position_mm=None) for one, mask in zip(slices, MASKS, strict=True)]
    found = read(segmentation(drawn), slices)
    assert all((found.masks[one.key, 1] == mask).all() for one, mask in zip(slices, MASKS, strict=True))


def test_slices_that_are_not_contiguous_stay_where_they_are() -> None:
    found = read(segmentation([frames()[at] for at in (4, 0, 2)]))
    assert {key for key, _ in found.masks} == {SLICES[at].key for at in (0, 2, 4)}
    assert all((found.masks[SLICES[at].key, 1] == MASKS[at]).all() for at in (0, 2, 4))


def test_a_lost_and_an_empty_segment_are_said() -> None:
    segments = {**TWO, 3: ("No-reflow", None)}
    drawn = [frame(SLICES[0], MASKS[0]), frame(SLICES[1], np.zeros((ROWS, COLUMNS), bool), 2)]
    found = read(segmentation(drawn, segments))
    assert "segment 3 “No-reflow” is declared and has no frame" in found.warnings
    assert found.warnings[-1] == "nothing on the stack: segment 2 “LV”, segment 3 “No-reflow”"
    assert not found.masks[SLICES[1].key, 2].any()


def test_a_segment_that_is_not_declared_is_not_lost() -> None:
    found = read(segmentation([frame(SLICES[0], MASKS[0], 7)]))
    assert (found.masks[SLICES[0].key, 7] == MASKS[0]).all()
    assert [one.number for one in found.segments] == [1, 7]
    assert "segment 7 has frames, and the object does not describe it" in found.warnings


def test_frames_between_slices_are_left_out_and_counted_with_their_distance() -> None:
    between = replace(
        frames()[0], position_mm=np.array(SLICES[0].header.position_mm) + 3 * SLICES[0].header.plane.normal
    )
    found = read(segmentation([between, frames()[1]]))
    assert {key for key, _ in found.masks} == {SLICES[1].key}
    assert found.warnings[0] == "frames that lie on no slice of the stack (the nearest is 3.0 mm away), left out: 1"


def test_frames_of_another_orientation_are_left_out_and_counted() -> None:
    axial = replace(frames()[0], orientation=(1, 0, 0, 0, 1, 0))
    assert "frames parallel to no slice of the stack, left out: 1" in read(segmentation([axial])).warnings


def test_another_frame_of_reference_counts_only_where_the_image_is_named() -> None:
    named = segmentation(frames(), TWO, FrameOfReferenceUID="7.7")
    assert is_as_drawn(read(named))
    nameless = segmentation([replace(one, source=None) for one in frames()], TWO, FrameOfReferenceUID="7.7")
    found = read(nameless)
    assert not found.masks
    assert "another frame of reference" in found.warnings[0]


def test_a_finer_grid_gives_each_pixel_the_nearest_one_and_is_said() -> None:
    one, mask = SLICES[2], MASKS[2]
    fine = np.kron(mask, np.ones((2, 2), bool))
    row_mm, column_mm = one.header.pixel_spacing_mm
    # The first fine pixel's centre lies a quarter of a pixel before that of the coarse one.
    position = one.header.plane.patient_mm(np.array(0.25), np.array(0.25))
    drawn = replace(frame(one, fine), position_mm=position, spacing_mm=(row_mm / 2, column_mm / 2))
    found = read(segmentation([drawn]))
    assert (found.masks[one.key, 1] == mask).all()
    assert "of which each pixel has the nearest one: 1" in found.warnings[0]


def test_a_grid_that_reaches_beyond_the_slice_is_cut_and_the_pixels_are_counted() -> None:
    one = SLICES[0]
    wide = np.pad(MASKS[0], 3, constant_values=True)
    drawn = replace(frame(one, wide), position_mm=one.header.plane.patient_mm(np.array(-2.5), np.array(-2.5)))
    found = read(segmentation([drawn]))
    assert (found.masks[one.key, 1] == MASKS[0]).all()
    beyond = (ROWS + 6) * (COLUMNS + 6) - ROWS * COLUMNS
    assert f"drawn pixels beyond the edge of their slice, left out: {beyond}" in found.warnings


def test_two_frames_of_one_segment_and_slice_both_count_and_are_said() -> None:
    found = read(segmentation([frame(SLICES[0], MASKS[0]), frame(SLICES[0], OTHERS[0])]))
    assert (found.masks[SLICES[0].key, 1] == (MASKS[0] | OTHERS[0])).all()
    assert "all of which count: 1" in found.warnings[0]


def test_a_fraction_of_a_half_counts_as_drawn_and_that_is_said() -> None:
    values = CHANCE.integers(0, 201, (ROWS, COLUMNS))
    found = read(segmentation([frame(SLICES[0], values)], kind="FRACTIONAL"))
    assert (found.masks[SLICES[0].key, 1] == (values >= 100)).all()
    assert "half or more counts as drawn" in found.warnings[0]


def test_a_label_map_is_read_segment_by_segment() -> None:
    labels = CHANCE.integers(0, 3, (ROWS, COLUMNS))
    found = read(segmentation([frame(SLICES[0], labels)], TWO, kind="LABELMAP"))
    assert (found.masks[SLICES[0].key, 1] == (labels == 1)).all()
    assert (found.masks[SLICES[0].key, 2] == (labels == 2)).all()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (segmentation([frames()[0]], {}), "declares no segment"),
        (changed(segmentation(frames(), TWO), NumberOfFrames=11), "has 11 frames and describes 10"),
        (changed(segmentation(frames(), TWO), PixelData=b"\0\0"), "cannot be decoded"),
        (changed(segmentation(frames(), TWO, kind="FRACTIONAL"), MaximumFractionalValue=0), "MaximumFractionalValue"),
        (changed(segmentation(frames(), TWO), StudyInstanceUID=""), "StudyInstanceUID"),
        (segmentation([replace(frames()[0], spacing_mm=(0, 0))]), "frame 1: PixelSpacing"),
        (structure_set([(1, np.zeros((2, 3)), None)]), "at least 3 points"),
        (structure_set([], {}), "declares 0 regions"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(content: bytes, reason: str) -> None:
    with pytest.raises(ObjectRefused, match=reason):
        described(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (changed(segmentation(frames(), TWO), NumberOfFrames=20_001), "20001 frames is too large"),
        (changed(segmentation(frames(), TWO), Rows=4096, Columns=4096), "4096 x 4096 x 10 pixels is too large"),
        (segmentation(frames(), dict.fromkeys(range(1, 258), ("Scar", None))), "257 segments is too large"),
    ],
    ids=["frames", "pixels", "segments"],
)
def test_what_is_too_large_is_refused_by_how_much_it_is(content: bytes, reason: str) -> None:
    with pytest.raises(ObjectRefused, match=reason):
        described(content)


def test_contours_of_too_many_points_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtstruct, "MAX_POINTS", 5)
    described(structure_set([(1, np.zeros((5, 3)), None)]))
    with pytest.raises(ObjectRefused, match="at most 5 points are read"):
        described(structure_set([(1, np.zeros((3, 3)), None), (1, np.zeros((3, 3)), None)]))


def test_a_segment_number_that_stands_twice_is_refused() -> None:
    dataset = pydicom.dcmread(io.BytesIO(segmentation(frames(), TWO)))
    dataset.SegmentSequence[1].SegmentNumber = 1
    with pytest.raises(ObjectRefused, match="stands twice"):
        described(written(dataset))


def test_the_same_object_with_other_texts_is_known_by_its_digest() -> None:
    content = segmentation(frames(), TWO)
    coerced = changed(content, PatientID="COERCED", SeriesDescription="again")
    assert described(content).digest == described(coerced).digest
    assert described(segmentation(frames()[::-1], TWO)).digest != described(content).digest


def test_an_object_says_who_made_it_and_what_its_segments_may_be() -> None:
    found = described(segmentation(frames(), TWO))
    assert (found.label, found.creator, found.study.patient_id) == ("CORELAB", "Roe, Richard", "D1")
    assert [(one.label, one.proposed) for one in found.segments] == [
        ("Scar", Meaning.SCAR),
        ("LV", Meaning.LEFT_VENTRICLE),
    ]
    assert found.segments[0].code == "Scar (SCT 12402003)"


def test_an_object_is_called_by_its_series_and_says_what_it_was_made_with() -> None:
    said = {"SeriesDescription": "Contours", "ManufacturerModelName": "Contourer", "SoftwareVersions": ["5.1", "5.1.2"]}
    found = described(segmentation(frames(), TWO, **said))
    assert (found.label, found.series_description, found.content_label) == ("Contours", "Contours", "CORELAB")
    assert found.made_with == "Another maker, Contourer, 5.1, 5.1.2"


@pytest.mark.parametrize(
    ("code", "label", "meaning"),
    [
        (("12402003", "SCT"), "x", Meaning.SCAR),
        (("122113", "DCM"), "", Meaning.SCAR),
        (("T-32602", "SRT"), "", None),
        (("87612001", "SCT"), "", Meaning.BLOOD_POOL),
        (("T-C2000", "SRT"), "", Meaning.BLOOD_POOL),
        (("87878005", "SCT"), "LV_blood", Meaning.BLOOD_POOL),
        (("87878005", "SCT"), "Left ventricle", Meaning.LEFT_VENTRICLE),
        (("1", "99LOCAL"), "Infarct core", Meaning.SCAR),
        (None, "MVO", Meaning.NO_REFLOW),
        (None, "left_ventricle_myocardium", Meaning.MYOCARDIUM),
        (None, "normal myocardium", Meaning.MYOCARDIUM),
        (None, "subendocardial scar", Meaning.SCAR),
        (None, "RV blood", None),
        (None, "label 3", None),
    ],
)
def test_a_segment_is_proposed_by_its_code_in_any_scheme_else_by_its_label(
    code: tuple[str, str] | None, label: str, meaning: Meaning | None
) -> None:
    assert meaning_of([] if code is None else [Code(*code, "as others call it")], label) is meaning


def test_contours_enclose_the_pixels_whose_centres_lie_within() -> None:
    one = SLICES[1]
    content = structure_set([(1, polygon(one, [(3, 2), (11, 2), (11, 9), (3, 9)]), one.key)])
    truth = np.zeros((ROWS, COLUMNS), bool)
    truth[2:9, 3:11] = True
    found = read(content)
    assert found.masks.keys() == {(one.key, 1)}
    assert (found.masks[one.key, 1] == truth).all()
    assert found.warnings == ()


def test_a_contour_within_another_is_a_hole_and_parts_beside_each_other_both_count() -> None:
    one = SLICES[1]
    outer = polygon(one, [(2, 2), (12, 2), (12, 12), (2, 12)])
    inner = polygon(one, [(5, 5), (8, 5), (8, 8), (5, 8)])
    beside = polygon(one, [(20, 5), (24, 5), (24, 8), (20, 8)])
    truth = np.zeros((ROWS, COLUMNS), bool)
    truth[2:12, 2:12] = truth[5:8, 20:24] = True
    truth[5:8, 5:8] = False
    found = read(structure_set([(1, points, None) for points in (outer, inner, beside)]))
    assert (found.masks[one.key, 1] == truth).all()
    assert found.warnings == ("contours of a region within one another, read as its holes: 1",)


def test_contours_that_lie_on_no_slice_or_are_open_are_counted() -> None:
    square = [(2.0, 2.0), (12.0, 2.0), (12.0, 12.0)]
    off = read(structure_set([(1, polygon(SLICES[0], square, 4.0), SLICES[0].key)]))
    assert not off.masks
    assert off.warnings[0].endswith("(the nearest is 4.0 mm away), left out: 1")
    opened = read(structure_set([(1, polygon(SLICES[0], square), None)], kind="OPEN_PLANAR"))
    assert opened.warnings[0] == "contours that are not closed and planar, left out: 1"
    assert "nothing on the stack" in opened.warnings[1]


def test_a_contour_that_names_another_slice_lies_where_its_points_are() -> None:
    found = read(structure_set([(1, polygon(SLICES[3], [(2, 2), (9, 2), (9, 9)]), SLICES[0].key)]))
    assert found.masks.keys() == {(SLICES[3].key, 1)}
    assert "name another slice" in found.warnings[0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [SegmentationTypeValues.BINARY, SegmentationTypeValues.FRACTIONAL])
def test_what_highdicom_writes_on_images_in_reverse_is_read_on_each_image(
    kind: SegmentationTypeValues, tmp_path
) -> None:
    paths = write_phantom(tmp_path, next(demo_studies()))
    images = [pydicom.dcmread(path) for path in paths][::-1]
    slices = tuple(Slice(read_object(path.read_bytes()).slices[0]) for path in paths)
    masks = np.stack([disc(image.Rows, image.Columns, 100 + 3 * at, 90, 20 + at) for at, image in enumerate(images)])
    masks[2] = False  # an empty frame in the middle, which highdicom leaves out
    content = Segmentation(
        images,
        masks.astype(np.uint8) if kind is SegmentationTypeValues.BINARY else masks.astype(np.float32),
        kind,
        [
            SegmentDescription(
                1,
                "LGE",
                codes.SCT.MorphologicallyAbnormalStructure,
                codes.SCT.ScarTissue,
                SegmentAlgorithmTypeValues.MANUAL,
            )
        ],
        highdicom.UID(),
        7,
        highdicom.UID(),
        1,
        "Maker",
        "Model",
        "1",
        "Device",
    )
    found = read(written(content), slices)
    for image, mask in zip(images, masks, strict=True):
        drawn = found.masks.get(((str(image.SOPInstanceUID), 1), 1), np.zeros_like(mask))
        assert (drawn == mask).all()
    assert found.segments[0].proposed is Meaning.SCAR
