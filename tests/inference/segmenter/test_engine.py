import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from scarmass.domain.errors import DeviceOutOfMemory, MaskShapeMismatch, PromptOutsideImage
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.prompts import Box, Point, Prompt
from scarmass.domain.protocols import Segmentation, Segmenter, SliceImage
from scarmass.domain.structures import Structure
from scarmass.inference.segmenter.engine import AT_ONCE, SegmenterEngine, chosen_device
from scarmass.inference.segmenter.network import build_segmenter
from scarmass.inference.segmenter.refiner import FOLD, Refiner
from scarmass.inference.segmenter.window import Float32
from scarmass.inference.weights.load import Weights, load
from scarmass.paths import WEIGHTS

pytestmark = pytest.mark.slow

REGION = HeartRegion(80, 80, 80)
SCAR_BOX = Box(90, 52, 116, 108)
VENTRICLE_BOX = Box(50, 50, 110, 110)
EMBEDDING_BYTES = 2 * 256 * 64 * 64
ZEROS = torch.zeros(1, 256, 64, 64)


def image(key: str = "one") -> SliceImage:
    """A ring with a bright segment on its right side, a blood pool within."""
    y, x = np.mgrid[:160, :160] + 0.5
    radius = np.hypot(x - 80, y - 80)
    pixels = 40 + 40 * (radius < 20) + 160 * ((np.abs(radius - 25) < 5) & (x > 94))
    noise = np.random.default_rng(0).normal(0, 4, pixels.shape)
    return SliceImage(key, (pixels + noise).astype(np.float32), (1.4, 1.4))


@pytest.fixture(scope="module")
def weights() -> Weights:
    return load("scarmass-litemedsam", WEIGHTS)


@pytest.fixture(scope="module")
def engine(weights: Weights) -> SegmenterEngine:
    return SegmenterEngine(weights, device="cpu")


@pytest.fixture
def new_engine(weights: Weights) -> Callable[..., SegmenterEngine]:
    """Makes an engine whose encoder is a stand-in, for what does not hang on the embedding's values."""

    def make(encode: Callable[[Float32], torch.Tensor] | None = None, cache_bytes: int = 2**30) -> SegmenterEngine:
        return SegmenterEngine(weights, device="cpu", cache_bytes=cache_bytes, encode=encode or (lambda window: ZEROS))

    return make


def ask(engine: SegmenterEngine, prompt: Prompt, key: str = "one") -> Segmentation:
    return engine.segment(image(key), REGION, prompt)


def test_the_engine_is_a_segmenter(engine: SegmenterEngine, weights: Weights) -> None:
    segmenter: Segmenter = engine
    assert segmenter.model.name == "scarmass-litemedsam"
    assert segmenter.model.sha256 == weights.sha256


def test_a_box_around_the_bright_segment_finds_it(engine: SegmenterEngine) -> None:
    answer = ask(engine, Prompt(boxes=(SCAR_BOX,)))
    bright = image().pixels > 150
    assert answer.mask.dtype == bool
    assert 2 * (answer.mask & bright).sum() / (answer.mask.sum() + bright.sum()) > 0.5
    assert 0 < answer.score <= 1


def test_the_answer_is_the_same_whether_embedded_ahead_or_not(weights: Weights, engine: SegmenterEngine) -> None:
    ahead = SegmenterEngine(weights, device="cpu")
    ahead.embed(image(), REGION)
    assert ahead.encodes_done == 1
    prompt = Prompt(boxes=(SCAR_BOX,), points=(Point(104, 80, True),))
    assert (ask(ahead, prompt).mask == ask(engine, prompt).mask).all()
    assert ahead.encodes_done == 1


