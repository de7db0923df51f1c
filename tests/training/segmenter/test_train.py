"""Fine-tuning: what is trained and what is not, stored in half precision, and described by its file."""

import json
import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch

from scarmass.inference.segmenter.network import PromptableSegmenter, build_segmenter
from scarmass.inference.segmenter.refiner import Refiner
from scarmass.inference.weights.catalog import Entry, UnseenReadings, described_entry
from scarmass.inference.weights.load import Weights, load
from scarmass.paths import WEIGHTS
from scarmass.training.run import CONFIGS, Devices, Provenance, Run, open_fabric
from scarmass.training.segmenter import train as train_module
from scarmass.training.segmenter.config import CONFIG, TrainingConfig, read_config
from scarmass.training.segmenter.epoch import Epoch, epoch_of
from scarmass.training.segmenter.network import as_stored, fine_tuned_entry, network_to_train
from scarmass.training.segmenter.objective import SegmenterObjective
from scarmass.training.segmenter.optimiser import adamw, learning_rate
from scarmass.training.segmenter.parts import write_parts
from scarmass.training.segmenter.scores import ValidationScores
from scarmass.training.segmenter.train import train, training_step
from tests.training.segmenter import finetuned
from tests.training.segmenter.batches import SHIPPED, batch
from tests.training.segmenter.finetuned import STEPS
from tests.training.segmenter.hearts import heart

pytestmark = pytest.mark.slow

ONE = Devices("cpu", 1)
ENTRY = Entry("trained", "segmenter", "tiny_vit", 256, "", "trained.safetensors")
PROVENANCE = Provenance(CONFIG.read_text(), 0, "dataset", "split", "base")


@pytest.fixture(scope="module")
def config() -> TrainingConfig:
    read = read_config(CONFIG)
    brief = replace(read.optimiser, minutes=60.0, batch_size=2, learning_rate=3e-3, warmup_steps=1)
    optimiser = replace(brief, validate_every=100, encoder_rate=0.0)
    curriculum = replace(read.curriculum, warmup_share=0.0, refiner_only_share=0.5, prompts_per_view=1)
    return replace(read, optimiser=optimiser, curriculum=curriculum)


@pytest.fixture(scope="module")
def epoch(config: TrainingConfig) -> Epoch:
    return epoch_of([heart()], [], config.views, {})


def network() -> PromptableSegmenter:
    torch.manual_seed(0)
    return network_to_train(load("scarmass-litemedsam", WEIGHTS))


