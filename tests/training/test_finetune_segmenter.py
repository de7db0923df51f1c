from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.models import Model, Segmentation, SliceImage
from scarmass.domain.prompts import Prompt, Structure
from scarmass.inference.segmenter import PromptableSegmenter
from scarmass.inference.weights import load
from scarmass.inference.window import Float32, Normalisation
from scarmass.training.dataset import AnnotatedSlice
from scarmass.training.finetune_segmenter import (
    CONFIG,
    Config,
    as_stored,
    fine_tuned_entry,
    loss_of,
    prompt_loss,
    read_config,
    train,
    with_structure_tokens,
)
from scarmass.training.segmenter_examples import Example, KeptEmbeddings, plain_examples, training_examples
from scarmass.training.segmenter_scores import segmenter_scores

WEIGHTS = Path(__file__).parents[2] / "weights"


def heart(index: int = 0, with_scar: bool = True) -> AnnotatedSlice:
    y, x = np.mgrid[:128, :128] + 0.5
    radius, angle = np.hypot(x - 64, y - 64), np.arctan2(y - 64, x - 64)
    ventricle, blood = radius < 28, radius < 19
    scar = ventricle & ~blood & (np.abs(angle) < 0.7) & with_scar
    masks = {
        Structure.LEFT_VENTRICLE: ventricle,
        Structure.BLOOD_POOL: blood,
        Structure.SCAR: scar,
        Structure.NO_REFLOW: np.zeros_like(scar),
    }
    pixels = 40 + 60 * blood + 160 * scar + np.random.default_rng(index).normal(0, 4, scar.shape)
    return AnnotatedSlice("phantom", index, pixels.astype(np.float32), (1.4, 1.4), masks)


@pytest.fixture(scope="module")
def config() -> Config:
    return read_config(CONFIG)


@pytest.fixture
def kept(tmp_path: Path) -> KeptEmbeddings:
    """Embeddings that show where the window is bright, at no cost."""

    def encode(window: Float32) -> torch.Tensor:
        small = nn.functional.avg_pool2d(torch.from_numpy(window)[None, :1], 4)
        return small.expand(1, 256, 64, 64) * torch.linspace(-0.3, 0.3, 256)[:, None, None]

    return KeptEmbeddings(tmp_path / "embeddings", encode, 256, Normalisation.MINMAX)


@pytest.fixture
def network() -> PromptableSegmenter:
    return with_structure_tokens(load("scarmass-litemedsam", WEIGHTS))


@pytest.fixture
def examples(config: Config, kept: KeptEmbeddings) -> list[Example]:
    return training_examples([heart()], config.views, config.augmentation, config.seed, kept)


