"""How an object was acquired, for the report."""

from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedMRImageStorage

from scarmass.domain.errors import ObjectRefused
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.mr.protocol import Protocol, delay_s, protocol_of
from tests.imaging.mr.test_header import content, dataset

__all__ = ["dataset"]


def test_the_protocol_is_read_in_the_headers_own_words(dataset: pydicom.Dataset) -> None:
    dataset.ReferringPhysicianName = "Berg^Ida"
    dataset.InstitutionName = "Heart Centre"
    dataset.Manufacturer, dataset.ManufacturerModelName = "SIEMENS", "Avanto"
    dataset.MagneticFieldStrength = "1.5"
    dataset.ProtocolName, dataset.SequenceName = "LGE SAX", "*tfl2d1"
    dataset.ContrastBolusAgent, dataset.ContrastBolusVolume = "Gadovist", "14"
    dataset.ContrastBolusStartTime = "101500.5"
    said = ("Berg^Ida", "Heart Centre", "SIEMENS Avanto", 1.5, "LGE SAX, *tfl2d1", "Gadovist", 14.0, "101500.5")
    assert protocol_of(content(dataset)) == Protocol(*said)


def test_what_a_header_does_not_say_is_absent(phantom_files: list[Path]) -> None:
    assert protocol_of(phantom_files[0].read_bytes()) == Protocol()


def test_a_field_written_in_gauss_is_given_in_tesla(dataset: pydicom.Dataset) -> None:
    dataset.MagneticFieldStrength = "15000"
    assert protocol_of(content(dataset)).field_strength_t == 1.5


def test_an_enhanced_object_names_its_agent_in_a_sequence(dataset: pydicom.Dataset) -> None:
    agent, profile, frame, groups = Dataset(), Dataset(), Dataset(), Dataset()
    agent.CodeMeaning, profile.ContrastBolusVolume = "Gadobutrol", 12.5
    agent.ContrastAdministrationProfileSequence = [profile]
    frame.PixelSpacing = ["1", "1"]
    groups.PixelMeasuresSequence = [frame]
    dataset.SOPClassUID = EnhancedMRImageStorage
    dataset.NumberOfFrames, dataset.PerFrameFunctionalGroupsSequence = 1, [groups]
    dataset.ContrastBolusAgentSequence = [agent]
    read = protocol_of(content(dataset))
    assert (read.contrast_agent, read.contrast_volume_ml) == ("Gadobutrol", 12.5)


def test_what_is_no_object_or_too_large_to_be_read_is_refused(dataset: pydicom.Dataset) -> None:
    with pytest.raises(ObjectRefused):
        protocol_of(b"no DICOM")
    dataset.InstitutionName = "x" * 100
    with pytest.raises(ObjectRefused, match="InstitutionName"):
        protocol_of(content(dataset), Bounds(attribute_bytes=64))


@pytest.mark.parametrize(
    ("contrast", "image", "seconds"),
    [
        ("101500", "103000.5", 900.5),
        ("10:15:00", "103000", 900),
        ("235500", "000500", 600),
        ("", "103000", None),
        ("101500", "25:00:00", None),
        ("110000", "103000", None),
    ],
)
def test_the_delay_is_from_contrast_to_image(contrast: str, image: str, seconds: float | None) -> None:
    assert delay_s(contrast, image) == seconds
