"""A result is of the patient that its images are of, whatever their headers hold."""

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread

from scarmass.domain.pacs import ResultKind
from scarmass.imaging.encapsulated_pdf import write_encapsulated_pdf
from scarmass.imaging.result import identity_of, local_time, patient_and_study, person_name
from scarmass.imaging.secondary_capture import write_key_image
from scarmass.imaging.seg.read_back import require_same_masks
from scarmass.imaging.seg.write import write_segmentation
from scarmass.imaging.sr.write import write_report
from tests.imaging.outlined import SIGNED, drawn
from tests.imaging.sr.test_write import groups_of

ANY = st.text(max_size=90)
DATES = st.sampled_from(["20260105", "1999.12.31", "20260230", "unknown", "", "0", "2026-01-05"])
PDF = b"%PDF-1.4 odd"


def source(**attributes: str) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


@settings(max_examples=40)
@given(name=ANY, id=ANY, birth=DATES, sex=st.sampled_from(["M", "F", "O", "", "U", "male"]), time=ANY, reader=ANY)
def test_whatever_a_header_holds_an_object_is_written_and_read_back(
    name: str, id: str, birth: str, sex: str, time: str, reader: str
) -> None:
    one = STRAIGHT
    said = source(PatientName=name, PatientID=id, PatientBirthDate=birth, PatientSex=sex, StudyInstanceUID="1.2.3")
    said.add_new("StudyTime", "LO", time)
    edition = replace(SIGNED, reader=reader)
    whose = identity_of(patient_and_study(said))
    content = write_segmentation(edition, patient_and_study(said), one.images, one.outlines)
    require_same_masks(content, one.outlines)
    assert identity_of(dcmread(BytesIO(content))) == whose


STRAIGHT = drawn("straight")


def test_no_name_reaches_a_log(caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder) -> None:
    """highdicom warns of a name of a single component, with the name."""
    caplog.set_level("DEBUG")
    names = {"PatientName": "Nobody", "ReferringPhysicianName": "Nobody", "PatientID": "SECRET" * 20}
    patient = patient_and_study(source(StudyInstanceUID="1.2.3", **names))
    write_segmentation(SIGNED, patient, STRAIGHT.images, STRAIGHT.outlines)
    write_report(SIGNED, patient, STRAIGHT.images, groups_of(STRAIGHT))
    write_encapsulated_pdf(SIGNED, patient, STRAIGHT.images, PDF)
    write_key_image(SIGNED, patient, STRAIGHT.images[0], 1, np.zeros((8, 8, 3), np.uint8), 1.0)
    said = caplog.text + "".join(str(one.message) for one in recwarn)
    assert "Nobody" not in said
    assert "SECRET" not in said


@pytest.mark.parametrize(
    ("date", "kept"), [("20260105", "20260105"), ("1999.12.31", "19991231"), ("20260230", ""), ("unknown", "")]
)
def test_a_date_that_is_none_is_left_empty_and_an_acr_nema_date_is_what_it_means(date: str, kept: str) -> None:
    assert patient_and_study(source(PatientBirthDate=date)).PatientBirthDate == kept


def test_an_id_with_a_backslash_stays_whole() -> None:
    content = write_encapsulated_pdf(SIGNED, patient_and_study(source(PatientID="A\\B")), STRAIGHT.images, PDF)
    assert list(dcmread(BytesIO(content)).PatientID) == ["A", "B"]


def test_a_document_of_odd_length_is_whole() -> None:
    content = write_encapsulated_pdf(SIGNED, STRAIGHT.patient, STRAIGHT.images, PDF * 3)
    dataset = dcmread(BytesIO(content))
    assert dataset.EncapsulatedDocument[: dataset.EncapsulatedDocumentLength] == PDF * 3


def test_a_reader_is_one_name_whatever_it_is_written_with() -> None:
    assert person_name("Dr Anna (unauthenticated)") == "Dr Anna (unauthenticated)^"
    assert person_name("Anna^Smith=王\\x\n") == "Anna Smith 王 x^"
    assert person_name("") == "unknown^"
    assert len(person_name("x" * 500)) == 64


def test_times_are_told_by_the_clock_of_the_study() -> None:
    at = replace(SIGNED, at=datetime(2026, 1, 5, 23, 30, tzinfo=UTC))
    for offset, told in (("+0100", "2026-01-06T00:30:00+01:00"), ("-0330", "2026-01-05T20:00:00-03:30")):
        assert local_time(at, source(TimezoneOffsetFromUTC=offset)).isoformat() == told
    assert local_time(at, Dataset()) == at.at


def test_kinds_of_one_version_are_objects_of_their_own() -> None:
    uids = {SIGNED.sop_instance_uid(kind) for kind in ResultKind} | {SIGNED.series_instance_uid(k) for k in ResultKind}
    assert len(uids) == 2 * len(ResultKind)