def test_a_configuration_with_an_unknown_setting_is_refused(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(CONFIG.read_text() + "\nsharpness = 3\n")
    with pytest.raises(TypeError, match="sharpness"):
        read_config(tmp_path / "wrong.toml")


def test_slices_with_scar_are_seen_more_often_and_views_differ(config: Config, kept: KeptEmbeddings) -> None:
    slices = [heart(0), heart(1, with_scar=False)]
    examples = training_examples(slices, config.views, config.augmentation, config.seed, kept)
    assert len(examples) == config.views.scar_slices + config.views.other_slices
    assert len({example.window for example in examples}) == len(examples)


def test_an_embedding_is_kept_for_the_next_run(config: Config, kept: KeptEmbeddings) -> None:
    def never(window: Float32) -> torch.Tensor:
        raise AssertionError("encoded again")

    first = training_examples([heart()], config.views, config.augmentation, config.seed, kept)
    again = training_examples([heart()], config.views, config.augmentation, config.seed, replace(kept, encode=never))
    assert [example.window for example in again] == [example.window for example in first]
    assert torch.equal(again[0].embedding(), first[0].embedding())


def test_validation_sees_the_slices_with_scar_as_they_are(kept: KeptEmbeddings) -> None:
    (example,) = plain_examples([heart(0), heart(1, with_scar=False)], kept)
    assert (example.window.x, example.window.y) == (64, 64)
    assert example.window.side_mm == pytest.approx(1.8 * 56 * 1.4)


def test_a_right_answer_costs_nothing_and_a_wrong_one_much() -> None:
    target = torch.zeros(256, 256)
    target[100:150, 100:150] = 1
    right, certain = 40 * (target - 0.5), torch.tensor(1.0)
    assert loss_of(right, certain, target) < 1e-3
    assert loss_of(-right, certain, target) > 2
    nothing = torch.zeros(256, 256)
    assert loss_of(torch.full((256, 256), -20.0), certain, nothing) < 1e-3
    assert loss_of(right, certain, nothing) > 1


def test_the_loss_takes_logits_and_not_probabilities() -> None:
    """Half of the pixels certain and right, half undecided: binary cross entropy is ln 2 / 2."""
    target = torch.zeros(2, 2)
    logits = torch.tensor([[-50.0, -50.0], [0.0, 0.0]])
    dice_loss = 1 - 1 / (1 + 1)
    assert loss_of(logits, torch.tensor(1.0), target).item() == pytest.approx(dice_loss + np.log(2) / 2, abs=1e-4)


def test_kernels_are_stored_as_float16_and_delicate_vectors_are_not(network: PromptableSegmenter) -> None:
    stored = as_stored(network.state_dict())
    assert stored["mask_decoder.output_upscaling.0.weight"].dtype == torch.float16
    assert stored["image_encoder.trunk.patch_embed.conv1.bn.running_var"].dtype == torch.float32
    assert stored["prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"].dtype == torch.float32
    sizes = [tensor.nbytes for tensor in stored.values()]
    assert sum(sizes) < 21_000_000


@pytest.mark.slow
def test_training_lowers_the_loss_and_leaves_the_encoder_frozen(
    network: PromptableSegmenter, examples: list[Example], config: Config
) -> None:
    def loss() -> float:
        with torch.no_grad():
            losses = [prompt_loss(network, e, config, np.random.default_rng(s)) for s in range(2) for e in examples]
        return float(torch.stack(losses).mean())

    before, encoder_before = loss(), {n: p.clone() for n, p in network.image_encoder.named_parameters()}
    brief = replace(config.optimiser, minutes=0.15, batch_size=2, learning_rate=3e-4, warmup_steps=2)
    *_, (steps, average) = train(network, examples, replace(config, optimiser=brief))
    assert steps > 1
    assert loss() < before
    assert all(torch.equal(p, encoder_before[n]) for n, p in network.image_encoder.named_parameters())
    assert average.structure_tokens is not None
    assert average.structure_tokens.weight.abs().sum() > 0


def test_the_fine_tuned_file_says_what_it_was_made_from(config: Config) -> None:
    base = load("scarmass-litemedsam", WEIGHTS).entry
    entry = fine_tuned_entry(base, config, "ab" * 32)
    assert entry.base_sha256 == "ab" * 32
    assert entry.origin == "in the repository"
    assert "CC BY-NC-SA" in entry.licence


class Boxes:
    """A segmenter that answers a box with the box."""

    model = Model("boxes", "0")

    def embed(self, image: SliceImage, region: HeartRegion | None) -> None: ...

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        mask = np.zeros(image.pixels.shape, dtype=bool)
        for box in prompt.boxes:
            mask[round(box.y0) : round(box.y1), round(box.x0) : round(box.x1)] = True
        return Segmentation(mask, 1.0)


def test_scores_compare_answers_with_references_by_slice_and_by_patient() -> None:
    scores = segmenter_scores(Boxes(), [heart(0), heart(1), replace(heart(2), patient="other")])
    ventricle = scores["box_around_left_ventricle"]
    assert (ventricle["slices"], ventricle["patients"]) == (3, 2)
    # A circle fills pi/4 of its bounding box, which is drawn a tenth longer on each axis.
    expected = np.pi / 4 / 1.1**2
    assert 1 / ventricle["area_ratio"] == pytest.approx(expected, rel=0.05)
    assert ventricle["slice_dice"] == pytest.approx(2 * expected / (1 + expected), rel=0.05)
    assert ventricle["patient_dice"] == pytest.approx(ventricle["slice_dice"])


def test_scores_leave_out_structures_that_no_slice_shows() -> None:
    assert "box_around_all_no_reflow" not in segmenter_scores(Boxes(), [heart()])
