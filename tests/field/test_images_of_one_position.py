"""Several images of one position: each stack is of one kind and one acquisition, never mixed slice by slice."""

import random
from itertools import product

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from scarmass.domain.stack import Contrast, Stack
from tests.field.slices import dicom_slice, places_mm, stacks_of

PLACES = [10.0 * index for index in range(8)]


@pytest.fixture
def study() -> str:
    return generate_uid()


def values(stack: Stack, name: str) -> set:
    return {getattr(one.header, name) for one in stack.slices}


def shuffled(datasets: list[Dataset]) -> list[Stack]:
    random.Random(5).shuffle(datasets)
    return stacks_of(datasets)


def test_magnitude_and_real_images_of_one_series(study: str) -> None:
    series = generate_uid()
    stacks = shuffled(
        [
            dicom_slice(
                study,
                series,
                z,
                "PSIR_TFE_BH",
                ImageType=["ORIGINAL", "PRIMARY", f"{kind}_IR", kind, "IR"],
                RescaleSlope=1,
                RescaleIntercept=-2000 * (kind == "R"),
                TriggerTime=700 + 3 * ((at + (kind == "R")) % 2),
                InstanceNumber=2 * at + (kind == "R"),
            )
            for (at, z), kind in product(enumerate(PLACES), "MR")
        ]
    )
    assert [places_mm(stack) for stack in stacks] == [PLACES, PLACES]
    assert all(stack.is_lge for stack in stacks)
    assert {stack.contrast: values(stack, "rescale_intercept") for stack in stacks} == {
        Contrast.MAGNITUDE: {0.0},
        Contrast.PSIR: {-2000.0},
    }
    assert all(any("other images of its series" in said for said in stack.warnings) for stack in stacks)


def test_magnitude_and_real_images_by_letters_alone_in_series_of_their_own(study: str) -> None:
    series = {"M": generate_uid(), "R": generate_uid()}
    stacks = shuffled(
        [
            dicom_slice(study, series[kind], z, "PSIR sax", ImageType=["ORIGINAL", "PRIMARY", kind])
            for z, kind in product(PLACES, "MR")
        ]
    )
    assert {stack.contrast: values(stack, "image_type") for stack in stacks} == {
        Contrast.MAGNITUDE: {("ORIGINAL", "PRIMARY", "M")},
        Contrast.PSIR: {("ORIGINAL", "PRIMARY", "R")},
    }


def test_two_acquisitions_in_series_of_one_slice_each(study: str) -> None:
    stacks = shuffled(
        [
            dicom_slice(study, generate_uid(), z, SeriesNumber=20 + 10 * k + i, AcquisitionTime=f"10{k}{i}00")
            for k, (i, z) in product(range(2), enumerate(PLACES))
        ]
    )
    assert [places_mm(stack) for stack in stacks] == [PLACES, PLACES]
    assert all(stack.is_lge for stack in stacks)
    for number, stack in enumerate(stacks):
        assert {time[:3] for time in values(stack, "acquisition_time")} == {f"10{number}"}
        assert stack.description == f"LGE sax, acquisition {number + 1} of 2"


def test_two_acquisitions_of_which_the_first_lacks_a_position(study: str) -> None:
    places = [(k, i, z) for k, (i, z) in product(range(2), enumerate(PLACES)) if (k, i) != (0, 3)]
    stacks = shuffled([dicom_slice(study, generate_uid(), z, AcquisitionTime=f"10{k}{i}00") for k, i, z in places])
    assert [{time[:3] for time in values(stack, "acquisition_time")} for stack in stacks] in (
        [{"100"}, {"101"}],
        [{"101"}, {"100"}],
    )


@pytest.mark.parametrize(
    "apart",
    [
        {"AcquisitionNumber": (1, 2)},
        {"AcquisitionTime": ("100000", "101500")},
        {"InstanceNumber": (1, 101)},
    ],
    ids=lambda each: next(iter(each)),
)
def test_two_acquisitions_in_one_series_are_no_cine(study: str, apart: dict[str, tuple]) -> None:
    """The heart's rate changes between them, so that TriggerTime differs a little."""
    series = generate_uid()
    stacks = shuffled(
        [
            dicom_slice(study, series, z, TriggerTime=700 - 40 * k, **{name: each[k] for name, each in apart.items()})
            for k, z in product(range(2), PLACES)
        ]
    )
    assert [places_mm(stack) for stack in stacks] == [PLACES, PLACES]
    assert all(stack.is_lge and len(values(stack, "trigger_time_ms")) == 1 for stack in stacks)


def test_slices_that_were_each_acquired_twice_in_a_row(study: str) -> None:
    stacks = shuffled(
        [
            dicom_slice(study, generate_uid(), z, SeriesNumber=20 + 2 * at + k, AcquisitionTime=f"100{at}{k}0")
            for (at, z), k in product(enumerate(PLACES), range(2))
        ]
    )
    assert [places_mm(stack) for stack in stacks] == [PLACES, PLACES]
    assert [{number % 2 for number in values(stack, "series_number")} for stack in stacks] == [{0}, {1}]