def test_a_configuration_with_an_unknown_setting_is_refused(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text("sharpness = 3\n" + CONFIG.read_text())
    with pytest.raises(TypeError, match="sharpness"):
        read_config(tmp_path / "wrong.toml")


@pytest.mark.parametrize("name", ["two_centres", "readings"])
def test_what_goes_on_from_trained_weights_scores_those_first(name: str) -> None:
    assert read_config(CONFIGS / f"{name}.toml").curriculum.warmup_share == 0


def test_a_network_to_train_lacks_nothing_and_is_rounded_as_it_will_be_stored() -> None:
    made = network()
    assert made.structure_tokens is not None
    assert made.refiner is not None
    kernel = made.image_encoder.state_dict()["trunk.patch_embed.conv1.conv.weight"]
    assert torch.equal(kernel, kernel.half().float())


def test_kernels_are_stored_as_float16_and_delicate_vectors_are_not() -> None:
    stored = as_stored(network().state_dict())
    assert stored["mask_decoder.output_upscaling.0.weight"].dtype == torch.float16
    assert stored["image_encoder.trunk.patch_embed.conv1.bn.running_var"].dtype == torch.float32
    assert stored["prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"].dtype == torch.float32
    assert sum(tensor.nbytes for tensor in stored.values()) < 25_000_000


def test_what_was_stored_is_built_again_with_its_refiner() -> None:
    made = network()
    torch.nn.init.normal_(made.refiner.head.weight)  # type: ignore[union-attr]
    built = build_segmenter(Weights(ENTRY, "", as_stored(made.state_dict())))
    assert built.refiner is not None
    assert torch.equal(built.refiner.head.weight.half(), made.refiner.head.weight.half())  # type: ignore[union-attr]


@pytest.mark.parametrize("encoder_rate", [0.0, 0.1])
def test_refiner_decoder_and_encoder_learn_at_their_own_rates_and_a_frozen_encoder_at_none(
    config: TrainingConfig, encoder_rate: float
) -> None:
    made = network()
    optimiser = adamw(made, replace(config.optimiser, encoder_rate=encoder_rate, decoder_rate=0.2))
    shares = {id(p): group["share"] for group in optimiser.param_groups for p in group["params"]}
    assert shares[id(made.refiner.stem.weight)] == 1  # type: ignore[union-attr]
    assert shares[id(made.mask_decoder.iou_token.weight)] == 0.2
    parameters = dict(made.image_encoder.named_parameters())
    late, early = parameters["neck.0.weight"], parameters["trunk.patch_embed.conv1.conv.weight"]
    assert shares.get(id(late), 0.0) == encoder_rate
    assert late.requires_grad == bool(encoder_rate)
    assert not early.requires_grad
    assert id(early) not in shares


def test_a_frozen_decoder_learns_at_no_rate(config: TrainingConfig) -> None:
    made = network()
    optimiser = adamw(made, replace(config.optimiser, decoder_rate=0.0))
    assert [group["share"] for group in optimiser.param_groups] == [1.0]
    assert not made.mask_decoder.iou_token.weight.requires_grad
    assert made.refiner.stem.weight.requires_grad  # type: ignore[union-attr]


def test_the_rate_rises_then_falls_to_a_fiftieth(config: TrainingConfig) -> None:
    settings = replace(config.optimiser, learning_rate=1.0, warmup_steps=10)
    assert learning_rate(settings, 0, 0.0) == pytest.approx(0.1)
    assert learning_rate(settings, 10, 0.0) == pytest.approx(1.0)
    assert learning_rate(settings, 500, 1.0) == pytest.approx(0.02)


def trained(
    config: TrainingConfig, epoch: Epoch, folder: Path, steps: int, devices: Devices = ONE, resume: bool = False
) -> dict:
    """Train to so many steps; the averaged weights by name."""
    fabric = open_fabric(devices)
    run = Run(folder, PROVENANCE, fabric, resume=resume)
    settings = replace(config, optimiser=replace(config.optimiser, steps=steps))
    averages: list[dict[str, torch.Tensor]] = []

    def validate(average: PromptableSegmenter, step: int) -> float:
        averages.append({name: tensor.clone() for name, tensor in average.state_dict().items()})
        return 0.5

    objective = SegmenterObjective(network(), config.loss, trains_encoder=config.optimiser.encoder_rate > 0)
    train(objective, epoch, settings, ENTRY, run, fabric, validate, lambda: None)
    return averages[-1]


def test_training_changes_refiner_and_decoder_and_leaves_the_encoder_as_it_is(
    config: TrainingConfig, epoch: Epoch, tmp_path: Path
) -> None:
    before = {name: tensor.clone() for name, tensor in network().state_dict().items()}
    after = trained(config, epoch, tmp_path / "run", steps=2)
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert {"refiner", "mask_decoder"} <= changed
    assert "image_encoder" not in changed
    assert (tmp_path / "run" / "checkpoint.pt").is_file()
    assert list((tmp_path / "run" / "events").iterdir())


def test_a_run_without_time_for_a_step_ends_with_what_it_started_from(
    config: TrainingConfig, epoch: Epoch, tmp_path: Path
) -> None:
    timeless = replace(config.optimiser, minutes=0)
    warming_up = replace(config, optimiser=timeless, curriculum=replace(config.curriculum, warmup_share=0.5))
    after = trained(warming_up, epoch, tmp_path, steps=2)
    assert all(torch.equal(after[name], tensor) for name, tensor in network().state_dict().items())


def test_half_precision_learns_like_single(config: TrainingConfig, epoch: Epoch, tmp_path: Path) -> None:
    one_view = replace(config, optimiser=replace(config.optimiser, batch_size=1))
    name = "refiner.head.weight"
    before = network().state_dict()[name]
    half = trained(one_view, epoch, tmp_path / "half", 1, Devices("cpu", 1, "bf16-mixed"))[name]
    single = trained(one_view, epoch, tmp_path / "single", 1)[name]
    assert half.dtype == torch.float32
    # Adam's first steps are the signs of gradients: some of those near 0 turn round, most must not.
    alike = torch.nn.functional.cosine_similarity((half - before).ravel(), (single - before).ravel(), dim=0)
    assert alike > 0.8


def test_a_resumed_run_ends_with_the_weights_of_one_never_interrupted(
    config: TrainingConfig, epoch: Epoch, tmp_path: Path
) -> None:
    alone = replace(config, curriculum=replace(config.curriculum, refiner_only_share=1.0))
    whole = trained(alone, epoch, tmp_path / "whole", 4)
    half = trained(alone, epoch, tmp_path / "parts", 2)
    resumed = trained(alone, epoch, tmp_path / "parts", 4, resume=True)
    name = "refiner.head.weight"
    assert not torch.equal(half[name], resumed[name])
    torch.testing.assert_close(resumed[name], whole[name], atol=4e-3, rtol=0.0)


def test_two_processes_train_and_validate_together(tmp_path: Path) -> None:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run([*torchrun, "-m", finetuned.__name__, str(tmp_path)], check=True, timeout=300)
    assert [row["step"] for row in json.loads((tmp_path / "run" / "validations.json").read_text())] == [0, 1, STEPS]
    assert json.loads((tmp_path / "run" / "run.json").read_text())["sessions"][0]["processes"] == 2


def test_a_resumed_run_keeps_the_validations_of_the_sessions_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored = count(1)

    def scores(*given: object) -> dict[str, ValidationScores]:
        if (number := next(scored)) == 3:
            raise KeyboardInterrupt
        return {"ours": ValidationScores((0.1 * number,), 1.0, 0.4, 0.0)}

    monkeypatch.setattr(train_module, "CHECKPOINT_EVERY", 1)
    monkeypatch.setattr(train_module, "scores_by_centre", scores)
    with pytest.raises(KeyboardInterrupt):
        finetuned.finetuned(tmp_path)
    resumed = finetuned.finetuned(tmp_path, resume=True)
    dice = {step: by_centre["ours"].dice_by_clicks for step, by_centre in resumed.validations}
    assert dice == {0: (0.1,), 1: (0.2,), STEPS: (0.4,)}


def test_learning_lowers_the_loss_of_an_untrained_refiner() -> None:
    made, alone = network(), replace(SHIPPED, curriculum=replace(SHIPPED.curriculum, refiner_only_share=1.0))
    made.refiner = Refiner(len(made.structures))
    objective = SegmenterObjective(made, SHIPPED.loss, trains_encoder=False)
    fabric = open_fabric(ONE)
    module, optimiser = fabric.setup(objective, adamw(made, replace(SHIPPED.optimiser, encoder_rate=0.0)))

    def loss() -> float:
        with torch.no_grad():
            return float(np.mean([objective(batch(seed, alone, decoded=0)).item() for seed in range(4)]))

    before = loss()
    for seed in range(100, 115):
        training_step(module, optimiser, batch(seed, alone, decoded=0), 3e-3, fabric)
    assert loss() < 0.8 * before


def test_a_file_in_parts_is_the_file_again_when_they_are_joined(tmp_path: Path) -> None:
    (tmp_path / "whole.safetensors").write_bytes(bytes(range(250)))
    parts = write_parts(tmp_path / "whole.safetensors", tmp_path / "parts", part_bytes=100)
    assert [part.name for part in parts] == [f"whole.safetensors.{number}" for number in range(3)]
    assert sorted((tmp_path / "parts").iterdir()) == parts
    assert b"".join(part.read_bytes() for part in parts) == bytes(range(250))


def test_the_fine_tuned_file_says_what_it_was_made_from(config: TrainingConfig) -> None:
    base = load("scarmass-litemedsam", WEIGHTS).entry
    entry = fine_tuned_entry(base, config, "ab" * 32, ("scar",))
    assert entry.base_sha256 == "ab" * 32
    assert entry.origin == "in the repository"
    assert entry.follows_points
    assert entry.structures == ("scar",)
    assert "CC BY-NC-SA" in entry.licence
    assert entry.unseen_readings is None


def test_what_was_never_seen_is_what_no_step_of_training_saw(config: TrainingConfig) -> None:
    base = load("scarmass-litemedsam", WEIGHTS).entry
    ours, restored = "ours", "after its key was lost"
    once = fine_tuned_entry(base, config, "ab" * 32, ("scar",), UnseenReadings(0.25, ours))
    later = (UnseenReadings(0.1, ours), UnseenReadings(0.5, ours), UnseenReadings(0.5, restored), None)
    twice = [fine_tuned_entry(once, config, "ab" * 32, ("scar",), unseen).unseen_readings for unseen in later]
    assert once.unseen_readings == UnseenReadings(0.25, ours)
    assert twice == [
        UnseenReadings(0.1, ours),
        UnseenReadings(0.25, ours),
        UnseenReadings(0.0, restored),
        UnseenReadings(0.25, ours),
    ]
    described = described_entry(once.description(), Path("once.safetensors"))
    assert described is not None
    assert described.unseen_readings == once.unseen_readings
