"""Reference methods: what they say of themselves, what they rest on, and what they find on phantoms of known mass."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from scarmass.domain.errors import MethodInvalid, ThresholdUndefined
from scarmass.domain.methods import (
    Base,
    MaximumOf,
    Method,
    MethodName,
    Region,
    Wall,
    mask_by,
    regions_of,
    standard_methods,
)
from scarmass.domain.stack import Contrast
from scarmass.domain.structures import Structure, myocardium
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.ventricle import Scar, Territory

SIGNAL = np.array([[8.0, 10.0, 10.0, 12.0, 13.0, 14.0, 16.0, 30.0]])
WALL = np.ones((1, 8), dtype=bool)
REMOTE, BRIGHTEST, SEVENTH = SIGNAL < 13, SIGNAL == 30, SIGNAL == 16
PLACED = Wall(SIGNAL, Contrast.MAGNITUDE, WALL, placed={Region.REMOTE: REMOTE, Region.HYPERENHANCED: BRIGHTEST})
BY_KEY = {method.key: method for method in standard_methods(Contrast.MAGNITUDE)}


@pytest.mark.parametrize(
    ("key", "signals"),
    [
        ("sd_2", [14, 16, 30]),
        ("sd_3", [16, 30]),
        ("sd_5", [30]),
        ("sd_6", [30]),
        ("fwhm_hyperenhanced", [16, 30]),
        ("fwhm_myocardium", [16, 30]),
        ("otsu", [30]),
        ("core", [16, 30]),
        ("grey_zone", [13, 14]),
    ],
)
def test_each_standard_method_by_hand(key: str, signals: list[float]) -> None:
    """The remote's mean is 10, its standard deviation 1.633 and its brightest pixel 12; half of the maximum is 15."""
    assert SIGNAL[mask_by(BY_KEY[key], PLACED)].tolist() == signals


def test_the_standard_set_says_itself_in_words() -> None:
    assert [method.label for method in standard_methods(Contrast.MAGNITUDE)] == [
        "2 SD above remote myocardium",
        "3 SD above remote myocardium",
        "5 SD above remote myocardium",
        "6 SD above remote myocardium",
        "FWHM, half of the maximum of the hyperenhanced region",
        "FWHM, half of the maximum of the myocardium",
        "Otsu's threshold within the myocardium",
        "Core, half of the maximum of the hyperenhanced region (Schmidt 2007)",
        "Grey zone, from the brightest remote myocardium to half of the maximum of the hyperenhanced region"
        " (Schmidt 2007)",
    ]


def test_the_short_names_of_the_standard_set_tell_its_methods_apart() -> None:
    short = [method.short for method in standard_methods(Contrast.MAGNITUDE)]
    assert short[2:7] == ["5 SD", "6 SD", "FWHM, hyperenhanced", "FWHM, myocardium", "Otsu"]
    assert len(set(short)) == len(short)


def test_half_of_a_maximum_on_psir_is_measured_from_remote_myocardium_and_says_so() -> None:
    fwhm = next(method for method in standard_methods(Contrast.PSIR) if method.key == "fwhm_myocardium")
    assert fwhm.label == "FWHM, half way from remote myocardium to the maximum of the myocardium"
    shifted = Wall(SIGNAL - 500, Contrast.PSIR, WALL, placed={Region.REMOTE: REMOTE})
    assert SIGNAL[mask_by(fwhm, shifted)].tolist() == [30]
    with pytest.raises(ThresholdUndefined, match="PSIR"):
        mask_by(BY_KEY["fwhm_myocardium"], shifted)


def test_half_of_a_maximum_is_measured_from_a_stated_level() -> None:
    method = Method(MethodName.FWHM, maximum_of=MaximumOf.MYOCARDIUM, base=Base.LEVEL, level=-500.0)
    assert method.label == "FWHM, half way from a signal of -500 to the maximum of the myocardium"
    assert SIGNAL[mask_by(method, Wall(SIGNAL - 500, Contrast.PSIR, WALL))].tolist() == [16, 30]


def test_the_maximum_is_that_of_the_region_that_a_reader_placed() -> None:
    """Half of 16 is 8, which nothing but the darkest pixel fails to pass."""
    wall = Wall(SIGNAL, Contrast.MAGNITUDE, WALL, placed={Region.HYPERENHANCED: SEVENTH})
    assert SIGNAL[mask_by(BY_KEY["fwhm_hyperenhanced"], wall)].tolist() == [10, 10, 12, 13, 14, 16, 30]


def test_what_a_placed_region_holds_beyond_the_myocardium_does_not_count() -> None:
    wall = WALL.copy()
    wall[0, 7] = False
    sloppy = Wall(SIGNAL, Contrast.MAGNITUDE, wall, placed={Region.HYPERENHANCED: SIGNAL >= 16})
    assert SIGNAL[mask_by(BY_KEY["fwhm_hyperenhanced"], sloppy)].tolist() == [10, 10, 12, 13, 14, 16]
    outside = Wall(SIGNAL, Contrast.MAGNITUDE, wall, placed={Region.HYPERENHANCED: BRIGHTEST})
    with pytest.raises(ThresholdUndefined, match="hyperenhanced region holds no"):
        mask_by(BY_KEY["fwhm_hyperenhanced"], outside)


