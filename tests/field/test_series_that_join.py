"""Slices of one acquisition that come as several series, or with noise, are one stack."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from tests.field.slices import dicom_slice, places_mm, stacks_of

TEN_APART = [10.0 * index for index in range(8)]


@pytest.fixture
def study() -> str:
    return generate_uid()


def joined(datasets: list[Dataset]) -> list[float]:
    (stack,) = stacks_of(datasets)
    return places_mm(stack)


def test_a_breath_hold_of_three_slices_a_series(study: str) -> None:
    series = [generate_uid() for _ in range(3)]
    slices = [dicom_slice(study, series[i // 3], 10 * i, "DE_sax", SeriesNumber=20 + i // 3) for i in range(9)]
    assert joined(slices) == [10.0 * i for i in range(9)]


def test_a_breath_hold_of_one_slice_a_series(study: str) -> None:
    slices = [dicom_slice(study, generate_uid(), z, SeriesNumber=20 + i) for i, z in enumerate(TEN_APART)]
    assert joined(slices) == TEN_APART


@pytest.mark.parametrize(
    "name",
    ["LGE_sax_b{}", "LGE SAX {}/8", "{} PSIR", "PSIR_sax_sl{}", "LGE bh{} sax", "LGE sax TI 2{}0"],
)
def test_numbered_descriptions(study: str, name: str) -> None:
    slices = [dicom_slice(study, generate_uid(), z, name.format(i + 1)) for i, z in enumerate(TEN_APART)]
    assert joined(slices) == TEN_APART


def test_odd_and_even_slices(study: str) -> None:
    series = generate_uid(), generate_uid()
    slices = [
        dicom_slice(study, series[i % 2], z, f"LGE sax {('odd', 'even')[i % 2]}", SeriesNumber=20 + i % 2)
        for i, z in enumerate(TEN_APART)
    ]
    assert joined(slices) == TEN_APART


@pytest.mark.parametrize("names", [("base", "apex"), ("basal", "apical"), ("BASE", "MID")])
def test_halves_at_base_and_apex(study: str, names: tuple[str, str]) -> None:
    series = generate_uid(), generate_uid()
    slices = [dicom_slice(study, series[i // 4], z, f"LGE sax {names[i // 4]}") for i, z in enumerate(TEN_APART)]
    assert joined(slices) == TEN_APART


def test_a_frame_of_reference_of_its_own_in_every_object(study: str) -> None:
    for series in ([generate_uid()] * 8, [generate_uid() for _ in TEN_APART]):
        slices = [
            dicom_slice(study, uid, z, FrameOfReferenceUID=generate_uid())
            for uid, z in zip(series, TEN_APART, strict=True)
        ]
        (stack,) = stacks_of(slices)
        assert places_mm(stack) == TEN_APART
        assert any("FrameOfReferenceUID" in warning for warning in stack.warnings)


def test_an_orientation_that_a_limit_of_rounding_divides(study: str) -> None:
    series = generate_uid()
    slices = []
    for i, z in enumerate(TEN_APART):
        cosine = 0.715 + (4e-6 if i % 2 else -4e-6)
        orientation = [round(cosine, 8), round(float(np.sqrt(1 - cosine**2)), 8), 0, 0, 0, -1]
        normal = np.cross(orientation[:3], orientation[3:])
        slices.append(
            dicom_slice(
                study,
                series,
                z,
                ImageOrientationPatient=orientation,
                ImagePositionPatient=[round(float(mm), 4) for mm in z * normal],
            )
        )
    (stack,) = stacks_of(slices)
    assert len(stack.slices) == 8
    assert [one.slice_spacing_mm for one in stack.slices] == pytest.approx([10] * 8, abs=1e-3)


def test_another_frame_of_reference_that_several_series_share_is_another_place(study: str) -> None:
    slices = [
        dicom_slice(study, generate_uid(), z, FrameOfReferenceUID=f"{study}.{i // 4}") for i, z in enumerate(TEN_APART)
    ]
    assert [places_mm(stack) for stack in stacks_of(slices)] in (
        [TEN_APART[:4], TEN_APART[4:]],
        [TEN_APART[4:], TEN_APART[:4]],
    )


def test_series_of_other_names_do_not_join(study: str) -> None:
    series = generate_uid(), generate_uid()
    slices = [dicom_slice(study, series[i // 4], z, ("LGE sax", "PSIR sax")[i // 4]) for i, z in enumerate(TEN_APART)]
    assert sorted(map(places_mm, stacks_of(slices))) == [TEN_APART[:4], TEN_APART[4:]]