def test_two_boxes_are_the_union_of_each_alone(engine: SegmenterEngine) -> None:
    left, right = Box(50, 60, 66, 100), SCAR_BOX
    both = ask(engine, Prompt(boxes=(left, right)))
    alone = [ask(engine, Prompt(boxes=(box,))) for box in (left, right)]
    assert (both.mask ^ (alone[0].mask | alone[1].mask)).sum() <= 2
    areas = [answer.mask.sum() for answer in alone]
    expected = sum(a * answer.score for a, answer in zip(areas, alone, strict=True)) / sum(areas)
    assert both.score == pytest.approx(expected, abs=1e-3)


def test_a_positive_point_outside_every_box_is_a_prompt_of_its_own(engine: SegmenterEngine) -> None:
    box, point = Box(90, 52, 116, 108), Point(80, 80, True)
    together = ask(engine, Prompt(boxes=(box,), points=(point,)))
    alone = ask(engine, Prompt(boxes=(box,))).mask | ask(engine, Prompt(points=(point,))).mask
    assert (together.mask ^ alone).sum() <= 2


def test_a_negative_point_outside_every_box_removes_the_component_under_it(
    new_engine: Callable[..., SegmenterEngine],
) -> None:
    engine = new_engine()
    previous = np.zeros((160, 160), dtype=bool)
    previous[10:20, 10:20] = previous[40:50, 40:50] = True
    answer = ask(engine, Prompt(points=(Point(15, 15, False),), previous=previous))
    assert answer.mask.sum() == 100
    assert answer.mask[40:50, 40:50].all()
    assert answer.score == 0


def test_a_prompt_outside_the_window_is_answered_in_an_enlarged_one(new_engine: Callable[..., SegmenterEngine]) -> None:
    engine = new_engine()
    before = engine.encodes_done
    answer = ask(engine, Prompt(boxes=(Box(130, 130, 158, 158),)), key="enlarged")
    assert engine.encodes_done == before + 1
    assert answer.mask.shape == (160, 160)