def test_on_a_slice_without_scar_no_hyperenhanced_region_is_proposed() -> None:
    bare = Wall(SIGNAL, Contrast.MAGNITUDE, WALL, placed={Region.REMOTE: REMOTE}, is_bare=True)
    for key in ("fwhm_hyperenhanced", "core", "grey_zone"):
        assert not mask_by(BY_KEY[key], bare).any()
    assert mask_by(BY_KEY["fwhm_myocardium"], bare).any()


def test_no_reflow_is_added_within_the_myocardium_where_the_method_says_so() -> None:
    wall = SIGNAL != 10
    dark = Wall(SIGNAL, Contrast.MAGNITUDE, wall, SIGNAL <= 10, placed={Region.REMOTE: SIGNAL == 12})
    fwhm = Method(MethodName.FWHM, maximum_of=MaximumOf.MYOCARDIUM, adds_no_reflow=True)
    assert fwhm.label.endswith(", no-reflow added")
    assert SIGNAL[mask_by(fwhm, dark)].tolist() == [8, 16, 30]
    assert SIGNAL[mask_by(BY_KEY["fwhm_myocardium"], dark)].tolist() == [16, 30]
    labels = [method.label for method in standard_methods(Contrast.MAGNITUDE, adds_no_reflow=True)]
    assert [label for label in labels if not label.endswith(", no-reflow added")] == [BY_KEY["grey_zone"].label]


@pytest.mark.parametrize(
    "stated",
    [
        {"name": MethodName.N_SD},
        {"name": MethodName.N_SD, "n": 0.0},
        {"name": MethodName.N_SD, "n": float("nan")},
        {"name": MethodName.N_SD, "n": 2.0, "base": Base.REMOTE},
        {"name": MethodName.OTSU, "n": 2.0},
        {"name": MethodName.OTSU, "maximum_of": MaximumOf.MYOCARDIUM},
        {"name": MethodName.FWHM, "base": Base.LEVEL},
        {"name": MethodName.FWHM, "level": 3.0},
        {"name": MethodName.CORE, "maximum_of": MaximumOf.MYOCARDIUM},
        {"name": MethodName.GREY_ZONE, "adds_no_reflow": True},
    ],
    ids=str,
)
def test_a_method_has_all_that_it_rests_on_and_nothing_else(stated: dict) -> None:
    with pytest.raises(MethodInvalid):
        Method(**stated)


def test_methods_name_the_regions_that_they_rest_on() -> None:
    assert regions_of(BY_KEY["sd_5"]) == {Region.REMOTE}
    assert regions_of(BY_KEY["fwhm_hyperenhanced"]) == {Region.HYPERENHANCED}
    assert regions_of(BY_KEY["grey_zone"]) == {Region.REMOTE, Region.HYPERENHANCED}
    assert regions_of(BY_KEY["otsu"]) == regions_of(BY_KEY["fwhm_myocardium"]) == set()
    assert all(Region.REMOTE in regions_of(one) for one in standard_methods(Contrast.PSIR) if one.key != "otsu")


@cache
def infarcted(contrast: Contrast, no_reflow: bool = False) -> Phantom:
    scar = Scar(Territory.LAD, transmurality=1.0, half_angle=0.8, half_height=0.3, no_reflow=no_reflow)
    return phantom(7, scars=(scar,), contrast=contrast, noise=0.01, rows=256, columns=256, pixel_spacing_mm=(1.0, 1.0))


def walls(subject: Phantom, pixels: np.ndarray) -> Iterator[Wall]:
    """The phantom's slices with scar, with its true contours."""
    for index in np.flatnonzero(subject.masks[Structure.SCAR].any(axis=(1, 2))):
        masks = {structure: subject.masks[structure][index] for structure in Structure}
        yield Wall(pixels[index].astype(float), subject.contrast, myocardium(masks), masks[Structure.NO_REFLOW])


def grams(subject: Phantom, pixels: np.ndarray, method: Method) -> float:
    """Pixels are 1 mm2."""
    area_mm2 = sum(int(mask_by(method, wall).sum()) for wall in walls(subject, pixels))
    return area_mm2 * subject.slice_thickness_mm * 0.001 * 1.05


@pytest.mark.parametrize("method", standard_methods(Contrast.MAGNITUDE, adds_no_reflow=True)[:-1], ids=lambda m: m.key)
def test_where_scar_is_bright_and_remote_flat_each_method_finds_the_known_mass(method: Method) -> None:
    subject = infarcted(Contrast.MAGNITUDE, no_reflow=True)
    scar, no_reflow = subject.masks[Structure.SCAR], subject.masks[Structure.NO_REFLOW]
    assert no_reflow.any()
    flat = np.where(no_reflow, 40.0, np.where(scar, 500.0, 100.0))
    assert grams(subject, flat, method) == pytest.approx(subject.mass_by_slice_thickness_g(), rel=0.01)


@pytest.mark.parametrize(
    ("contrast", "key", "within"),
    [
        (Contrast.PSIR, "fwhm_hyperenhanced", 0.1),
        (Contrast.PSIR, "sd_6", 0.15),
        (Contrast.MAGNITUDE, "sd_6", 0.15),
        (Contrast.MAGNITUDE, "sd_5", 0.3),
        (Contrast.MAGNITUDE, "fwhm_hyperenhanced", 0.3),
    ],
)
def test_an_imaged_phantom_is_measured_as_far_as_its_blurred_borders_let(
    contrast: Contrast, key: str, within: float
) -> None:
    subject = infarcted(contrast)
    method = next(method for method in standard_methods(contrast) if method.key == key)
    assert grams(subject, subject.pixels, method) == pytest.approx(subject.mass_by_slice_thickness_g(), rel=within)