def test_images_before_and_after_their_distortion_was_corrected_stay_apart(study: str) -> None:
    stacks = shuffled(
        [
            dicom_slice(study, generate_uid(), z, ImageType=["ORIGINAL", "PRIMARY", "M", kind])
            for z, kind in product(PLACES, ("ND", "DIS2D"))
        ]
    )
    assert [places_mm(stack) for stack in stacks] == [PLACES, PLACES]
    assert all(len(values(stack, "image_type")) == 1 for stack in stacks)


def test_a_late_check_of_some_slices_after_a_pause_is_an_acquisition_of_its_own(study: str) -> None:
    first = [dicom_slice(study, generate_uid(), z, AcquisitionTime=f"1000{i}0") for i, z in enumerate(PLACES[:6])]
    later = [dicom_slice(study, generate_uid(), z, AcquisitionTime=f"1015{i}0") for i, z in enumerate(PLACES[2:4])]
    assert sorted(map(places_mm, shuffled([*first, *later]))) == [PLACES[:6], PLACES[2:4]]


def test_some_slices_of_a_whole_series_again_in_another_series_stay_apart(study: str) -> None:
    series = generate_uid(), generate_uid()
    whole = [dicom_slice(study, series[0], z, SeriesNumber=20) for z in PLACES]
    again = [dicom_slice(study, series[1], z, SeriesNumber=21) for z in PLACES[2:4]]
    stacks = shuffled([*whole, *again])
    assert [places_mm(stack) for stack in stacks] == [PLACES, PLACES[2:4]]
    assert all(any("imaged 2 times" in said for said in stack.warnings) for stack in stacks)


def test_of_a_breath_hold_taken_again_the_later_image_is_used_and_both_stacks_say_so(study: str) -> None:
    slices = [dicom_slice(study, generate_uid(), z, TriggerTime=700, SeriesNumber=20 + i) for i, z in enumerate(PLACES)]
    again = dicom_slice(study, generate_uid(), PLACES[3], TriggerTime=650, SeriesNumber=30)
    whole, replaced = shuffled([*slices, again])
    assert [one.header.sop_instance_uid for one in replaced.slices] == [slices[3].SOPInstanceUID]
    assert whole.slices[3].header.sop_instance_uid == again.SOPInstanceUID
    assert all(any("imaged again" in said for said in stack.warnings) for stack in (whole, replaced))
    assert whole.is_lge


def test_a_cine_is_told_by_its_cardiac_tags_or_its_trigger_times(study: str) -> None:
    for series, tags in (([generate_uid()] * 8, {}), ([generate_uid() for _ in PLACES], {"CardiacNumberOfImages": 5})):
        stacks = shuffled(
            [
                dicom_slice(study, uid, z, "sax", TriggerTime=40 * phase, **tags)
                for (uid, z), phase in product(zip(series, PLACES, strict=True), range(5))
            ]
        )
        assert [places_mm(stack) for stack in stacks] == [PLACES] * 5
        assert sorted(values(stack, "trigger_time_ms").pop() for stack in stacks) == [0, 40, 80, 120, 160]
        assert all(len(values(stack, "trigger_time_ms")) == 1 for stack in stacks)
        assert not any(stack.is_lge for stack in stacks)
        assert all("phases" in stack.is_lge_because for stack in stacks)


def test_several_inversion_times_at_one_position_are_no_late_enhancement(study: str) -> None:
    series = generate_uid()
    stacks = stacks_of(
        [dicom_slice(study, series, 0, "series 7", InversionTime=100 + 80 * n, InstanceNumber=n) for n in range(8)]
    )
    assert not any(stack.is_lge for stack in stacks)
    assert all("8 inversion times" in stack.is_lge_because for stack in stacks)


def test_images_acquired_with_late_enhancement_are_late_enhancement(study: str) -> None:
    series = generate_uid(), generate_uid()
    named = [dicom_slice(study, series[0], z, "PSIR sax", AcquisitionTime=f"1000{i}0") for i, z in enumerate(PLACES)]
    beside = [dicom_slice(study, series[1], z, "sax", AcquisitionTime=f"1000{i}0") for i, z in enumerate(PLACES)]
    others = [dicom_slice(study, series[1], z, "sax", AcquisitionTime=f"1100{i}0") for i, z in enumerate(PLACES)]
    (stack,) = (stack for stack in stacks_of([*named, *beside]) if stack.description == "sax")
    assert stack.is_lge
    assert "“PSIR sax”" in stack.is_lge_because
    (stack,) = (stack for stack in stacks_of([*named, *others]) if stack.description == "sax")
    assert not stack.is_lge