@pytest.mark.parametrize("follows_points", [True, False])
def test_a_click_is_obeyed_by_every_kind_of_weights(
    engine: SegmenterEngine, weights: Weights, follows_points: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A box that was answered is asked again with a click inside the answer and one outside."""
    entry = replace(weights.entry, follows_points=follows_points)
    monkeypatch.setattr(engine, "_weights", replace(weights, entry=entry))
    first = ask(engine, Prompt(boxes=(SCAR_BOX,)))
    row, column = np.argwhere(first.mask)[first.mask.sum() // 2]
    points = (Point(column + 0.5, row + 0.5, False), Point(92, 55, True))
    corrected = ask(engine, Prompt(boxes=(SCAR_BOX,), points=points, previous=first.mask))
    assert not corrected.mask[row, column]
    assert corrected.mask[55, 92]


def test_prompts_and_masks_that_do_not_fit_the_slice_are_refused(new_engine: Callable[..., SegmenterEngine]) -> None:
    engine = new_engine()
    with pytest.raises(PromptOutsideImage):
        ask(engine, Prompt(boxes=(Box(100, 100, 170, 120),)))
    with pytest.raises(MaskShapeMismatch):
        ask(engine, Prompt(boxes=(SCAR_BOX,), previous=np.zeros((5, 5), dtype=bool)))


def test_an_empty_prompt_is_answered_with_nothing(new_engine: Callable[..., SegmenterEngine]) -> None:
    engine = new_engine()
    answer = ask(engine, Prompt())
    assert not answer.mask.any()
    assert answer.score == 0


def test_every_structure_can_be_asked_for(new_engine: Callable[..., SegmenterEngine]) -> None:
    engine = new_engine()
    for structure in Structure:
        assert ask(engine, Prompt(structure, boxes=(Box(50, 50, 112, 112),))).mask.shape == (160, 160)


def test_without_a_heart_the_whole_slice_is_the_window(new_engine: Callable[..., SegmenterEngine]) -> None:
    engine = new_engine()
    answer = engine.segment(image("whole"), None, Prompt(boxes=(Box(2, 2, 158, 158),)))
    assert answer.mask.shape == (160, 160)


def test_concurrent_requests_for_one_slice_encode_it_once(new_engine: Callable[..., SegmenterEngine]) -> None:
    inside, most = [0], [0]
    lock = threading.Lock()

    def encode(window: Float32) -> torch.Tensor:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        threading.Event().wait(0.02)
        with lock:
            inside[0] -= 1
        return torch.zeros(1, 256, 64, 64)

    engine = new_engine(encode)
    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(engine.embed, image(f"{n % 2}"), REGION) for n in range(8)]:
            future.result()
    assert engine.encodes_done == 2
    assert most[0] == 1


def test_embeddings_beyond_the_setting_are_dropped(new_engine: Callable[..., SegmenterEngine]) -> None:
    engine = new_engine(cache_bytes=2 * EMBEDDING_BYTES)
    for key in ("a", "b", "c", "c", "a"):
        engine.embed(image(key), REGION)
    assert engine.encodes_done == 4


def test_running_out_of_memory_once_is_survived(new_engine: Callable[..., SegmenterEngine]) -> None:
    failures = [torch.OutOfMemoryError("full")]

    def encode(window: Float32) -> torch.Tensor:
        if failures:
            raise failures.pop()
        return torch.zeros(1, 256, 64, 64)

    engine = new_engine(encode)
    engine.embed(image(), REGION)
    assert not failures


def test_running_out_of_memory_twice_is_a_named_fact_and_evicts_every_embedding(
    new_engine: Callable[..., SegmenterEngine],
) -> None:
    full = threading.Event()

    def encode(window: Float32) -> torch.Tensor:
        if full.is_set():
            raise torch.OutOfMemoryError("full")
        return torch.zeros(1, 256, 64, 64)

    engine = new_engine(encode)
    engine.embed(image("kept"), REGION)
    full.set()
    with pytest.raises(DeviceOutOfMemory):
        ask(engine, Prompt(boxes=(SCAR_BOX,)))
    full.clear()
    engine.embed(image("kept"), REGION)
    assert engine.encodes_done == 2


def test_auto_takes_the_accelerator_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for available, device in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda available=available: available)
        assert chosen_device("auto").type == device
    assert chosen_device("cpu").type == "cpu"


def refined_weights(weights: Weights, bias: float) -> Weights:
    """The weights with a refiner that adds a constant to the decoder's logits, and sees no blood."""
    network = build_segmenter(weights)
    network.refiner = Refiner(len(network.structures))
    assert network.refiner.head.bias is not None
    with torch.no_grad():
        network.refiner.head.bias[:] = -100
        network.refiner.head.bias[: FOLD**2] = bias
    return replace(weights, state=network.state_dict(), entry=replace(weights.entry, follows_points=True))


def test_a_refiner_has_the_last_word_and_its_score_is_the_overlap_it_expects(weights: Weights) -> None:
    certain = SegmenterEngine(refined_weights(weights, bias=50.0), device="cpu", encode=lambda w: ZEROS)
    everything = ask(certain, Prompt(Structure.SCAR, (SCAR_BOX,)))
    assert everything.mask[52:108, 90:116].all()
    assert everything.score == pytest.approx(1)
    nothing = SegmenterEngine(refined_weights(weights, bias=-50.0), device="cpu", encode=lambda w: ZEROS)
    assert not ask(nothing, Prompt(Structure.SCAR, (SCAR_BOX,), is_drawn=False)).mask.any()
    asserted = ask(nothing, Prompt(Structure.SCAR, (SCAR_BOX,)))
    assert asserted.is_likeliest
    assert asserted.mask.any()


def test_a_negative_click_outside_every_box_takes_nothing_from_their_answers(weights: Weights) -> None:
    eager = SegmenterEngine(refined_weights(weights, bias=50.0), device="cpu", encode=lambda w: ZEROS)
    points = (Point(60.5, 30.5, True), Point(70.5, 35.5, False))
    found = ask(eager, Prompt(Structure.SCAR, (SCAR_BOX,), points)).mask
    boxed = ask(eager, Prompt(Structure.SCAR, (SCAR_BOX,))).mask
    assert boxed.any()
    assert found[boxed].all()
    assert found.sum() == boxed.sum()


def test_a_negative_click_in_two_overlapping_boxes_holds_in_their_union(weights: Weights) -> None:
    eager = SegmenterEngine(refined_weights(weights, bias=50.0), device="cpu", encode=lambda w: ZEROS)
    other = Box(SCAR_BOX.x0 + 4, SCAR_BOX.y0 + 4, SCAR_BOX.x1 + 4, SCAR_BOX.y1 + 4)
    clicked = Point(SCAR_BOX.x0 + 10.5, SCAR_BOX.y0 + 10.5, False)
    found = ask(eager, Prompt(Structure.SCAR, (SCAR_BOX, other), (clicked,))).mask
    assert found.any()
    assert not found[int(clicked.y), int(clicked.x)]


def test_a_click_is_obeyed_also_where_a_refiner_disagrees(weights: Weights) -> None:
    stubborn = SegmenterEngine(refined_weights(weights, bias=-50.0), device="cpu", encode=lambda w: ZEROS)
    clicked = ask(stubborn, Prompt(Structure.SCAR, (SCAR_BOX,), (Point(100.5, 80.5, True),)))
    assert clicked.mask[80, 100]


def test_an_encoder_that_is_handed_in_is_the_one_that_is_asked(weights: Weights) -> None:
    seen: list[tuple[int, ...]] = []

    def encode(window: Float32) -> torch.Tensor:
        seen.append(window.shape)
        return ZEROS

    SegmenterEngine(weights, device="cpu", encode=encode).embed(image(), REGION)
    assert seen == [(3, 256, 256)]


def test_the_answer_to_a_box_stays_within_it(weights: Weights) -> None:
    everywhere = SegmenterEngine(refined_weights(weights, bias=50.0), device="cpu", encode=lambda w: ZEROS)
    answer = ask(everywhere, Prompt(Structure.SCAR, (SCAR_BOX,)))
    rows, columns = np.nonzero(answer.mask)
    assert (rows.min(), rows.max() + 1) == (SCAR_BOX.y0, SCAR_BOX.y1)
    assert (columns.min(), columns.max() + 1) == (SCAR_BOX.x0, SCAR_BOX.x1)


def test_a_negative_click_beside_a_box_takes_nothing_of_its_answer_along(weights: Weights) -> None:
    everywhere = SegmenterEngine(refined_weights(weights, bias=50.0), device="cpu", encode=lambda w: ZEROS)
    beside = Point(SCAR_BOX.x0 - 0.5, 80, False)
    with_click = ask(everywhere, Prompt(Structure.SCAR, (SCAR_BOX,), (beside,)))
    assert np.array_equal(with_click.mask, ask(everywhere, Prompt(Structure.SCAR, (SCAR_BOX,))).mask)


def test_another_sensitivity_cuts_the_same_answer_without_asking_the_network_again(
    engine: SegmenterEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = (SCAR_BOX,)
    at_zero = ask(engine, Prompt(Structure.SCAR, boxes))
    monkeypatch.setattr(engine, "_embedding", None)
    for sensitivity in (-1.0, 2.0, 4.0):
        again = ask(engine, Prompt(Structure.SCAR, boxes, sensitivity=sensitivity))
        assert np.array_equal(again.mask, at_zero.logits > -sensitivity)
        np.testing.assert_allclose(again.logits, at_zero.logits, atol=1e-4)


def test_points_drawn_at_once_or_one_by_one_give_the_same_mask(engine: SegmenterEngine) -> None:
    points = (Point(92.5, 54.5, True), Point(100.5, 80.5, False), Point(112.5, 100.5, True))
    at_once = ask(engine, Prompt(Structure.SCAR, (SCAR_BOX,), points)).mask
    mask = ask(engine, Prompt(Structure.SCAR, (SCAR_BOX,))).mask
    for count in range(1, len(points) + 1):
        mask = ask(engine, Prompt(Structure.SCAR, (SCAR_BOX,), points[:count], mask)).mask
    assert np.array_equal(at_once, mask)


def test_a_click_in_a_box_that_was_answered_asks_the_refiner_alone(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = Point(100.5, 80.5, True)
    refined = refined_weights(weights, bias=-50.0)
    alone = ask(
        SegmenterEngine(refined, device="cpu", encode=lambda w: ZEROS), Prompt(Structure.SCAR, (SCAR_BOX,), (point,))
    )
    engine = SegmenterEngine(refined, device="cpu", encode=lambda w: ZEROS)
    ask(engine, Prompt(Structure.SCAR, (SCAR_BOX,)))
    monkeypatch.setattr(engine._decoder, "_decode_tokens", None)
    clicked = ask(engine, Prompt(Structure.SCAR, (SCAR_BOX,), (point,)))
    assert np.array_equal(clicked.mask, alone.mask)
    with pytest.raises(TypeError):
        ask(engine, Prompt(Structure.SCAR, (Box(60, 60, 80, 80),)))


def test_lone_clicks_are_asked_about_together_and_answered_as_click_by_click(
    engine: SegmenterEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    clicks = tuple(Point(float(x), float(y), True) for x in (20, 60, 100) for y in (20, 60, 100))
    asked: list[int] = []
    decode = engine._decoder.logits
    monkeypatch.setattr(engine._decoder, "logits", lambda *given: asked.append(len(given[5])) or decode(*given))
    together = ask(engine, Prompt(points=clicks)).mask
    assert max(asked) == AT_ONCE
    one_by_one = np.zeros_like(together)
    for count in range(1, len(clicks) + 1):
        one_by_one = ask(engine, Prompt(points=clicks[:count], previous=one_by_one)).mask
    assert (together ^ one_by_one).sum() <= 2


def test_the_ventricle_in_its_box_is_outlined_on_the_slice_s_own_grid(engine: SegmenterEngine) -> None:
    outline = engine.outline_ventricle(image(), REGION, VENTRICLE_BOX)
    assert outline is not None
    assert outline.left_ventricle.shape == outline.blood_pool.shape == image().pixels.shape
    assert np.isneginf(outline.left_ventricle[0, 0])  # beyond the window nothing was looked for
    assert outline.left_ventricle[80, 80] > 0 > outline.left_ventricle[40, 40]


def test_an_outline_is_kept_for_whoever_asks_next(engine: SegmenterEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    first = engine.outline_ventricle(image(), REGION, VENTRICLE_BOX)
    monkeypatch.setattr(engine._decoder, "outlines", None)
    again = engine.outline_ventricle(image(), REGION, VENTRICLE_BOX)
    assert first is not None
    assert again is not None
    assert np.array_equal(first.blood_pool, again.blood_pool)
    engine.forget()
    with pytest.raises(TypeError):
        engine.outline_ventricle(image(), REGION, VENTRICLE_BOX)


def test_weights_that_were_never_taught_the_wall_outline_no_ventricle(weights: Weights) -> None:
    state = {name: tensor for name, tensor in weights.state.items() if not name.startswith("refiner.")}
    unrefined = SegmenterEngine(replace(weights, state=state), device="cpu", encode=lambda w: ZEROS)
    assert unrefined.outline_ventricle(image(), REGION, VENTRICLE_BOX) is None


def test_outlining_the_ventricle_changes_no_answer_about_scar(weights: Weights) -> None:
    outlined, untouched = (SegmenterEngine(weights, device="cpu") for _ in range(2))
    outlined.outline_ventricle(image(), REGION, VENTRICLE_BOX)
    prompt = Prompt(Structure.SCAR, (SCAR_BOX,))
    assert np.array_equal(ask(outlined, prompt).logits, ask(untouched, prompt).logits)
