"""LGE or not, magnitude or PSIR."""

from dataclasses import replace
from pathlib import Path

import pytest

from scarmass.domain.stack import Contrast
from scarmass.imaging.mr.header import SliceHeader, read_object
from scarmass.imaging.mr.lge import Company, contrast_of, lge_verdict


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
        "AutoViabBH",
        "DHE",
        "SHAX_DHE",
        "DME",
        "SSHMDE",
        "IrP-FGRE_TI",
        "DELAY_TI",
        "SC 2DDel Enh 250 4 C",
        "PSIRsax",
        "MDESAX",
        "DE",
        "SAX DE 10min",
        "DE2CH",
        "DE_tra",
        "SAX_IR",
        "TI_250_4ch",
        "IR FIESTA sa",
        "Késői halmozás",
        "rehaussement tardif",
        "REHAUSSEMENT_TARDIF 4CAV",
        "realce tardio",
        "Realce Tardío EC",
        "Spaetaufnahme",
        "Spätaufnahme",
        "延迟强化",
        "PSIR延迟强化",
        "LGE短轴",
        "遅延造影",
        "지연조영",
        "Отсроченное контрастирование",
    ],
)
def test_usual_descriptions_of_late_enhancement(plain: SliceHeader, description: str) -> None:
    assert lge_verdict(replace(plain, series_description=description)).is_lge


@pytest.mark.parametrize(
    "description",
    [
        "cine_sax",
        "TI scout LGE",
        "T1 map post",
        "perfusion stress",
        "localiser",
        "TIscout",
        "model",
        "slide",
        "MAPA DE T1",
        "mapeo de T2",
        "localizador de 3 planos",
        "cine de eje corto",
        "eje corto de 10 mm",
        "plano de 4ch",
        "early enhancement",
        "3-plane",
        "T2_IR_SAX",
        "cine IR",
        "SAX",
    ],
)
def test_other_series_are_not_late_enhancement(plain: SliceHeader, description: str) -> None:
    assert not lge_verdict(replace(plain, series_description=description)).is_lge


def test_an_inversion_time_speaks_for_late_enhancement(plain: SliceHeader) -> None:
    is_lge, because = lge_verdict(replace(plain, inversion_time_ms=280.0))
    assert is_lge
    assert "280" in because


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"image_type": ("DERIVED", "PRIMARY", "PSIR")}, Contrast.PSIR),
        ({"series_description": "sax_PSIR"}, Contrast.PSIR),
        ({"series_description": "PSMDE SAX"}, Contrast.PSIR),
        ({"series_description": "PS:SA_LGE", "image_type": ("ORIGINAL", "PRIMARY", "M")}, Contrast.PSIR),
        ({"series_description": "PSIR_TFE", "image_type": ("ORIGINAL", "PRIMARY", "M_IR", "M")}, Contrast.MAGNITUDE),
        ({"series_description": "IR_TFE", "image_type": ("ORIGINAL", "PRIMARY", "R_IR", "R", "IR")}, Contrast.PSIR),
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
    assert not lge_verdict(replace(plain, series_description=description, inversion_time_ms=170.0)).is_lge


@pytest.mark.parametrize("description", ["MOLLI", "T1_MOLLI_pre", "ShMOLLI_192i", "MAPA DE T1", "5(3)3 b", "carte T1"])
def test_an_inversion_time_makes_no_late_enhancement_of_a_map(plain: SliceHeader, description: str) -> None:
    assert lge_verdict(replace(plain, series_description=description, inversion_time_ms=280.0)).is_lge is False


def test_many_inversion_times_at_one_position_are_a_scout_or_a_map(plain: SliceHeader) -> None:
    header = replace(plain, series_description="LGE", inversion_time_ms=280.0)
    assert lge_verdict(header, Company(inversion_times=2)).is_lge
    assert not lge_verdict(header, Company(inversion_times=8)).is_lge


def test_a_dynamic_series_without_a_word_is_no_late_enhancement(plain: SliceHeader) -> None:
    assert not lge_verdict(replace(plain, inversion_time_ms=150.0), Company(images=40)).is_lge


def test_an_inversion_recovery_spin_echo_is_no_late_enhancement(plain: SliceHeader) -> None:
    header = replace(plain, inversion_time_ms=170.0, scanning_sequence=("SE", "IR"))
    assert lge_verdict(header).is_lge is False


def test_an_inversion_prepared_gradient_echo_after_contrast_is_late_enhancement(plain: SliceHeader) -> None:
    prepared = replace(plain, scanning_sequence=("GR", "IR"))
    assert lge_verdict(prepared).is_lge is None
    verdict = lge_verdict(replace(prepared, contrast_agent="Gadobutrol"))
    assert verdict.is_lge
    assert "ScanningSequence" in verdict.because
    assert "ContrastBolusAgent" in verdict.because


def test_all_evidence_that_speaks_is_named(plain: SliceHeader) -> None:
    header = replace(plain, series_description="psir sax", inversion_time_ms=300.0, contrast_agent="Gadobutrol")
    because = lge_verdict(header).because
    assert all(said in because for said in ("“psir”", "300 ms", "ContrastBolusAgent"))


def test_the_words_of_the_series_go_before_those_of_the_protocol(plain: SliceHeader) -> None:
    assert lge_verdict(replace(plain, series_description="LGE sax", protocol_name="cine and more")).is_lge
    assert not lge_verdict(replace(plain, series_description="cine sax", protocol_name="LGE")).is_lge
    assert lge_verdict(replace(plain, series_description="sax", protocol_name="LGE")).is_lge


def test_the_type_of_an_image_says_that_it_is_a_map(plain: SliceHeader) -> None:
    header = replace(plain, series_description="LGE", image_type=("DERIVED", "PRIMARY", "T1 MAP"))
    assert not lge_verdict(header).is_lge


def test_magnitude_images_beside_real_ones_are_magnitude_whatever_the_sequence_is_called(plain: SliceHeader) -> None:
    header = replace(plain, series_description="PSIR sax", image_type=("ORIGINAL", "PRIMARY", "M"))
    assert contrast_of(header) is Contrast.PSIR
    assert contrast_of(header, has_real=True) is Contrast.MAGNITUDE
