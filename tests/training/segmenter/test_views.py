"""Views: windows as serving cuts them, off as a detector's are, with their masks, in any contrast."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from scarmass.datasets.annotated import reference_regions
from scarmass.datasets.stack_arrays import STRUCTURES
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.structures import Structure
from scarmass.inference.segmenter.window import Normalisation, encoder_input, grey_window, stack_window, window_mask
from scarmass.training.segmenter.contrast import blurred, with_new_contrast
from scarmass.training.segmenter.epoch import epoch_of
from scarmass.training.segmenter.slices import slice_tensors
from scarmass.training.segmenter.views import Acquisition, Views, acquire, cut_windows, draw_views
from tests.training.segmenter.batches import SHIPPED, hearts
from tests.training.segmenter.hearts import heart

pytestmark = pytest.mark.slow

SETTINGS = replace(SHIPPED.views, per_scar_slice=3, per_other_slice=1, per_phantom_slice=2)


def drawn(seed: int = 0) -> Views:
    torch.manual_seed(seed)
    index = torch.tensor([0, 1])
    return draw_views(hearts(), index, SETTINGS, SHIPPED.augmentation, 256, Normalisation.MINMAX)


def test_slices_come_as_often_as_they_should() -> None:
    phantom = replace(heart(2), patient="another")
    epoch = epoch_of([heart(0), heart(1, with_scar=False)], [phantom], SETTINGS, {})
    assert sorted(epoch.order.tolist()) == [0, 0, 0, 1, 2, 2]


def test_a_small_centre_comes_more_often_and_a_large_one_as_it_is() -> None:
    large = [replace(heart(n), centre="large") for n in range(20)]
    epoch = epoch_of([*large, replace(heart(20), centre="small")], [], replace(SETTINGS, least_centre_share=0.25), {})
    counts = np.bincount(epoch.order)
    assert counts[:20].tolist() == [3] * 20
    assert counts[20] / counts.sum() == pytest.approx(0.25, abs=0.03)


def test_the_grid_shows_the_whole_slice_around_the_ventricle() -> None:
    tensors = slice_tensors([heart()], {})
    bits = tensors.masks[0] >> torch.arange(5)[:, None, None] & 1
    assert tensors.diameter_mm.item() == pytest.approx(56 * 1.4)
    side_mm = 3.2 * 56 * 1.4 / 384
    for plane, structure in zip(bits, STRUCTURES, strict=False):
        area_mm2 = heart().masks[structure].sum() * 1.4**2
        assert plane.sum().item() * side_mm**2 == pytest.approx(area_mm2, rel=0.02)
    assert bits[4].sum().item() * side_mm**2 == pytest.approx((128 * 1.4) ** 2, rel=0.02)


def test_views_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    assert all(torch.equal(one, other) for one, other in zip(drawn(), drawn(), strict=True))
    assert not torch.equal(drawn().grey, drawn(1).grey)
    assert not torch.equal(drawn().masks, drawn(1).masks)


def test_a_window_is_what_serving_cuts_of_the_same_slice() -> None:
    annotated = heart()
    layers = torch.from_numpy(np.array([annotated.masks[s] for s in STRUCTURES])).float()
    acquired = Acquisition(
        torch.from_numpy(annotated.pixels)[None],
        layers[None],
        torch.ones(1, 128, 128),
        torch.zeros(1, 2, 128, 128),
        torch.tensor([56 / 128]),
        torch.tensor([[0.02, -0.05]]),
    )
    cut = cut_windows(
        acquired, torch.tensor([1.8]), torch.zeros(1, 2), torch.tensor([56 * 1.4]), 256, Normalisation.IMAGENET
    )
    window = stack_window((128, 128), (1.4, 1.4), HeartRegion(64 + 0.02 * 128, 64 - 0.05 * 128, 56 * 1.4))
    expected = grey_window(annotated.pixels, window, 256)
    np.testing.assert_allclose(cut.grey[0].numpy(), expected, atol=2e-3)
    given = encoder_input(annotated.pixels, window, 256, Normalisation.IMAGENET)
    np.testing.assert_allclose(cut.pixels[0].numpy(), given, atol=1e-2)
    for mask, structure in zip(cut.masks[0].numpy(), STRUCTURES, strict=True):
        assert (mask != window_mask(annotated.masks[structure], window)).mean() < 1e-3
    assert cut.pixel_mm.item() == pytest.approx(window.side_mm / 256)


def test_windows_lie_around_the_ventricle_by_some_diameters_and_show_all_masks() -> None:
    views = drawn()
    for masks, pixel_mm in zip(views.masks, views.pixel_mm.tolist(), strict=True):
        rows, columns = np.nonzero(masks[STRUCTURES.index(Structure.LEFT_VENTRICLE)].numpy())
        assert np.hypot(rows.mean() - 128, columns.mean() - 128) * pixel_mm < 25
        assert 1.5 <= 256 * pixel_mm / (56 * 1.4) <= 2.2
        diameter = 2 * np.sqrt(len(rows) / np.pi) * pixel_mm
        assert diameter == pytest.approx(56 * 1.4, rel=0.15)
    scar = views.masks[:, STRUCTURES.index(Structure.SCAR)].flatten(1).any(1)
    assert scar.tolist() == [True, False]


def test_grey_values_fill_their_range_and_are_zero_beyond_the_slice() -> None:
    grey = drawn().grey
    assert (grey.flatten(1).amin(1) == 0).all()
    assert (grey.flatten(1).amax(1) == 1).all()
    assert grey.isfinite().all()


def test_another_contrast_moves_nothing_and_stays_on_the_slice() -> None:
    torch.manual_seed(0)
    acquired = acquire(hearts(), torch.tensor([0, 1]), SETTINGS, SHIPPED.augmentation)
    changed = with_new_contrast(acquired.pixels, acquired.masks, acquired.inside, SHIPPED.augmentation)
    assert changed.isfinite().all()
    assert not torch.equal(changed, acquired.pixels)
    assert not changed[acquired.inside == 0].any()


def test_each_image_is_blurred_by_its_own_sigma() -> None:
    dots = torch.zeros(2, 65, 65)
    dots[:, 32, 32] = 1
    place = torch.arange(65.0) - 32
    for image, sigma in zip(blurred(dots, torch.tensor([1.0, 3.0])), (1.0, 3.0), strict=True):
        assert image.sum().item() == pytest.approx(1, rel=1e-3)
        assert (image.sum(0) * place**2).sum().sqrt().item() == pytest.approx(sigma, rel=0.1)


def test_a_patient_s_heart_is_where_its_reference_outline_is() -> None:
    region = reference_regions([heart(0), heart(1)])["phantom"]
    assert region is not None
    assert (region.x, region.y) == (64, 64)
    assert region.diameter_mm == pytest.approx(56 * 1.4)
