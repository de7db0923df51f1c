"""Slices to stacks: by position, whatever their order, numbers or series."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from scarmass.domain.stack import SliceHeader, StudyHeader
from scarmass.imaging.mr.header import read_object
from scarmass.imaging.mr.stacks import build_stacks

STUDY = StudyHeader("study")


@pytest.fixture
def headers(phantom_files: list[Path]) -> list[SliceHeader]:
    return [read_object(path.read_bytes()).slices[0] for path in phantom_files]


def uids(headers: list[SliceHeader]) -> list[str]:
    return [header.sop_instance_uid for header in headers]


def test_the_order_is_the_position_not_the_instance_number(headers: list[SliceHeader]) -> None:
    for seed in range(5):
        shuffled = [replace(h, instance_number=n) for n, h in enumerate(headers)]
        random.Random(seed).shuffle(shuffled)
        (stack,) = build_stacks(STUDY, shuffled)
        assert uids([member.header for member in stack.slices]) == uids(headers)


def test_a_stack_has_the_same_id_however_it_arrives(headers: list[SliceHeader]) -> None:
    assert build_stacks(STUDY, headers)[0].stack_id == build_stacks(STUDY, headers[::-1])[0].stack_id
    assert build_stacks(StudyHeader("other"), headers)[0].stack_id != build_stacks(STUDY, headers)[0].stack_id


def test_one_series_a_breath_hold_joins_into_one_stack(headers: list[SliceHeader]) -> None:
    breath_holds = [replace(h, series_instance_uid=f"1.2.{n}") for n, h in enumerate(headers)]
    (stack,) = build_stacks(STUDY, breath_holds)
    assert len(stack.slices) == len(headers)


def test_phases_at_one_position_become_stacks_of_their_own_and_are_no_lge(headers: list[SliceHeader]) -> None:
    second = [replace(h, sop_instance_uid=h.sop_instance_uid + ".2", trigger_time_ms=300.0) for h in headers]
    stacks = build_stacks(STUDY, headers + second)
    assert [len(stack.slices) for stack in stacks] == [len(headers)] * 2
    assert not any(stack.is_lge for stack in stacks)
    assert all("phases" in stack.is_lge_because for stack in stacks)


def test_magnitude_and_psir_of_one_series_are_two_stacks(headers: list[SliceHeader]) -> None:
    psir = [
        replace(h, sop_instance_uid=h.sop_instance_uid + ".2", image_type=("DERIVED", "PRIMARY", "PSIR"))
        for h in headers
    ]
    stacks = build_stacks(STUDY, headers + psir)
    assert sorted(stack.contrast.value for stack in stacks) == ["magnitude", "psir"]


def test_a_missing_slice_shows_as_uneven_spacing(headers: list[SliceHeader]) -> None:
    (stack,) = build_stacks(STUDY, headers[:3] + headers[4:])
    assert "the slices are not evenly spaced" in stack.warnings
    (whole,) = build_stacks(STUDY, headers)
    assert "the slices are not evenly spaced" not in whole.warnings


def test_a_missing_thickness_is_said(headers: list[SliceHeader]) -> None:
    (stack,) = build_stacks(STUDY, [replace(h, slice_thickness_mm=None) for h in headers])
    assert any("SliceThickness is missing" in warning for warning in stack.warnings)


def test_a_slightly_noisy_orientation_never_breaks_the_stack(headers: list[SliceHeader]) -> None:
    noisy = [
        replace(h, orientation=tuple(round(n + 1e-5 * (i % 3), 6) for n in h.orientation))  # type: ignore[arg-type]
        for i, h in enumerate(headers)
    ]
    assert sum(len(stack.slices) for stack in build_stacks(STUDY, noisy)) == len(headers)


def test_real_cine_is_two_phases_of_twelve_slices_and_no_lge(scarmass_data: Path) -> None:
    paths = sorted((scarmass_data / "sunnybrook_cine").glob("*.dcm"))
    stacks = build_stacks(STUDY, [read_object(path.read_bytes()).slices[0] for path in paths])
    assert [len(stack.slices) for stack in stacks] == [12, 12]
    assert not any(stack.is_lge for stack in stacks)
    assert all(member.slice_spacing_mm == pytest.approx(10, abs=0.01) for s in stacks for member in s.slices)


def test_one_slice_taken_again_replaces_the_earlier_one_and_both_stacks_say_so(headers: list[SliceHeader]) -> None:
    again = replace(headers[3], sop_instance_uid="1.2.3", instance_number=99)
    whole, replaced = build_stacks(STUDY, [*headers, again])
    assert uids([member.header for member in whole.slices]) == uids([*headers[:3], again, *headers[4:]])
    assert uids([member.header for member in replaced.slices]) == uids([headers[3]])
    assert whole.is_lge
    assert any("1 of 10 positions were imaged again" in warning for warning in whole.warnings), whole.warnings
    assert any("imaged again" in warning for warning in replaced.warnings)
