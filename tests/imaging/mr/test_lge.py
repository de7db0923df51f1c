"""LGE or not, magnitude or PSIR."""

from dataclasses import replace
from pathlib import Path

import pytest

from scarmass.domain.stack import Contrast
from scarmass.imaging.mr.header import SliceHeader, read_object
from scarmass.imaging.mr.lge import contrast_of, lge_verdict


@pytest.fixture
def plain(phantom_files: list[Path]) -> SliceHeader:
    header = read_object(phantom_files[0].read_bytes()).slices[0]
    return replace(header, series_description="", image_type=(), inversion_time_ms=None)


@pytest.mark.parametrize(
    "description",
    [
        "SAX LGE",
        "PSIR_sax_10min",
        "Delayed Enhancement",
        "de_sax",
        "MDE SA",
        "viability",
        "late_gad",
        "PSMDE",
        "LGE truefisp",
    ],
)
def test_usual_descriptions_of_late_enhancement(plain: SliceHeader, description: str) -> None:
    assert lge_verdict(replace(plain, series_description=description), 1)[0]


@pytest.mark.parametrize(
    "description",
    ["cine_sax", "TI scout LGE", "T1 map post", "perfusion stress", "localiser", "TIscout", "model", "slide"],
)
def test_other_series_are_not_late_enhancement(plain: SliceHeader, description: str) -> None:
    assert not lge_verdict(replace(plain, series_description=description), 1)[0]


def test_an_inversion_time_speaks_for_late_enhancement(plain: SliceHeader) -> None:
    is_lge, because = lge_verdict(replace(plain, inversion_time_ms=280.0), 1)
    assert is_lge
    assert "280" in because


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"image_type": ("DERIVED", "PRIMARY", "PSIR")}, Contrast.PSIR),
        ({"series_description": "sax_PSIR"}, Contrast.PSIR),
        ({"series_description": "PSMDE SAX"}, Contrast.PSIR),
        ({"series_description": "de_psir_sax_MAG"}, Contrast.MAGNITUDE),
        ({"series_description": "de_psir_sax", "complex_image_component": "MAGNITUDE"}, Contrast.MAGNITUDE),
        ({"complex_image_component": "REAL"}, Contrast.PSIR),
        ({"complex_image_component": "MAGNITUDE"}, Contrast.MAGNITUDE),
        ({"image_type": ("ORIGINAL", "PRIMARY", "M")}, Contrast.MAGNITUDE),
    ],
)
def test_contrast_is_read_from_the_header(plain: SliceHeader, changes: dict, expected: Contrast) -> None:
    assert contrast_of(replace(plain, **changes)) is expected


@pytest.mark.parametrize("description", ["STIR sax", "t2_tirm", "haste db"])
def test_an_inversion_time_of_an_oedema_sequence_is_no_late_enhancement(plain: SliceHeader, description: str) -> None:
    assert not lge_verdict(replace(plain, series_description=description, inversion_time_ms=170.0), 1)[0]
