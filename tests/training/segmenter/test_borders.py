"""Moved borders: scar that grows and shrinks along the wall by a distance, and never into blood or out of the heart."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scarmass.datasets.stack_arrays import STRUCTURES
from scarmass.domain.structures import Structure
from scarmass.training.run import CONFIGS
from scarmass.training.segmenter.borders import BorderSettings, draw_steps, move_borders
from scarmass.training.segmenter.config import read_config
from scarmass.training.segmenter.prompts import BLOOD_POOL, LEFT_VENTRICLE, NO_REFLOW, SCAR
from scarmass.training.segmenter.slices import WITH_PARTS, _nearest_part, slice_tensors
from scarmass.training.segmenter.views import Views
from tests.training.segmenter.batches import SHIPPED, batch, hearts
from tests.training.segmenter.hearts import heart

pytestmark = pytest.mark.slow

PIXEL_MM = 0.5
INNER, OUTER = 50, 75
"""Radii of the wall, in pixels."""

y, x = np.mgrid[:256, :256] + 0.5
RADIUS, ANGLE = np.hypot(x - 128, y - 128), np.arctan2(y - 128, x - 128)
WALL = (RADIUS >= INNER) & (RADIUS < OUTER)


def views(*scars: np.ndarray) -> Views:
    """A ring with each scar (256, 256) in it."""
    masks = np.array([[{**RING, Structure.SCAR: scar}[s] for s in STRUCTURES] for scar in scars])
    parts = np.array([[_nearest_part(one[STRUCTURES.index(s)]) for s in WITH_PARTS] for one in masks])
    grey = torch.rand(len(scars), 256, 256)
    pixel_mm = torch.full((len(scars),), PIXEL_MM)
    return Views(grey, grey[:, None].expand(-1, 3, -1, -1), torch.from_numpy(masks), torch.from_numpy(parts), pixel_mm)


RING = {
    Structure.LEFT_VENTRICLE: RADIUS < OUTER,
    Structure.BLOOD_POOL: RADIUS < INNER,
    Structure.NO_REFLOW: WALL & (np.abs(ANGLE) < 0.05) & (RADIUS < INNER + 5),
}


def sector(half_angle: float, thickness: float = OUTER - INNER) -> np.ndarray:
    """Scar on the right, from the blood outwards by a thickness in pixels."""
    return WALL & (np.abs(ANGLE) < half_angle) & (INNER + thickness > RADIUS)


def moved_scar(scar: np.ndarray, outwards_mm: float) -> np.ndarray:
    found, _ = move_borders(views(scar), torch.tensor([outwards_mm]))
    return found.masks[0, SCAR].numpy()


def half_width(scar: np.ndarray, radius: float) -> float:
    """Of a sector, along the wall at a radius, in pixels."""
    ring = np.abs(RADIUS - radius) < 0.75
    return float(np.abs(ANGLE[scar & ring]).max() * radius)


@pytest.mark.parametrize("outwards_mm", [-4.0, -1.0, 1.0, 4.0])
def test_scar_through_the_whole_wall_is_wider_along_the_wall_by_the_distance_on_each_side(outwards_mm: float) -> None:
    before, after = sector(0.5), moved_scar(sector(0.5), outwards_mm)
    for radius in (INNER + 3, INNER + 12, OUTER - 3):
        widened = half_width(after, radius) - half_width(before, radius)
        assert widened == pytest.approx(outwards_mm / PIXEL_MM, abs=1.5)
    if outwards_mm < 0:
        assert after[WALL & (np.abs(ANGLE) < 0.1)].all(), "nothing is lost at blood and epicardium"


def test_a_border_is_moved_by_as_many_whole_pixels_as_are_nearest_to_the_distance() -> None:
    flat = WALL & (np.abs(y - 128) < 8) & (x > 128)
    for outwards_mm, rows in ((0.2, 0), (0.3, 1), (0.7, 1), (0.8, 2), (-0.2, 0), (-0.3, -1), (-0.7, -1), (-0.8, -2)):
        after = moved_scar(flat, outwards_mm)
        assert np.ptp(np.nonzero(after[:, 190])[0]) == np.ptp(np.nonzero(flat[:, 190])[0]) + 2 * rows


def test_scar_below_the_endocardium_thickens_by_the_distance_and_to_the_whole_wall_at_most() -> None:
    middle = np.abs(ANGLE) < 0.2
    for outwards_mm, thickness in ((3.0, 16), (-3.0, 4), (20.0, OUTER - INNER)):
        after = moved_scar(sector(0.6, thickness=10), outwards_mm)
        assert np.ptp(RADIUS[after & middle]) == pytest.approx(thickness, abs=1.5)
        assert not (after & ~WALL).any()


@given(st.floats(0.1, 3.0), st.floats(4, 25), st.floats(-6, 8), st.floats(-6, 8))
@settings(max_examples=25)
def test_a_more_generous_border_holds_a_less_generous_one(
    half_angle: float, thickness: float, one_mm: float, other_mm: float
) -> None:
    scar = sector(half_angle, thickness)
    less, more = sorted((one_mm, other_mm))
    found, is_moved = move_borders(views(scar, scar), torch.tensor([less, more]))
    if is_moved.all():
        assert not (found.masks[0, SCAR] & ~found.masks[1, SCAR]).any()


@given(st.floats(0.3, 2.0), st.floats(10, 25), st.floats(0.5, 3))
@settings(max_examples=25)
def test_scar_that_shrinks_and_grows_again_gains_nothing(half_angle: float, thickness: float, mm: float) -> None:
    scar = sector(half_angle, thickness)
    again = moved_scar(moved_scar(scar, -mm), mm)
    assert not (again & ~scar).any()


def test_a_view_is_left_as_it_is_where_a_part_of_its_scar_would_be_lost() -> None:
    large, small = sector(0.5), WALL & (np.abs(ANGLE - 2) < 0.05)
    given = views(large, large | small)
    found, is_moved = move_borders(given, torch.tensor([-3.0, -3.0]))
    assert is_moved.tolist() == [True, False]
    assert torch.equal(found.masks[1], given.masks[1])


def test_views_without_scar_and_other_structures_stay() -> None:
    given = views(sector(0.5), WALL & False)
    found, is_moved = move_borders(given, torch.tensor([2.0, 2.0]))
    assert is_moved.tolist() == [True, False]
    assert torch.equal(found.masks[1], given.masks[1])
    others = [BLOOD_POOL, LEFT_VENTRICLE, NO_REFLOW]
    assert torch.equal(found.masks[:, others], given.masks[:, others])
    assert all(one is other for one, other in zip(found[:2], given[:2], strict=True))


def test_each_view_is_moved_by_its_own_distance_in_its_own_pixels() -> None:
    given = views(*[sector(0.5)] * 3)._replace(pixel_mm=torch.tensor([0.5, 0.5, 0.25]))
    found, _ = move_borders(given, torch.tensor([0.0, 2.0, 1.0]))
    assert torch.equal(found.masks[0], given.masks[0])
    assert torch.equal(found.masks[1], found.masks[2])
    assert found.masks[1].sum() > given.masks[1].sum()


SETTINGS = BorderSettings(moved_share=0.25, sensitivity=(-2.0, 6.0), mm_per_step=0.5, by_centre={"wide": 5.0})


def test_a_share_of_views_is_moved_to_any_sensitivity_of_the_range_wherever_its_centre_draws() -> None:
    torch.manual_seed(0)
    own = torch.tensor([0.0, 5.0]).repeat_interleave(2000)
    steps = draw_steps(own, SETTINGS)
    for centre in (0.0, 5.0):
        drawn = steps[(own == centre)]
        reached = (own + steps)[own == centre][drawn != 0]
        assert len(reached) / 2000 == pytest.approx(0.25, abs=0.04)
        assert -2 <= reached.min() < -1.8
        assert 5.8 < reached.max() <= 6


def test_prompts_on_scar_are_answered_at_the_sensitivity_to_which_their_view_was_moved() -> None:
    moving = replace(SHIPPED, borders=replace(SETTINGS, moved_share=1.0))
    seen = {float(at) for seed in range(6) for at in batch(seed, moving, per_view=8, decoded=2).sensitivity}
    assert 0.0 in seen, "prompts on other structures and on the heart without scar"
    assert len(seen) > 4
    for seed in range(6):
        made = batch(seed, moving, per_view=8, decoded=2)
        shifted = made.sensitivity != 0
        assert (made.prompts.structure[shifted] == SCAR).all()
        assert (made.prompts.view[shifted] == 0).all()
        assert len(set(made.sensitivity[shifted].tolist())) <= 1


def test_a_centre_s_references_count_at_its_own_sensitivity_though_nothing_is_moved() -> None:
    own = slice_tensors([replace(heart(0), centre="wide"), heart(1)], SETTINGS.by_centre).sensitivity
    assert own.tolist() == [5, 0]
    assert draw_steps(own, replace(SETTINGS, moved_share=0.0)).tolist() == [0, 0]


def test_the_shipped_training_moves_nothing_and_that_of_two_centres_does() -> None:
    assert not batch().sensitivity.any()
    assert not hearts().sensitivity.any()
    two = read_config(CONFIGS / "two_centres.toml").borders
    assert two.moved_share > 0
    assert two.sensitivity[0] < 0 < two.by_centre["myops"] < two.sensitivity[1]
