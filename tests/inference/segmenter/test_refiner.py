"""The refiner: it starts as the decoder's own answer, and sees prompts where they were drawn."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scarmass.domain.structures import Structure
from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.segmenter.refiner import (
    ALSO_OUTLINED,
    CERTAIN_BLOOD,
    FOLD,
    LARGEST_LOGIT,
    Refiner,
    drawn_maps,
    outside_blood,
)

GREY, LOGITS, BOX, POSITIVE, NEGATIVE, PREVIOUS = range(6)


def decoder_logits(count: int = 1) -> torch.Tensor:
    return torch.linspace(-12, 12, count * 256 * 256).reshape(count, 256, 256)


def test_an_untrained_refiner_leaves_the_decoder_s_mask_as_it_is() -> None:
    maps = drawn_maps(torch.rand(256, 256), decoder_logits(2), None, None, None)
    with torch.no_grad():
        refined = Refiner(structures=4)(maps, torch.tensor([0, 3]))
    assert torch.equal(refined > 0, decoder_logits(2) > 0)
    assert refined.abs().max() <= LARGEST_LOGIT


def test_a_box_covers_its_pixels_and_shares_those_on_its_edge() -> None:
    maps = drawn_maps(torch.zeros(256, 256), decoder_logits(), torch.tensor([[10.0, 20.0, 30.5, 40.25]]), None, None)
    box = maps[0, BOX]
    assert box[20:40, 10:30].min() == 1
    assert box[30, 30] == 0.5
    assert box[40, 15] == 0.25
    assert box.sum() == 20.5 * 20.25


@given(st.floats(0.5, 255.5), st.floats(0.5, 255.5), st.booleans())
@settings(max_examples=25)
def test_a_click_is_brightest_in_the_pixel_it_was_aimed_at(x: float, y: float, positive: bool) -> None:
    points = (torch.tensor([[[x, y]]]), torch.tensor([[float(positive)]]))
    maps = drawn_maps(torch.zeros(256, 256), decoder_logits(), None, points, None)
    clicked, other = (POSITIVE, NEGATIVE) if positive else (NEGATIVE, POSITIVE)
    assert maps[0, clicked, min(int(y), 255), min(int(x), 255)] == maps[0, clicked].max()
    assert not maps[0, other].any()


def test_what_was_not_drawn_is_zero_and_a_previous_mask_is_certain() -> None:
    maps = drawn_maps(torch.ones(256, 256), decoder_logits(), None, None, None)
    assert not maps[:, [BOX, POSITIVE, NEGATIVE, PREVIOUS]].any()
    assert maps[:, GREY].min() == 1
    previous = torch.full((1, 256, 256), -10.0)
    previous[:, 5:9] = 10
    assert drawn_maps(torch.ones(256, 256), decoder_logits(), None, None, previous)[0, PREVIOUS, 4:6, 0].tolist() == [
        -1,
        1,
    ]


def test_answers_to_several_prompts_do_not_depend_on_each_other() -> None:
    torch.manual_seed(0)
    refiner = Refiner(structures=4).eval()
    torch.nn.init.normal_(refiner.head.weight)
    boxes = torch.tensor([[10.0, 10, 50, 50], [100, 100, 200, 150]])
    maps = drawn_maps(torch.rand(256, 256), decoder_logits(2), boxes, None, None)
    with torch.no_grad():
        together = refiner(maps, torch.tensor([0, 1]))
        alone = refiner(maps[1:], torch.tensor([1]))
    torch.testing.assert_close(together[1:], alone, atol=1e-4, rtol=1e-4)


def test_blood_pool_and_ventricle_are_outlined_beside_the_answer() -> None:
    torch.manual_seed(0)
    refiner = Refiner(structures=4).eval()
    torch.nn.init.normal_(refiner.head.weight)
    maps = drawn_maps(torch.rand(256, 256), decoder_logits(2), None, None, None)
    with torch.no_grad():
        answers, outlines = refiner.with_outlines(maps, torch.tensor([0, 3]))
        assert torch.equal(answers, refiner(maps, torch.tensor([0, 3])))
    assert outlines.shape == (2, len(ALSO_OUTLINED), 256, 256)
    assert not torch.equal(outlines[:, 0], outlines[:, 1])


def test_what_lies_in_the_wall_is_not_answered_where_blood_is_certain() -> None:
    answers = torch.full((1, 256, 256), 4.0)
    outlines = torch.zeros(1, len(ALSO_OUTLINED), 256, 256)
    outlines[0, ALSO_OUTLINED.index(Structure.BLOOD_POOL), :100] = CERTAIN_BLOOD + 0.1
    kept = outside_blood(answers, outlines)
    assert (kept[0, :100] < 0).all()
    assert (kept[0, 100:] > 0).all()


@pytest.mark.parametrize(("structure", "is_kept_out"), [(s, s in ("scar", "no_reflow")) for s in Structure])
def test_blood_keeps_out_scar_and_no_reflow_alone(structure: Structure, is_kept_out: bool) -> None:
    network = PromptableSegmenter("tiny_vit", 256, tuple(Structure), with_refiner=True).eval()
    assert network.refiner is not None
    assert network.refiner.head.bias is not None
    with torch.no_grad():
        network.refiner.head.bias[FOLD**2 : 2 * FOLD**2] = CERTAIN_BLOOD + 1
        logits = torch.full((1, 256, 256), 6.0)
        asked = torch.tensor([network.structure_index(structure)])
        refined = network.refine(logits, torch.rand(256, 256), asked)
    assert bool((refined < 0).all()) == is_kept_out


def test_a_structure_changes_the_answer_to_the_same_box() -> None:
    torch.manual_seed(0)
    refiner = Refiner(structures=4).eval()
    torch.nn.init.normal_(refiner.head.weight)
    maps = drawn_maps(torch.rand(256, 256), decoder_logits(), torch.tensor([[10.0, 10, 50, 50]]), None, None)
    with torch.no_grad():
        assert not torch.equal(refiner(maps, torch.tensor([0])), refiner(maps, torch.tensor([1])))
