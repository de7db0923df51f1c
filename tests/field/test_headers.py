"""Headers as scanners write them: read as they are meant, or refused by the attribute's name."""

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    LegacyConvertedEnhancedMRImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
    generate_uid,
)

from scarmass.domain.errors import ObjectRefused, PixelsUndecodable
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.mr.encoding import open_dataset
from scarmass.imaging.mr.enhanced import frames_of
from scarmass.imaging.mr.header import MrObject, object_of
from scarmass.imaging.mr.objects import object_warnings
from scarmass.imaging.mr.pixels import require_pixels, slice_values, stored_values
from tests.field.synthetic import encoded, enhanced, item, mr_slice, mr_stack, raw, values


def dataset(**attributes: Any) -> Dataset:
    return mr_slice(generate_uid(), generate_uid(), **attributes)


def taken_in(content: bytes) -> MrObject:
    opened = open_dataset(content)
    read = object_of(opened, Bounds())
    require_pixels(opened, read.slices)
    return read


def reason(content: bytes) -> str:
    with pytest.raises((ObjectRefused, PixelsUndecodable)) as refused:
        taken_in(content)
    return str(refused.value)


class TestPixels:
    @pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
    def test_pixels_of_8_and_16_bits_signed_and_unsigned_are_read(self, dtype: str) -> None:
        pixels = (values(high=100) - (50 if dtype.startswith("int") else 0)).astype(dtype)
        content = encoded(dataset(pixels=pixels))
        assert taken_in(content).slices[0].dtype == dtype
        assert np.array_equal(stored_values(content), pixels)

    def test_the_sign_of_a_12_bit_value_need_not_fill_the_16(self) -> None:
        signed = values(high=1500).astype("int16") - 700
        content = encoded(dataset(pixels=signed & 0x0FFF))
        assert taken_in(content)
        assert np.array_equal(stored_values(content), signed)

    def test_an_overlay_in_the_bits_above_a_value_is_no_part_of_it(self) -> None:
        one = dataset(pixels=values() | 0x1000)
        one.add_new(0x60000100, "US", 16)
        one.add_new(0x60000102, "US", 12)
        assert np.array_equal(stored_values(encoded(one)), values())
        assert taken_in(encoded(one))

    def test_a_value_beyond_bits_stored_is_refused_by_name(self) -> None:
        assert "BitsStored (12)" in reason(encoded(dataset(pixels=values(high=5000))))

    def test_a_high_bit_elsewhere_is_refused_by_name(self) -> None:
        assert "HighBit is 15" in reason(encoded(dataset(pixels=values() << 4, HighBit=15)))

    @pytest.mark.parametrize("keyword", ["PhotometricInterpretation", "PixelRepresentation", "BitsStored"])
    def test_what_pixels_cannot_be_read_without_is_refused_by_name(self, keyword: str) -> None:
        one = dataset()
        delattr(one, keyword)
        assert reason(encoded(one)) == f"{keyword} is missing"

    def test_monochrome1_is_dark_where_it_is_high(self) -> None:
        content = encoded(dataset(PhotometricInterpretation="MONOCHROME1"))
        header = taken_in(content).slices[0]
        assert np.array_equal(slice_values(content, header), -values().astype(np.float32))

    @pytest.mark.parametrize(("padding", "dtype"), [(4095, "uint16"), (63536, "int16")])
    def test_padding_moves_no_normalisation(self, padding: int, dtype: str) -> None:
        pixels = values().astype(dtype)
        pixels[:4] = np.array(padding, np.uint16).astype(dtype)
        one = dataset(pixels=pixels)
        one.add_new(0x00280120, "US", padding)
        header = taken_in(encoded(one)).slices[0]
        seen = slice_values(encoded(one), header)
        assert (seen.min(), seen.max()) == (pixels[4:].min(), pixels[4:].max())
        assert np.array_equal(seen[4:], pixels[4:])

    def test_a_range_of_padding_is_padding(self) -> None:
        one = dataset(PixelPaddingValue=0, PixelPaddingRangeLimit=300)
        assert slice_values(encoded(one), taken_in(encoded(one)).slices[0]).min() > 300

    def test_without_a_usable_window_there_is_none(self) -> None:
        assert taken_in(encoded(dataset())).slices[0].window_width is None
        assert taken_in(encoded(dataset(WindowCenter="40", WindowWidth="0"))).slices[0].window_width is None


