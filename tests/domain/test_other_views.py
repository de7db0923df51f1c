"""What a study shows beside one of its stacks."""

from itertools import product
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from scarmass.domain.other_views import OtherView, other_views, views_of
from scarmass.domain.stack import Stack
from tests.field.slices import dicom_slice, stacks_of

PLACES = [10.0 * index for index in range(4)]
STUDY = generate_uid()
ACROSS: dict[str, Any] = {"ImageOrientationPatient": [1, 0, 0, 0, 0, -1], "ImagePositionPatient": [-20, 0, 40]}


def short_axis() -> list[Dataset]:
    series = generate_uid()
    return [dicom_slice(STUDY, series, z) for z in PLACES]


def cine(places: list[float], phases: int, description: str = "cine", **attributes: Any) -> list[Dataset]:
    series = generate_uid()
    return [
        dicom_slice(STUDY, series, z, description, TriggerTime=40 * phase, **attributes)
        for z, phase in product(places, range(phases))
    ]


def beside(datasets: list[Dataset]) -> tuple[Stack, list[OtherView]]:
    """The stack of late enhancement, and what is beside it."""
    stacks = stacks_of(datasets)
    (stack,) = (one for one in stacks if one.is_lge)
    return stack, other_views(stack, stacks)


def test_a_cine_is_one_view_that_moves_position_by_position() -> None:
    _, (other,) = beside([*short_axis(), *cine([0.0, 0.04, 12.0], 5)[5:]])
    assert (other.view.description, other.view.number_of_positions, other.view.number_of_phases) == ("cine", 2, 5)
    shown = [(phase, round(one.header.position_mm[2])) for phase, one in other.view.images]
    assert shown == [(phase, z) for z in (0, 12) for phase in range(1, 6)]


def test_two_cines_of_one_name_along_two_planes_are_two_views() -> None:
    _, others = beside([*short_axis(), *cine([0.0], 5), *cine([0.0], 5, **ACROSS)])
    assert sorted((other.view.number_of_phases, other.is_parallel) for other in others) == [(5, False), (5, True)]


def test_a_stack_is_not_beside_itself_and_each_image_is_in_one_view() -> None:
    datasets = [*short_axis(), *cine(PLACES, 5), dicom_slice(STUDY, generate_uid(), 0, "4ch", **ACROSS)]
    stack, others = beside(datasets)
    shown = [one.header.sop_instance_uid for view in views_of(stacks_of(datasets)) for _, one in view.images]
    assert sorted(shown) == sorted(one.SOPInstanceUID for one in datasets)
    assert stack.stack_id not in {other.view.stack_id for other in others}
    assert len(others) == 2


def test_two_acquisitions_are_two_views() -> None:
    later = [dicom_slice(STUDY, generate_uid(), z, "T2", AcquisitionTime=time) for time in ("10", "11") for z in PLACES]
    _, others = beside([*short_axis(), *later])
    assert [other.view.description for other in others] == ["T2, acquisition 1 of 2", "T2, acquisition 2 of 2"]


def shares(**attributes: Any) -> bool:
    _, (other,) = beside([*short_axis(), dicom_slice(STUDY, generate_uid(), 0, "4ch", **(ACROSS | attributes))])
    return other.shares_positions


def test_planes_are_compared_within_one_frame_of_reference_alone() -> None:
    assert shares()
    assert not shares(FrameOfReferenceUID=generate_uid())


def test_an_image_whose_position_is_missing_is_compared_with_nothing() -> None:
    assert not shares(ImagePositionPatient=[0, 0, 0])


def test_a_frame_of_reference_in_every_object_says_nothing_of_positions() -> None:
    series = generate_uid()
    apart = [dicom_slice(STUDY, series, z, FrameOfReferenceUID=generate_uid()) for z in PLACES]
    _, (other,) = beside([*apart, dicom_slice(STUDY, generate_uid(), 0, "4ch", **ACROSS)])
    assert other.shares_positions


def test_a_view_whose_phases_lack_a_position_shows_what_there_is() -> None:
    _, (other,) = beside([*short_axis(), *cine(PLACES, 5)[1:]])
    assert len(other.view.images) == 19
