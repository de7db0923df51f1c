"""The layer where scar lies: phantoms whose scar fills known parts of the wall's thickness, however they are stored."""

import numpy as np
import pytest

from scarmass.domain.layers import layers_of
from scarmass.domain.masks import Mask
from scarmass.domain.pattern import Layer
from scarmass.domain.structures import Structure
from scarmass.domain.wall import WallSlice
from scarmass.phantom.demonstration import OBLIQUE
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.ventricle import Scar, Territory
from tests.domain.stored import Way, as_acquired, mirrored, turned, wall_of

FINE = {"rows": 384, "columns": 384, "pixel_spacing_mm": (0.7, 0.7)}
HEART = phantom(21, scars=(), **FINE)


def depth_of_wall(stack: Phantom, index: int) -> np.ndarray:
    """How far out in the wall each pixel (rows, columns) of a slice lies: 0 at the endocardium, 1 at the epicardium."""
    x, y = stack.axes_xy[index]
    row_mm, column_mm = stack.planes[index].pixel_spacing_mm
    rows, columns = stack.masks[Structure.SCAR].shape[1:]
    down = (np.arange(rows)[:, None] + 0.5 - y) * row_mm
    across = (np.arange(columns)[None, :] + 0.5 - x) * column_mm
    theta, radius_mm = np.arctan2(down, across).ravel(), np.hypot(down, across)
    edges = stack.ventricle.boundaries_mm(theta, np.full(theta.shape, stack.heights[index]))
    outer = edges[Structure.LEFT_VENTRICLE][1].reshape(rows, columns)
    inner = edges[Structure.BLOOD_POOL][1].reshape(rows, columns)
    return (radius_mm - inner) / (outer - inner)


def band(start: float, end: float, on: slice = slice(3, 7)) -> Mask:
    """Scar in the anterior half of the wall between two depths of it, on some slices."""
    scar = np.zeros_like(HEART.masks[Structure.SCAR])
    for index in range(len(HEART.planes))[on]:
        depth = depth_of_wall(HEART, index)
        scar[index] = (depth >= start) & (depth < end)
        scar[index, int(HEART.axes_xy[index][1]) :] = False
    return scar


def wall_with(scar: Mask, way: Way = as_acquired) -> list[WallSlice]:
    return wall_of(HEART, way, {**HEART.masks, Structure.SCAR: scar})


@pytest.mark.parametrize(
    ("start", "end", "layer"),
    [
        (0.0, 0.3, Layer.SUBENDOCARDIAL),
        (0.0, 0.5, Layer.SUBENDOCARDIAL),
        (0.0, 0.7, Layer.SUBENDOCARDIAL),
        (0.0, 1.0, Layer.TRANSMURAL),
        (0.0, 0.85, Layer.TRANSMURAL),
        (0.35, 0.65, Layer.MID_WALL),
        (0.25, 0.75, Layer.MID_WALL),
        (0.6, 1.0, Layer.EPICARDIAL),
        (0.75, 1.0, Layer.EPICARDIAL),
    ],
)
@pytest.mark.parametrize("way", [as_acquired, mirrored, turned])
def test_a_band_of_scar_is_of_the_layer_that_it_lies_in(start: float, end: float, layer: Layer, way: Way) -> None:
    found = layers_of(wall_with(band(start, end), way))
    assert found is not None
    assert found.proposed is layer


def test_the_shares_of_the_thirds_are_those_of_the_band() -> None:
    found = layers_of(wall_with(band(0.0, 0.5)))
    assert found is not None
    assert (found.inner, found.middle, found.outer) == pytest.approx((2 / 3, 1 / 3, 0), abs=0.04)
    assert found.inner + found.middle + found.outer == pytest.approx(1)
    assert found.transmural == 0


def test_the_share_of_transmural_chords_is_that_of_the_slices_where_it_fills_the_wall() -> None:
    full, thin = band(0.0, 1.0, slice(3, 5)), band(0.0, 0.4, slice(5, 7))
    found = layers_of(wall_with(full | thin))
    assert found is not None
    assert found.transmural == pytest.approx(0.5, abs=0.06)


def test_no_layer_is_proposed_where_scar_lies_in_all_of_them_alike() -> None:
    scar = band(0.0, 0.2) | band(0.4, 0.6) | band(0.8, 1.0)
    found = layers_of(wall_with(scar))
    assert found is not None
    assert found.proposed is None


def test_scar_beyond_the_myocardium_and_slices_without_a_told_scar_count_for_nothing() -> None:
    wall = wall_with(band(0.35, 0.65))
    beyond = wall_with(band(0.35, 0.65) | HEART.masks[Structure.BLOOD_POOL])
    untold = [*wall, WallSlice(wall[4].slice, wall[4].left_ventricle, wall[4].blood_pool)]
    assert layers_of(beyond) == layers_of(untold) == layers_of(wall)
    assert layers_of(wall_with(HEART.masks[Structure.BLOOD_POOL])) is None
    assert layers_of([]) is None


def test_infarcts_of_phantoms_are_proposed_as_what_they_are_also_on_coarse_and_oblique_images() -> None:
    thin, full = (Scar(Territory.RCA, transmurality=share, half_angle=0.9) for share in (0.5, 1.0))
    for scar, layer in ((thin, Layer.SUBENDOCARDIAL), (full, Layer.TRANSMURAL)):
        for stack in (phantom(12, scars=(scar,)), phantom(12, scars=(scar,), orientation=OBLIQUE)):
            found = layers_of(wall_of(stack))
            assert found is not None
            assert found.proposed is layer


def test_only_layers_that_hold_the_endocardium_are_typical_of_ischaemia() -> None:
    assert {layer for layer in Layer if layer.is_typical_of_ischaemia} == {Layer.SUBENDOCARDIAL, Layer.TRANSMURAL}
