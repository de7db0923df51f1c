"""An object without its patient: nobody named in it is left, and what is measured by stays."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless, generate_uid

from scarmass.imaging import deidentification
from scarmass.imaging.mr.header import MrObject, read_object
from scarmass.imaging.mr.objects import measured_by
from scarmass.imaging.mr.pixels import stored_values
from scarmass.imaging.pseudonyms import Pseudonyms
from tests.field.synthetic import big_endian, encoded, enhanced, item, mr_slice

KEY = Pseudonyms("what only this hospital knows 123456")
STUDY, SERIES = generate_uid(), generate_uid()

IDENTITIES = {
    "PatientName": "Weissensteiner^Hadumod",
    "PatientID": "HOSP-778812",
    "OtherPatientIDs": "AHV756123",
    "PatientBirthDate": "19410923",
    "AccessionNumber": "ACC900417",
    "ReferringPhysicianName": "Quintilian^Marcus",
    "OperatorsName": "Ottokar^Pr",
    "InstitutionName": "Sankt Nimmerlein",
    "StationName": "MRROOM7",
    "DeviceSerialNumber": "SN55521",
    "PatientAddress": "Elm Street 12",
    "PatientComments": "walks with a stick",
    "StudyDescription": "heart of Weissensteiner",
    "StudyID": "ST4711",
    "IssuerOfPatientID": "NIMMERLEIN",
}


def named(**attributes: Any) -> Dataset:
    """A slice that says in many places whose it is."""
    dataset = mr_slice(
        STUDY,
        SERIES,
        **IDENTITIES,
        SeriesDescription="LGE sax WEISSENSTEINER (HOSP-778812), ordered by Quintilian",
        ProtocolName="psir_sax_hadumod",
        StudyDate="20250314",
        StudyTime="101500",
        AcquisitionDate="20250314",
        AcquisitionTime="102030.5",
        **attributes,
    )
    dataset.RequestAttributesSequence = [item(RequestedProcedureID="RP778812", PatientID="HOSP-778812")]
    dataset.ReferencedImageSequence = [item(ReferencedSOPClassUID="1.2.3", ReferencedSOPInstanceUID=STUDY)]
    private = dataset.private_block(0x0029, "ACME 1.0", create=True)
    private.add_new(0x01, "LO", "Weissensteiner")
    return dataset


def deidentified(content: bytes) -> MrObject:
    return deidentification.deidentified(content, read_object(content), KEY)


def opened(mr_object: MrObject) -> Dataset:
    assert mr_object.deidentified is not None
    return pydicom.dcmread(BytesIO(mr_object.deidentified))


def assert_nameless(content: bytes, dataset: Dataset) -> None:
    """None of the identities, and no UID of the object that arrived."""
    lower = content.lower()
    names = [part for text in IDENTITIES.values() for part in text.split("^") if len(part) > 3]
    assert [text for text in names if text.lower().encode() in lower] == []
    uids = [str(element.value) for element in dataset.iterall() if element.VR == "UI" and element.value]
    kept = [uid for uid in uids if uid.encode() in content]
    assert set(kept) <= {str(dataset.SOPClassUID), "1.2.3"}


def test_nothing_of_the_object_says_whose_it_is() -> None:
    dataset = named()
    cleaned = deidentified(encoded(dataset))
    assert cleaned.deidentified is not None
    assert_nameless(cleaned.deidentified, dataset)
    now = opened(cleaned)
    assert (now.PatientIdentityRemoved, now.PatientBirthDate, now.PatientSex) == ("YES", "", "")
    assert "keyed pseudonyms" in now.DeidentificationMethod
    assert [code.CodeValue for code in now.DeidentificationMethodCodeSequence] == ["113100", "113105", "113107"]
    assert now.PatientID == KEY.of_patient("HOSP-778812")


def test_a_description_keeps_what_series_are_told_apart_by() -> None:
    header = deidentified(encoded(named())).slices[0]
    assert header.series_description.startswith("LGE sax")
    assert header.acquisition_time == "102030.5"
    assert header.image_type == ("ORIGINAL", "PRIMARY", "M")


def test_dates_are_shifted_by_the_days_of_the_patient_and_times_stay() -> None:
    now = opened(deidentified(encoded(named())))
    assert now.StudyDate == now.AcquisitionDate != "20250314"
    later = opened(deidentified(encoded(named(ContentDate="20250315"))))
    days = [datetime.strptime(text, "%Y%m%d").toordinal() for text in (now.StudyDate, later.ContentDate)]
    assert days[1] - days[0] == 1
    assert now.StudyTime == "101500"


@pytest.mark.parametrize("date", ["", "1999.12.31", "yesterday", "00010101"])
def test_a_date_that_is_none_does_not_stay(date: str) -> None:
    now = opened(deidentified(encoded(named(ContentDate=date))))
    assert now.ContentDate == "" or (date and str(now.ContentDate) < "19991231")


def test_references_stay_whole() -> None:
    now = opened(deidentified(encoded(named())))
    assert now.ReferencedImageSequence[0].ReferencedSOPInstanceUID == now.StudyInstanceUID == KEY.of_uid(STUDY)
    assert now.file_meta.MediaStorageSOPInstanceUID == now.SOPInstanceUID


def test_the_same_object_makes_the_same_bytes() -> None:
    content = encoded(named())
    assert deidentified(content) == deidentified(content)


def test_two_names_under_one_id_are_still_two() -> None:
    names = [
        deidentified(encoded(named() if name is None else _renamed(name))).study.patient_name
        for name in (None, "Weissensteiner^Hadumod^^^", "Nepomuk^Jan")
    ]
    assert names[0] == names[1] != names[2]
    assert len({name.split("^")[0] for name in names}) == 1


def _renamed(name: str) -> Dataset:
    dataset = named()
    dataset.PatientName = name
    return dataset


def _compressed(dataset: Dataset) -> bytes:
    dataset.compress(RLELossless, encoding_plugin="pydicom")
    return encoded(dataset)


def _implicit(dataset: Dataset) -> bytes:
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return encoded(dataset)


def _deflated(dataset: Dataset) -> bytes:
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    return encoded(dataset)


@pytest.mark.parametrize("encoding", [encoded, _implicit, big_endian, _deflated, _compressed])
def test_pixels_and_what_is_measured_by_stay_in_every_encoding(encoding: Callable[[Dataset], bytes]) -> None:
    content = encoding(named(RescaleSlope="1.25", RescaleIntercept="-7", PixelPaddingValue=0))
    before, after = read_object(content), deidentified(content)
    assert after.deidentified is not None
    assert np.array_equal(stored_values(content), stored_values(after.deidentified))
    stored = read_object(after.deidentified)
    assert [measured_by(one) for one in after.slices] == [measured_by(one) for one in before.slices]
    assert [measured_by(one) for one in stored.slices] == [measured_by(one) for one in before.slices]


def test_each_frame_of_an_enhanced_object_keeps_its_geometry_and_loses_its_date() -> None:
    dataset = enhanced(4, **{name: IDENTITIES[name] for name in ("PatientName", "PatientID", "OperatorsName")})
    for groups in dataset.PerFrameFunctionalGroupsSequence:
        groups.FrameContentSequence = [item(FrameAcquisitionDateTime="20250314102030.5", FrameComments="Hadumod")]
    content = encoded(dataset)
    before, after = read_object(content), deidentified(content)
    assert after.deidentified is not None
    assert_nameless(after.deidentified, dataset)
    assert [measured_by(one) for one in after.slices] == [measured_by(one) for one in before.slices]
    assert {one.acquisition_time for one in after.slices} == {"102030.5"}
    assert b"20250314" not in after.deidentified


def test_a_private_rescale_counts_after_its_attribute_is_gone() -> None:
    dataset = named()
    block = dataset.private_block(0x2005, "Philips MR Imaging DD 005", create=True)
    block.add_new(0x0A, "DS", "2.5")
    block.add_new(0x09, "DS", "-12")
    cleaned = deidentified(encoded(dataset))
    assert cleaned.deidentified is not None
    for one in (cleaned.slices[0], read_object(cleaned.deidentified).slices[0]):
        assert (one.rescale_slope, one.rescale_intercept) == (2.5, -12)


def test_a_derived_image_that_does_not_say_that_nothing_is_written_in_it_is_marked() -> None:
    for image_type, said, is_marked in (
        (["ORIGINAL", "PRIMARY", "M"], None, False),
        (["DERIVED", "PRIMARY", "M"], None, True),
        (["DERIVED", "SECONDARY", "M"], "NO", False),
    ):
        dataset = named(ImageType=image_type, BurnedInAnnotation=said)
        assert deidentified(encoded(dataset)).slices[0].may_show_writing is is_marked


def test_a_name_in_another_script_is_taken_out_of_a_description() -> None:
    dataset = named(SpecificCharacterSet="ISO_IR 192")
    dataset.PatientName, dataset.SeriesDescription = "王^小东", "王小东延迟强化"
    assert deidentified(encoded(dataset)).slices[0].series_description == "延迟强化"
