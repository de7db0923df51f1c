"""The phantom: its truth against shapes known in closed form, its masks against that truth, its contrasts."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate

from scarmass.domain.geometry import positions_along_normal_mm
from scarmass.domain.stack import Contrast
from scarmass.domain.structures import Structure, myocardium
from scarmass.phantom.demonstration import demo_studies
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.ventricle import Scar, Territory, Ventricle

pytestmark = pytest.mark.slow

ROUND = Ventricle(length_mm=90, radius_mm=36, wall_mm=10, ellipticity=0, axis_angle=0, trabeculation=0, scars=())
ANTERIOR = Scar(Territory.LAD, transmurality=1.0, half_angle=1.0, half_height=0.33, no_reflow=True)
INFERIOR = Scar(Territory.RCA, transmurality=0.5, half_angle=0.8, half_height=0.3)


@pytest.fixture(scope="module")
def infarct() -> Phantom:
    return phantom(5, scars=(ANTERIOR, INFERIOR), pixel_spacing_mm=(1.0, 1.0), rows=320, columns=320)


def test_a_round_ventricle_has_the_area_of_circles() -> None:
    areas = ROUND.areas_mm2([0.0])
    assert areas[Structure.LEFT_VENTRICLE][0] == pytest.approx(np.pi * 36**2)
    assert areas[Structure.BLOOD_POOL][0] == pytest.approx(np.pi * 26**2)
    assert areas[Structure.SCAR][0] == areas[Structure.NO_REFLOW][0] == 0


@pytest.mark.parametrize("territory", list(Territory))
def test_scar_area_agrees_with_adaptive_quadrature(territory: Territory) -> None:
    scar = Scar(territory, transmurality=0.7, half_angle=0.9, half_height=0.3)
    ventricle = replace(ROUND, scars=(scar,), ellipticity=0.05, trabeculation=0.03)
    height = territory.value[1]

    def strip_mm2(angle: float) -> float:
        theta = np.array(angle)
        inner = float(ventricle.endocardium_mm(theta, np.array(height)))
        wall = float(ventricle.epicardium_mm(theta, np.array(height))) - inner
        depth = float(scar.depth(theta, np.array(height)))
        return ((inner + depth * wall) ** 2 - inner**2) / 2

    middle = territory.value[0]
    expected, _ = integrate.quad(strip_mm2, middle - 0.9, middle + 0.9, limit=200)
    assert ventricle.areas_mm2([height])[Structure.SCAR][0] == pytest.approx(expected, rel=1e-5)


def test_volume_is_the_integral_of_area_over_the_length() -> None:
    ventricle = replace(ROUND, scars=(ANTERIOR,))
    heights = np.linspace(0, 1, 501)
    area_mm2 = ventricle.areas_mm2(heights)[Structure.SCAR]
    expected_ml = float(integrate.simpson(area_mm2, x=heights)) * 90 / 1000
    assert ventricle.volumes_ml()[Structure.SCAR] == pytest.approx(expected_ml, rel=1e-4)


def test_a_transmural_scar_reaches_the_epicardium_and_a_shallow_one_does_not() -> None:
    theta, height = np.array(Territory.LAD.value[0]), np.array(Territory.LAD.value[1])
    for transmurality in (1.0, 0.5):
        ventricle = replace(ROUND, scars=(replace(ANTERIOR, transmurality=transmurality),))
        inner, outer = (float(r) for r in ventricle.boundaries_mm(theta, height)[Structure.SCAR])
        wall = float(ventricle.epicardium_mm(theta, height)) - inner
        assert (outer - inner) / wall == pytest.approx(transmurality)


def test_overlapping_scars_are_counted_once() -> None:
    wide = [Scar(t, transmurality=0.5, half_angle=np.pi / 3, half_height=0.35) for t in Territory]
    together = replace(ROUND, scars=tuple(wide)).volumes_ml()[Structure.SCAR]
    apart = sum(replace(ROUND, scars=(scar,)).volumes_ml()[Structure.SCAR] for scar in wide)
    assert together <= apart + 1e-9


def test_two_scars_of_one_territory_are_refused() -> None:
    with pytest.raises(ValueError, match="one scar"):
        phantom(1, scars=(ANTERIOR, ANTERIOR))


def test_masks_hold_the_analytic_area(infarct: Phantom) -> None:
    for structure in Structure:
        drawn_mm2 = infarct.masks[structure].sum() * infarct.planes[0].pixel_area_mm2
        assert drawn_mm2 == pytest.approx(infarct.area_mm2[structure].sum(), rel=0.02), structure
    drawn_mm2 = infarct.masks[Structure.SCAR].sum() * infarct.planes[0].pixel_area_mm2
    assert drawn_mm2 == pytest.approx(infarct.area_mm2[Structure.SCAR].sum(), rel=0.01)


def test_structures_are_nested(infarct: Phantom) -> None:
    masks = infarct.masks
    assert masks[Structure.NO_REFLOW].any()
    assert not (masks[Structure.NO_REFLOW] & ~masks[Structure.SCAR]).any()
    assert not (masks[Structure.SCAR] & ~masks[Structure.LEFT_VENTRICLE]).any()
    assert not (masks[Structure.SCAR] & masks[Structure.BLOOD_POOL]).any()


def test_mass_is_area_times_extent_times_density() -> None:
    slices = phantom(6, scars=(INFERIOR,), slice_thickness_mm=6, slice_gap_mm=3, number_of_slices=11)
    area_mm2 = slices.area_mm2[Structure.SCAR].sum()
    assert slices.mass_by_slice_thickness_g() == pytest.approx(area_mm2 * 6 * 1.05e-3)
    assert slices.mass_by_slice_spacing_g() == pytest.approx(area_mm2 * 9 * 1.05e-3)
    assert slices.mass_by_slice_spacing_g() == pytest.approx(slices.mass_g(), rel=0.03)


def test_thin_slices_without_a_gap_weigh_the_whole_scar() -> None:
    fine = phantom(
        7, rows=64, columns=64, scars=(ANTERIOR,), number_of_slices=60, slice_thickness_mm=1.5, slice_gap_mm=0
    )
    assert fine.mass_by_slice_thickness_g() == pytest.approx(fine.mass_g(), rel=1e-3)


def test_truth_does_not_depend_on_the_grid() -> None:
    coarse = phantom(8, scars=(ANTERIOR,), rows=96, columns=128, pixel_spacing_mm=(3.0, 2.5))
    fine = phantom(8, scars=(ANTERIOR,), rows=192, columns=256, pixel_spacing_mm=(1.5, 1.25))
    assert coarse.mass_g() == fine.mass_g()
    np.testing.assert_array_equal(coarse.area_mm2[Structure.SCAR], fine.area_mm2[Structure.SCAR])


def test_the_same_seed_gives_the_same_phantom_and_another_seed_another() -> None:
    small = {"rows": 64, "columns": 64, "pixel_spacing_mm": (4.0, 4.0)}
    first, again, other = phantom(9, **small), phantom(9, **small), phantom(10, **small)
    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert (first.pixels != other.pixels).mean() > 0.5


def test_seeds_bring_patients_with_and_without_scar() -> None:
    drawn = [phantom(seed, rows=32, columns=32, pixel_spacing_mm=(6.0, 6.0)) for seed in range(20)]
    masses = np.array([p.mass_g() for p in drawn])
    assert (masses == 0).any()
    assert (masses > 0).sum() > 10
    assert masses.max() < 80
    assert any(p.volume_ml[Structure.NO_REFLOW] > 0 for p in drawn)


def mean_signal(slices: Phantom, mask: np.ndarray) -> float:
    return float(slices.pixels[mask].mean())


@pytest.mark.parametrize("contrast", list(Contrast))
def test_scar_is_brighter_than_blood_and_blood_than_myocardium(contrast: Contrast) -> None:
    slices = phantom(11, scars=(ANTERIOR,), contrast=contrast)
    masks = slices.masks
    viable = myocardium(masks) & ~masks[Structure.SCAR]
    viable_scar = masks[Structure.SCAR] & ~masks[Structure.NO_REFLOW]
    assert mean_signal(slices, viable_scar) > 1.1 * mean_signal(slices, masks[Structure.BLOOD_POOL])
    assert mean_signal(slices, masks[Structure.BLOOD_POOL]) > 1.3 * mean_signal(slices, viable)
    assert mean_signal(slices, masks[Structure.NO_REFLOW]) < 0.7 * mean_signal(slices, viable_scar)


def test_noise_in_air_is_rayleigh_in_magnitude_and_centred_in_psir() -> None:
    corner = np.s_[:, :20, -20:]
    magnitude = phantom(12, noise=0.02).pixels[corner].astype(float)
    signed = phantom(12, noise=0.02, contrast=Contrast.PSIR).pixels[corner].astype(float)
    assert magnitude.min() >= 0
    assert magnitude.mean() / magnitude.std() == pytest.approx(np.sqrt(np.pi / (4 - np.pi)), rel=0.05)
    assert abs(signed.mean()) < 0.1 * signed.std()


def test_edges_of_the_blood_pool_hold_partial_volume() -> None:
    slices = phantom(13, scars=(), noise=0.0, rows=128, columns=128, pixel_spacing_mm=(2.8, 2.8))
    pool, wall = slices.masks[Structure.BLOOD_POOL], slices.masks[Structure.LEFT_VENTRICLE]
    blood, muscle = np.median(slices.pixels[pool]), np.median(slices.pixels[wall & ~pool])
    between = wall & (slices.pixels > muscle + 0.3 * (blood - muscle))
    between &= slices.pixels < muscle + 0.7 * (blood - muscle)
    assert between.sum() > 0.05 * wall.sum()


def test_breath_holds_move_slices_without_changing_the_truth() -> None:
    still, moved = (phantom(14, scars=(INFERIOR,), shift_mm=shift) for shift in (0.0, 3.0))
    assert still.mass_by_slice_spacing_g() == moved.mass_by_slice_spacing_g()

    def centre_columns(slices: Phantom) -> np.ndarray:
        return np.array([np.nonzero(m)[1].mean() for m in slices.masks[Structure.LEFT_VENTRICLE]])

    assert np.ptp(centre_columns(still)) < 0.5
    assert np.ptp(centre_columns(moved)) > 1


def test_planes_are_spaced_by_thickness_and_gap_along_any_orientation() -> None:
    oblique = (0.8, 0.36, -0.48, 0.0, -0.8, -0.6)
    small = {"rows": 48, "columns": 64, "pixel_spacing_mm": (5.0, 4.0)}
    planes = phantom(15, orientation=oblique, slice_thickness_mm=7, slice_gap_mm=2.5, **small).planes
    np.testing.assert_allclose(np.diff(positions_along_normal_mm(planes)), 9.5)
    assert {plane.slice_thickness_mm for plane in planes} == {7}
    assert planes[0].pixel_spacing_mm == (5.0, 4.0)


def test_pixels_are_not_square_where_the_spacing_is_not() -> None:
    tall = phantom(16, scars=(), rows=256, columns=128, pixel_spacing_mm=(1.2, 2.4), shift_mm=0)
    rows, columns = np.nonzero(tall.masks[Structure.LEFT_VENTRICLE][5])
    height_mm, width_mm = (np.ptp(rows) + 1) * 1.2, (np.ptp(columns) + 1) * 2.4
    assert height_mm == pytest.approx(width_mm, rel=0.2)


def test_demo_masks_weigh_within_one_percent_of_the_truth() -> None:
    for study in demo_studies():
        slices = study.phantom
        area_mm2 = slices.masks[Structure.SCAR].sum() * slices.planes[0].pixel_area_mm2
        assert area_mm2 == pytest.approx(slices.area_mm2[Structure.SCAR].sum(), rel=0.01), study.patient_id