class TestRescale:
    def test_each_slice_has_its_own_rescale(self) -> None:
        slices = mr_stack(2)
        slices[1].RescaleSlope, slices[1].RescaleIntercept = "2.5", "-100"
        found = [taken_in(encoded(one)).slices[0] for one in slices]
        assert [(one.rescale_slope, one.rescale_intercept) for one in found] == [(1, 0), (2.5, -100)]

    def test_philips_own_rescale_counts_where_the_public_one_is_missing(self) -> None:
        def philips(**attributes: Any) -> tuple[float, float]:
            one = dataset(**attributes)
            block = one.private_block(0x2005, "Philips MR Imaging DD 005", create=True)
            block.add_new(0x09, "DS", "-2000")
            block.add_new(0x0A, "DS", "1.5")
            header = taken_in(encoded(one)).slices[0]
            return header.rescale_slope, header.rescale_intercept

        assert philips() == (1.5, -2000)
        assert philips(RescaleSlope="3", RescaleIntercept="0") == (3, 0)

    @pytest.mark.parametrize("text", [b"1,5", b"nan", b"inf", b"abc", b"1_5"])
    def test_a_slope_that_is_no_number_is_refused_by_name(self, text: bytes) -> None:
        content = raw(dataset(RescaleSlope="1"), "RescaleSlope", text)
        assert reason(content) == f"RescaleSlope is not a number: “{text.decode()}”"

    def test_a_slope_of_zero_is_refused_by_name(self) -> None:
        assert "RescaleSlope" in reason(encoded(dataset(RescaleSlope="0")))

    def test_an_intercept_that_is_no_number_is_refused_by_name(self) -> None:
        content = raw(dataset(RescaleIntercept="1"), "RescaleIntercept", b"7,5")
        assert "RescaleIntercept" in reason(content)


class TestGeometry:
    def test_a_decimal_comma_is_refused_by_the_attribute_that_has_it(self) -> None:
        content = raw(dataset(), "PixelSpacing", b"1,5\\1,25")
        assert reason(content) == "PixelSpacing is not a number: “1,5”"

    def test_a_thickness_that_is_no_number_is_refused_by_name(self) -> None:
        content = raw(dataset(), "SliceThickness", b"7,77")
        assert "SliceThickness" in reason(content)


