"""A structured report holds the numbers of a reading, each with what it is of, who answers for it and from what."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from highdicom.sr import srread
from pydicom import Dataset, dcmread

from scarmass.domain.errors import ResultNotReadBack
from scarmass.domain.mass import MassExtent
from scarmass.domain.pacs import ResultKind
from scarmass.domain.structures import Structure
from scarmass.imaging import codes
from scarmass.imaging.result import Edition
from scarmass.imaging.seg.write import tracking_uid
from scarmass.imaging.sr.read_back import numbers_by_pydicom, require_same_numbers
from scarmass.imaging.sr.write import Group, Number, write_report
from tests.dciodvfy import verdict
from tests.imaging.outlined import AMENDED, DRAFT, MODEL, SIGNED, STACKS, Drawn, drawn

GRAMS = 12.345678901234567


def groups_of(one: Drawn) -> list[Group]:
    """Scar with a segment, and a segment of the wall without."""
    by = codes.EXTENTS
    scar = (
        Number(codes.AREA, 1 / 3, codes.SQUARE_MILLIMETRE, derivation=codes.TOTAL),
        Number(codes.MASS, GRAMS, codes.GRAM, by[MassExtent.SLICE_THICKNESS]),
        Number(codes.MASS, GRAMS * 1.25, codes.GRAM, by[MassExtent.SLICE_SPACING]),
        Number(codes.PERCENT_OF_MYOCARDIUM, 7.1, codes.PERCENT, by[MassExtent.SLICE_SPACING]),
    )
    wall = (Number(codes.MASS, 0.0, codes.GRAM, by[MassExtent.SLICE_THICKNESS]),)
    type = codes.STRUCTURES[Structure.SCAR].type
    uid = tracking_uid(SIGNED, Structure.SCAR)
    return [
        Group("Scar", uid, type, codes.MYOCARDIUM, scar, one.images, 1, (MODEL,), ("density: 1.05 g/mL",)),
        Group("Segment 1", f"{uid}.1", type, codes.SEGMENTS17[0], wall, one.images[:2]),
    ]


def written(one: Drawn, edition: Edition = SIGNED) -> bytes:
    return write_report(edition, one.patient, one.images, groups_of(one))


def read(content: bytes) -> Dataset:
    return dcmread(BytesIO(content))


@pytest.mark.parametrize("kind", STACKS)
def test_independent_readers_find_every_number_to_its_last_bit(kind: str) -> None:
    one = drawn(kind)
    require_same_numbers(written(one), groups_of(one))


@pytest.mark.parametrize("kind", ["straight", "joined", "enhanced"])
@pytest.mark.parametrize("edition", [SIGNED, AMENDED, DRAFT], ids=["signed", "amended", "draft"])
def test_dciodvfy_finds_neither_error_nor_warning(kind: str, edition: Edition, tmp_path: Path) -> None:
    assert verdict(written(drawn(kind), edition), tmp_path) == []


def test_a_draft_is_partial_and_unverified_and_a_signed_one_complete_and_verified_by_its_reader() -> None:
    one = drawn("straight")
    draft, signed = read(written(one, DRAFT)), read(written(one))
    assert (draft.CompletionFlag, draft.VerificationFlag, draft.PreliminaryFlag) == (
        "PARTIAL",
        "UNVERIFIED",
        "PRELIMINARY",
    )
    assert draft.SeriesDescription.startswith("DRAFT")
    assert (signed.CompletionFlag, signed.VerificationFlag, signed.PreliminaryFlag) == ("COMPLETE", "VERIFIED", "FINAL")
    (observer,) = signed.VerifyingObserverSequence
    assert observer.VerifyingObserverName.family_name == "Dr Anna"
    assert "VerifyingObserverSequence" not in draft


def test_times_are_those_of_the_signature() -> None:
    one = drawn("straight")
    one.patient.TimezoneOffsetFromUTC = "+0100"
    signed = read(written(one))
    assert (signed.ContentDate, signed.ContentTime) == ("20260105", "133015.000000")
    assert str(signed.VerifyingObserverSequence[0].VerificationDateTime) == "20260105133015.000000+0100"
    assert signed.TimezoneOffsetFromUTC == "+0100"


def test_an_amended_reading_names_the_document_that_it_replaces() -> None:
    one = drawn("straight")
    (study,) = read(written(one, AMENDED)).PredecessorDocumentsSequence
    (series,) = study.ReferencedSeriesSequence
    (document,) = series.ReferencedSOPSequence
    assert document.ReferencedSOPInstanceUID == SIGNED.sop_instance_uid(ResultKind.SR)
    assert series.SeriesInstanceUID == SIGNED.series_instance_uid(ResultKind.SR)
    assert "PredecessorDocumentsSequence" not in read(written(one))


def test_model_and_sha256_identify_the_algorithm_and_the_segment_the_region() -> None:
    one = drawn("enhanced")
    (group,) = srread(BytesIO(written(one))).content.get_volumetric_roi_measurement_groups()  # type: ignore[attr-defined]
    texts = {item.name.meaning: item.value for item in group[0].ContentSequence if item.ValueType == "TEXT"}
    assert (texts["Algorithm Name"], texts["Algorithm Version"]) == (MODEL.name, MODEL.version)
    segment = group.referenced_segment[0].ReferencedSOPSequence[0]
    assert segment.ReferencedSOPInstanceUID == SIGNED.sop_instance_uid(ResultKind.SEG)
    assert segment.ReferencedSegmentNumber == 1
    assert "ReferencedFrameNumber" not in segment


def test_every_image_and_the_segmentation_are_evidence() -> None:
    one = drawn("joined")
    (study,) = read(written(one)).CurrentRequestedProcedureEvidenceSequence
    listed = {
        item.ReferencedSOPInstanceUID
        for series in study.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }
    assert listed == {*(image.slice.key[0] for image in one.images), SIGNED.sop_instance_uid(ResultKind.SEG)}


def test_a_version_has_the_same_bytes_each_time() -> None:
    one = drawn("straight")
    assert written(one) == written(one)


def test_a_number_that_reads_back_otherwise_is_noticed() -> None:
    one = drawn("straight")
    groups = groups_of(one)
    more = replace(groups[0].numbers[1], value=GRAMS + 1e-12)
    changed = replace(groups[0], numbers=(groups[0].numbers[0], more, *groups[0].numbers[2:]))
    with pytest.raises(ResultNotReadBack):
        require_same_numbers(written(one), [changed, groups[1]])
    assert GRAMS in [value for *_, value, _ in numbers_by_pydicom(written(one))]
