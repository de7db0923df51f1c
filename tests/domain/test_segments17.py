"""The 17 segments of phantoms whose scar is known by angle, depth and level, however their images are stored."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from scarmass.domain.aha_model import NAMES, Level, borders_of
from scarmass.domain.errors import ContoursMissing, LandmarksMissing, LandmarksNotApart
from scarmass.domain.landmarks import Landmarks, LevelBorder
from scarmass.domain.mass import MassExtent
from scarmass.domain.opening_view import Apex
from scarmass.domain.segments17 import LEAST_SHARE, AhaSegment, percent_class, segments17
from scarmass.domain.structures import Structure
from scarmass.phantom.demonstration import OBLIQUE
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.ventricle import Scar, Territory
from scarmass.phantom.wall_segments import SEPTUM_WIDTH, depths, sector_areas_mm2
from tests.domain.stored import Way, as_acquired, landmarks_of, mirrored, reversed_order, turned, wall_of

DENSITY = 1.05
ANTERIOR = Scar(Territory.LAD, transmurality=1.0, half_angle=np.pi / 3, half_height=0.35, is_sharp=True)
INFERIOR = Scar(Territory.RCA, transmurality=0.4, half_angle=0.8, half_height=0.3, is_sharp=True)
TAPERED = Scar(Territory.LCX, transmurality=0.8, half_angle=0.9, half_height=0.3)


@cache
def three_scars(is_oblique: bool) -> Phantom:
    scars = (ANTERIOR, INFERIOR, TAPERED)
    if not is_oblique:
        return phantom(34, scars=scars)
    return phantom(34, scars=scars, orientation=OBLIQUE, rows=208, columns=256, pixel_spacing_mm=(1.6, 1.25))


@pytest.fixture(scope="module")
def heart() -> Phantom:
    return phantom(34, scars=(ANTERIOR, INFERIOR))


def truth(stack: Phantom, segment: AhaSegment) -> dict[str, float]:
    """What the phantom knows of a segment on the slices that it was measured on."""
    start, end = next((start, end) for n, start, end in borders_of(segment.level, SEPTUM_WIDTH) if n == segment.segment)
    slices = [int(sector.slice[0].rpartition(".")[2]) for sector in segment.sectors]
    areas = [sector_areas_mm2(stack, index, start, end) for index in slices]
    scar = sum(each[Structure.SCAR] for each in areas)
    myocardium = sum(each[Structure.LEFT_VENTRICLE] - each[Structure.BLOOD_POOL] for each in areas)
    depth = np.concatenate([depths(stack, index, start, end) for index in slices])
    holding = depth[depth >= LEAST_SHARE]
    return {
        "percent": 100 * scar / myocardium,
        "transmurality": 100 * holding.mean() if holding.size > 0.05 * depth.size else 0,
        "grams": scar * stack.slice_spacing_mm * DENSITY / 1000,
    }


@pytest.mark.parametrize("way", [as_acquired, mirrored, turned])
@pytest.mark.parametrize("is_oblique", [False, True], ids=["usual", "oblique"])
@pytest.mark.parametrize("is_reversed", [False, True], ids=["apex first", "base first"])
def test_percent_transmurality_and_grams_are_those_known(way: Way, is_oblique: bool, is_reversed: bool) -> None:
    stack = three_scars(is_oblique)
    wall = wall_of(stack, way)
    found = segments17(reversed_order(wall) if is_reversed else wall, landmarks_of(stack, 5), DENSITY)
    assert found.long_axis.apex is (Apex.LAST if is_reversed else Apex.FIRST)
    assert found.long_axis.doubt is None
    for segment in found.segments[:16]:
        known = truth(stack, segment)
        assert segment.percent_scar == pytest.approx(known["percent"], abs=3)
        assert segment.mass is not None
        assert segment.mass.by_slice_spacing is not None
        assert segment.mass.by_slice_spacing.mass_g == pytest.approx(known["grams"], abs=0.2)
        if segment.segment in (1, 2, 3, 4, 7, 8, 9, 10):  # where no scar thins out, whose end depends on the pixels
            assert segment.transmurality == pytest.approx(known["transmurality"], abs=6)


def test_a_transmural_anterior_scar_fills_the_two_segments_beside_the_anterior_insertion_and_no_other(
    heart: Phantom,
) -> None:
    found = segments17(wall_of(heart), landmarks_of(heart, 5), DENSITY).segments
    full = [each.name for each in found if each.percent_scar is not None and each.percent_scar > 95]
    assert full == ["mid anterior", "mid anteroseptal"]
    free = ("mid inferolateral", "mid anterolateral", "basal inferolateral", "basal anterolateral", "apical lateral")
    assert [each.transmurality for each in found if each.name in free] == [0] * 5
    inferior = found[NAMES.index("mid inferior")]
    assert (inferior.transmurality_class, found[NAMES.index("mid anterior")].transmurality_class) == ("26-50", "76-100")


def test_the_segments_grams_are_those_of_the_scar_within_the_myocardium(heart: Phantom) -> None:
    beyond = heart.masks[Structure.SCAR].copy()
    beyond[5, :4, :4] = True
    wall = wall_of(heart, masks={**heart.masks, Structure.SCAR: beyond})
    found = segments17(wall, landmarks_of(heart, 5), DENSITY)
    pixel_mm2 = heart.planes[0].pixel_area_mm2
    assert found.outside_mm2 == pytest.approx(16 * pixel_mm2)
    within_g = (beyond.sum() - 16) * pixel_mm2 * heart.slice_thickness_mm * DENSITY / 1000
    masses = [each.mass.by(MassExtent.SLICE_THICKNESS) for each in found.segments if each.mass is not None]
    assert sum(mass.mass_g for mass in masses if mass is not None) == pytest.approx(within_g)


def test_the_apex_is_not_assessed(heart: Phantom) -> None:
    apex = segments17(wall_of(heart), landmarks_of(heart, 5), DENSITY).segments[16]
    assert (apex.name, apex.is_assessed, apex.mass, apex.percent_scar, apex.transmurality_class) == (
        "apex",
        False,
        None,
        None,
        None,
    )


def test_it_does_not_matter_on_which_slice_the_insertion_points_are_marked_though_breath_holds_differ() -> None:
    stack = phantom(12, scars=(ANTERIOR,), shift_mm=4.0)
    wall = wall_of(stack)
    on_base, on_apex = (segments17(wall, landmarks_of(stack, index), DENSITY).segments[:16] for index in (8, 2))
    for one, other in zip(on_base, on_apex, strict=True):
        assert one.percent_scar == pytest.approx(other.percent_scar, abs=2)


def test_levels_are_thirds_of_the_way_from_base_to_apex_and_their_borders_can_be_moved(heart: Phantom) -> None:
    wall, landmarks = wall_of(heart), landmarks_of(heart, 5)
    levels = list(segments17(wall, landmarks, DENSITY).levels.values())
    assert levels == [Level.APICAL] * 3 + [Level.MID] * 4 + [Level.BASE] * 3
    moved = replace(landmarks, first_mid=_border(wall, 7), first_apical=_border(wall, 1))
    assert (
        list(segments17(wall, moved, DENSITY).levels.values())
        == [Level.APICAL] * 2 + [Level.MID] * 6 + [Level.BASE] * 2
    )


def _border(wall: list, index: int) -> LevelBorder:
    one = wall[index].slice
    return LevelBorder(one.key, one.header.position_mm)


def test_slices_without_contours_have_no_level_and_without_a_scar_that_is_told_no_figures(heart: Phantom) -> None:
    wall = wall_of(heart)
    untold = [replace(one, scar=None) if index >= 7 else one for index, one in enumerate(wall)]
    found = segments17(untold, landmarks_of(heart, 5), DENSITY)
    assert [each.is_assessed for each in found.segments] == [False] * 6 + [True] * 10 + [False]
    assert found.untold == tuple(one.slice.key for one in wall[7:])
    empty = np.zeros_like(wall[0].left_ventricle)
    without = [replace(wall[0], left_ventricle=empty), *wall[1:]]
    assert wall[0].slice.key not in segments17(without, landmarks_of(heart, 5), DENSITY).levels


def test_exchanged_insertion_points_are_doubted(heart: Phantom) -> None:
    points = landmarks_of(heart, 5)
    exchanged = Landmarks(points.inferior_insertion, points.anterior_insertion)
    doubt = segments17(wall_of(heart), exchanged, DENSITY).long_axis.doubt
    assert "exchanged" in str(doubt)


def test_without_size_or_a_short_axis_orientation_the_insertion_points_tell_which_end_is_the_apex() -> None:
    stack = phantom(5, scars=(), number_of_slices=10, orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    two = wall_of(stack)[6:8]
    found = segments17(two, landmarks_of(stack, 6), DENSITY).long_axis
    assert (found.apex, found.because) == (Apex.FIRST, "how the insertion points lie")
    assert segments17(two[::-1], landmarks_of(stack, 6), DENSITY).long_axis.apex is Apex.LAST


def test_what_is_missing_is_named(heart: Phantom) -> None:
    wall, points = wall_of(heart), landmarks_of(heart, 5)
    with pytest.raises(ContoursMissing):
        segments17([], points, DENSITY)
    with pytest.raises(LandmarksMissing, match="inferior"):
        segments17(wall, replace(points, inferior_insertion=None), DENSITY)
    with pytest.raises(LandmarksNotApart):
        segments17(wall, Landmarks(points.anterior_insertion, points.anterior_insertion), DENSITY)


def test_percentages_fall_into_the_classes_of_transmurality() -> None:
    classes = [percent_class(percent) for percent in (0, 0.2, 25, 25.1, 50, 51, 75, 76, 100)]
    assert classes == ["0", "1-25", "1-25", "26-50", "26-50", "51-75", "51-75", "76-100", "76-100"]


def test_no_reflow_is_told_of_the_segment_that_it_lies_in_and_of_no_other() -> None:
    scar = Scar(Territory.LAD, transmurality=1.0, half_angle=0.9, half_height=0.33, no_reflow=True)
    stack = phantom(34, scars=(scar,))
    cores = stack.masks[Structure.NO_REFLOW]
    wall = [replace(one, no_reflow=core) for one, core in zip(wall_of(stack), cores, strict=True)]
    found = segments17(wall, landmarks_of(stack, 5), DENSITY).segments
    grams = {
        one.name: quantity.mass_g
        for one in found
        if one.no_reflow_mass is not None
        and (quantity := one.no_reflow_mass.by(MassExtent.SLICE_THICKNESS)) is not None
    }
    known_g = cores.sum() * stack.planes[0].pixel_area_mm2 * stack.slice_thickness_mm * DENSITY / 1000
    assert sum(grams.values()) == pytest.approx(known_g)
    assert {name for name, each in grams.items() if each > 0.05 * known_g} <= {
        "mid anterior",
        "mid anteroseptal",
        "apical anterior",
        "apical septal",
        "basal anterior",
        "basal anteroseptal",
    }
    without = segments17(wall_of(stack), landmarks_of(stack, 5), DENSITY).segments[6]
    assert without.no_reflow_mass is not None
    assert without.no_reflow_mass.by_slice_thickness is not None
    assert without.no_reflow_mass.by_slice_thickness.mass_g == 0


@pytest.mark.parametrize(
    ("transmurality", "viability"),
    [
        (0.0, "likely"),
        (25.0, "likely"),
        (26.0, "intermediate"),
        (50.0, "intermediate"),
        (51.0, "unlikely"),
        (None, None),
    ],
)
def test_viability_follows_the_class_of_transmurality(transmurality: float | None, viability: str | None) -> None:
    assert AhaSegment(7, Level.MID, transmurality=transmurality).viability == viability