class TestIdentities:
    def test_an_acr_nema_date_is_the_date_it_means(self) -> None:
        content = raw(dataset(), "StudyDate", b"1999.12.31")
        assert taken_in(content).study.study_date == "19991231"

    @pytest.mark.parametrize("date", ["", "20250000", "yesterday"])
    def test_an_empty_or_invalid_date_stays_what_it_is(self, date: str) -> None:
        assert taken_in(encoded(dataset(StudyDate=date))).study.study_date == date

    def test_the_empty_components_of_a_name_are_none(self) -> None:
        assert taken_in(encoded(dataset(PatientName="Doe^Jane^^^"))).study.patient_name == "Doe^Jane"

    @pytest.mark.parametrize(
        ("character_set", "name"),
        [
            ("ISO_IR 100", "Müller^Jürgen"),
            ("ISO_IR 192", "Łukasz^Żółć"),
            ("GB18030", "Wang^XiaoDong=王^小东"),
            (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
            (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
        ],
    )
    def test_a_name_is_read_in_its_character_set(self, character_set: str | list[str], name: str) -> None:
        one = dataset(SpecificCharacterSet=character_set, PatientName=name)
        assert taken_in(encoded(one)).study.patient_name == name

    @pytest.mark.parametrize("space", ["\u3000", "\u00a0"])
    def test_spaces_of_every_script_stay_spaces(self, space: str) -> None:
        one = dataset(SpecificCharacterSet="ISO_IR 192", PatientName=f"山田{space}太郎")
        assert taken_in(encoded(one)).study.patient_name == "山田 太郎"

    @pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
    def test_an_empty_uid_is_refused_and_an_invalid_one_is_opaque(self, keyword: str) -> None:
        assert keyword in reason(encoded_as_is(**{keyword: ""}))
        assert taken_in(encoded_as_is(**{keyword: "1.02.x-7"}))


def encoded_as_is(**attributes: Any) -> bytes:
    """The file with a UID that its meta information knows nothing of."""
    one = dataset()
    for keyword, value in attributes.items():
        setattr(one, keyword, value)
    return encoded(one)


class TestNoMeasurement:
    @pytest.mark.parametrize(
        "sop_class", [SecondaryCaptureImageStorage, MultiFrameTrueColorSecondaryCaptureImageStorage]
    )
    def test_a_secondary_capture_is_no_measurement(self, sop_class: str) -> None:
        assert "secondary capture" in reason(encoded(dataset(SOPClassUID=sop_class)))

    def test_a_screen_save_in_an_mr_object_is_no_measurement(self) -> None:
        one = dataset(ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"])
        assert "secondary capture" in reason(encoded(one))

    def test_an_annotation_within_the_pixels_is_no_measurement(self) -> None:
        assert "BurnedInAnnotation" in reason(encoded(dataset(BurnedInAnnotation="YES")))
        assert taken_in(encoded(dataset(BurnedInAnnotation="NO")))


class TestMultiFrame:
    def test_an_enhanced_object_is_its_frames_each_with_its_own_groups(self) -> None:
        content = encoded(enhanced(4))
        slices = taken_in(content).slices
        assert [one.frame_number for one in slices] == [1, 2, 3, 4]
        assert [one.position_mm[2] for one in slices] == [0, 10, 20, 30]
        assert [one.rescale_slope for one in slices] == [1, 2, 3, 4]
        first = slices[0]
        assert (first.pixel_spacing_mm, first.slice_thickness_mm) == ((1.5, 1.25), 8)
        assert (first.image_type[2], first.complex_image_component) == ("M_IR", "MAGNITUDE")
        assert (first.inversion_time_ms, first.trigger_time_ms, first.sequence_name) == (280, 650, "*tfl2d1")
        assert (first.window_center, first.window_width) == (700, 1400)
        for one in slices:
            assert np.array_equal(stored_values(content, one.frame_number), values(one.frame_number - 1))

    def test_a_compressed_enhanced_object_holds_the_same_frames(self) -> None:
        one = enhanced(3)
        one.compress("1.2.840.10008.1.2.4.90")
        content = encoded(one)
        assert len(taken_in(content).slices) == 3
        assert np.array_equal(stored_values(content, 3), values(2))

    def test_a_legacy_converted_object_keeps_what_it_was_converted_from(self) -> None:
        one = enhanced(2, SOPClassUID=LegacyConvertedEnhancedMRImageStorage)
        one.SharedFunctionalGroupsSequence[0].UnassignedSharedConvertedAttributesSequence = [
            item(ScanOptions="FS", SequenceName="*tfi2d1")
        ]
        for index, groups in enumerate(one.PerFrameFunctionalGroupsSequence):
            groups.UnassignedPerFrameConvertedAttributesSequence = [item(InversionTime=str(300 + index))]
        slices = taken_in(encoded(one)).slices
        assert [each.inversion_time_ms for each in slices] == [300, 301]
        assert slices[0].sequence_name == "*tfi2d1"

    def test_a_frame_cannot_be_another_object_or_have_another_size(self) -> None:
        one = enhanced(2)
        one.PerFrameFunctionalGroupsSequence[1].UnassignedPerFrameConvertedAttributesSequence = [
            item(SOPInstanceUID="1.2.3", Rows=1, PatientName="Somebody^Else")
        ]
        slices = taken_in(encoded(one)).slices
        assert {each.sop_instance_uid for each in slices} == {one.SOPInstanceUID}
        assert {(each.rows, each.patient_name) for each in slices} == {(one.Rows, "Nobody")}

    def test_an_acquisition_of_a_frame_has_its_time(self) -> None:
        one = enhanced(1)
        content = item(FrameAcquisitionDateTime="20250101101112.5", FrameAcquisitionNumber=3)
        one.PerFrameFunctionalGroupsSequence[0].FrameContentSequence = [content]
        (frame,) = frames_of(one)
        assert (frame.AcquisitionTime, frame.AcquisitionNumber) == ("101112.5", 3)

    def test_frames_that_the_object_does_not_describe_are_refused(self) -> None:
        assert "5 frames and describes 4" in reason(encoded(enhanced(4, NumberOfFrames=5)))

    def test_a_frame_without_a_position_is_refused_by_name(self) -> None:
        one = enhanced(3)
        del one.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence
        assert "ImagePositionPatient" in reason(encoded(one))

    def test_an_object_of_too_many_frames_or_pixels_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "2001 frames" in reason(encoded(enhanced(1, NumberOfFrames=2001)))
        monkeypatch.setattr("scarmass.imaging.mr.header.MAX_PIXELS", 100)
        assert "x 3 pixels is too large" in reason(encoded(enhanced(3)))


class TestBesideEachOther:
    def test_images_compressed_with_loss_are_a_warning_on_their_stack(self) -> None:
        slices = mr_stack(3)
        slices[0].LossyImageCompression = "01"
        headers = [taken_in(encoded(one)).slices[0] for one in slices]
        assert object_warnings(headers, headers) == [
            "1 of 3 images were compressed with loss: their signal is not the scanner's"
        ]

    def test_two_names_in_a_study_are_a_warning_and_two_spellings_of_one_are_none(self) -> None:
        def warnings(*names: str) -> list[str]:
            headers = [taken_in(encoded(dataset(PatientName=name))).slices[0] for name in names]
            return object_warnings(headers[:1], headers)

        assert warnings("A^B", "C^D") == ["the images of this study name 2 patients: A^B; C^D"]
        assert warnings("Doe^Jane", "DOE^JANE^^", "Doe^Jane ", "") == []
