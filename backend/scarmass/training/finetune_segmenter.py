"""Fine-tune a segmenter's prompt encoder and mask decoder on kept embeddings. Reads from top to bottom.

python -m scarmass.training.finetune_segmenter --dataset FOLDER --weights FOLDER --output FOLDER
"""

import argparse
import hashlib
import json
import time
import tomllib
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scarmass.domain.masks import Mask
from scarmass.domain.prompts import PromptGroup, Structure
from scarmass.inference import weights as weights_files
from scarmass.inference.catalog import Entry
from scarmass.inference.onnx_encoder import OnnxEncoder, exported_encoder
from scarmass.inference.prompting import previous_of, prompt_tensors
from scarmass.inference.segmenter import STRUCTURES, PromptableSegmenter, build_segmenter
from scarmass.inference.tiny_vit import EMBEDDING_CHANNELS
from scarmass.inference.weights import Weights
from scarmass.inference.window import Normalisation, Window, native_mask, window_mask
from scarmass.training.augment import Augmentation
from scarmass.training.dataset import emidec_split, read_patients
from scarmass.training.drawn_prompts import PromptShares, Question, correcting_point, drawn_question
from scarmass.training.segmenter_examples import Example, KeptEmbeddings, Views, plain_examples, training_examples
from scarmass.training.segmenter_scores import dice, drawn_box

CONFIG = Path(__file__).parent / "configs" / "segmenter.toml"


@dataclass(frozen=True)
class Optimiser:
    minutes: float
    batch_size: int
    learning_rate: float
    warmup_steps: int
    weight_decay: float
    average_decay: float
    corrected_share: float
    """Boxes that are answered a second time, with a correcting point and the first answer."""
    validate_every: int


@dataclass(frozen=True)
class Config:
    name: str
    base: str
    licence: str
    seed: int
    views: Views
    optimiser: Optimiser
    prompts: PromptShares
    augmentation: Augmentation


def read_config(path: Path) -> Config:
    """Raises TypeError or KeyError for a setting that is missing or unknown."""
    settings = tomllib.loads(path.read_text())
    return Config(
        views=Views(**settings.pop("views")),
        optimiser=Optimiser(**settings.pop("optimiser")),
        prompts=PromptShares(**settings.pop("prompts")),
        augmentation=Augmentation(**settings.pop("augmentation")),
        **settings,
    )


def with_structure_tokens(base: Weights) -> PromptableSegmenter:
    """The base network, rounded as it will be stored; structure tokens that it lacks are new and say nothing yet.

    It is rounded first, so that the kept embeddings are those of the file that is served.
    """
    network = build_segmenter(base.entry.architecture, base.entry.input_size, as_stored(base.state))
    if network.structure_tokens is None:
        network.structure_tokens = nn.Embedding(len(STRUCTURES), EMBEDDING_CHANNELS)
        nn.init.zeros_(network.structure_tokens.weight)
    return network


def as_stored(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """float16 for matrices and kernels; vectors and positional frequencies, small and delicate, stay float32."""
    return {
        name: tensor.half() if tensor.ndim > 1 and "positional_encoding" not in name else tensor
        for name, tensor in state.items()
    }


def answered(
    network: PromptableSegmenter, embedding: Tensor, window: Window, question: Question, previous: Mask | None
) -> tuple[Tensor, Tensor]:
    """Logits (256, 256) and predicted IoU, a scalar."""
    size = network.prompt_encoder.input_image_size[0]
    given = prompt_tensors([question.group], [previous_of(question.group, previous)], window, size)
    logits, predicted_iou = network.decode(
        embedding,
        structures=torch.tensor([STRUCTURES.index(question.structure)]),
        boxes=given.boxes,
        points=given.points,
        mask_prompts=given.mask_prompts,
    )
    return logits[0], predicted_iou[0]


def loss_of(logits: Tensor, predicted_iou: Tensor, target: Tensor) -> Tensor:
    """Dice plus binary cross entropy of the mask, and the squared error of the predicted IoU."""
    probability = logits.sigmoid()
    overlap = (probability * target).sum()
    # One pixel above and below: an empty target that is answered with nothing costs nothing.
    dice_loss = 1 - (2 * overlap + 1) / (probability.sum() + target.sum() + 1)
    answer, reference = logits.detach() > 0, target > 0
    union = (answer | reference).sum()
    iou = (answer & reference).sum() / union if union else torch.ones(())
    return dice_loss + F.binary_cross_entropy_with_logits(logits, target) + F.mse_loss(predicted_iou, iou)


def prompt_loss(
    network: PromptableSegmenter, example: Example, config: Config, generator: np.random.Generator
) -> Tensor:
    """Loss of one drawn prompt and, for a share of the boxes, of its correction by a click, averaged."""
    question = drawn_question(example.annotated, config.prompts, generator)
    embedding, window = example.embedding(), example.window
    target = torch.from_numpy(window_mask(question.target, window)).float()
    logits, predicted_iou = answered(network, embedding, window, question, None)
    loss = loss_of(logits, predicted_iou, target)
    if question.group.box is None or generator.random() >= config.optimiser.corrected_share:
        return loss
    answer = native_mask(logits.detach().numpy(), window)
    corrected = with_correction(question, answer)
    return (loss + loss_of(*answered(network, embedding, window, corrected, answer), target)) / 2


def with_correction(question: Question, answer: Mask) -> Question:
    """The question with one more point where its answer is most wrong."""
    point = correcting_point(answer, question)
    points = question.group.points if point is None else (*question.group.points, point)
    return replace(question, group=PromptGroup(question.group.box, points))


def train(
    network: PromptableSegmenter, examples: Sequence[Example], config: Config
) -> Iterator[tuple[int, PromptableSegmenter]]:
    """Yields (steps done, averaged network) at every validation and at the end. AdamW, cosine learning rate."""
    settings, generator = config.optimiser, np.random.default_rng(config.seed)
    network.requires_grad_().image_encoder.requires_grad_(False)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=settings.learning_rate, weight_decay=settings.weight_decay)
    average = deepcopy(network)
    waiting: list[int] = []
    losses: list[float] = []
    started, step, progress = time.monotonic(), 0, 0.0
    while progress < 1:
        share = (0.51 + 0.49 * np.cos(np.pi * progress)) * min(1, (step + 1) / settings.warmup_steps)
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * share
        optimiser.zero_grad()
        for _ in range(settings.batch_size):
            waiting = waiting or generator.permutation(len(examples)).tolist()
            loss = prompt_loss(network, examples[waiting.pop()], config, generator)
            (loss / settings.batch_size).backward()
            losses.append(loss.item())
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        step += 1
        _follow(average, network, min(settings.average_decay, step / (step + 20)))
        minutes = (time.monotonic() - started) / 60
        progress = minutes / settings.minutes
        if step % 10 == 0:
            recent = np.mean(losses[-10 * settings.batch_size :])
            print(f"step {step}  {minutes:.1f} min  loss {recent:.3f}", flush=True)
        if step % settings.validate_every == 0 and progress < 1:
            yield step, average
    yield step, average


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the averaged parameters a step towards the trained ones."""
    for kept, current in zip(average.parameters(), network.parameters(), strict=True):
        kept.lerp_(current, 1 - decay)


@torch.inference_mode()
def validation_dice(network: PromptableSegmenter, examples: Sequence[Example]) -> tuple[float, float]:
    """Mean slice Dice of one box around all scar, and after one correcting click, on the slices' own grid."""
    scores: list[tuple[float, float]] = []
    for example in examples:
        question = drawn_box(Structure.SCAR, example.annotated.masks[Structure.SCAR])
        embedding, window = example.embedding(), example.window
        first = native_mask(answered(network, embedding, window, question, None)[0].numpy(), window)
        logits, _ = answered(network, embedding, window, with_correction(question, first), first)
        second = native_mask(logits.numpy(), window)
        scores.append((dice(first, question.target), dice(second, question.target)))
    boxed, corrected = np.mean(scores, axis=0)
    return float(boxed), float(corrected)


def fine_tuned_entry(base: Entry, config: Config, base_sha256: str) -> Entry:
    """What the fine-tuned file says of itself."""
    return replace(
        base,
        name=config.name,
        licence=config.licence,
        follows_points=False,
        file=f"{config.name}.safetensors",
        source=None,
        base_sha256=base_sha256,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--dataset", type=Path, required=True, help="EMIDEC in PNG form")
    parser.add_argument("--weights", type=Path, required=True, help="folder of the catalog of weights")
    parser.add_argument("--output", type=Path, required=True, help="folder for embeddings and weights")
    parser.add_argument("--base", help="base weights, other than the configuration's")
    parser.add_argument("--config", type=Path, default=CONFIG)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    config, output = read_config(arguments.config), arguments.output
    torch.manual_seed(config.seed)
    torch.set_num_threads(arguments.threads)

    base = weights_files.load(arguments.base or config.base, arguments.weights)
    source_sha256 = base.entry.source.sha256 if base.entry.source else base.entry.base_sha256
    base_sha256 = source_sha256 or base.sha256
    network = with_structure_tokens(base)
    exported = exported_encoder(network.image_encoder, base.entry.input_size, f"{base_sha256}-rounded", output)
    seen = repr((base_sha256, config.views, config.augmentation, config.seed))
    kept = KeptEmbeddings(
        folder=output / f"embeddings-{hashlib.sha256(seen.encode()).hexdigest()[:12]}",
        encode=OnnxEncoder(exported, arguments.threads),
        input_size=base.entry.input_size,
        normalisation=Normalisation(base.entry.normalisation),
    )

    split = emidec_split(arguments.dataset)
    validation = plain_examples(read_patients(arguments.dataset, split.validation), kept)
    training_slices = read_patients(arguments.dataset, split.train)
    examples = training_examples(training_slices, config.views, config.augmentation, config.seed, kept)
    print(f"{len(examples)} views, {len(validation)} validation slices, split {split.sha256[:16]}", flush=True)
    print(f"zero-shot: validation Dice {validation_dice(network, validation)}", flush=True)

    best_dice, entry = -1.0, fine_tuned_entry(base.entry, config, base_sha256)
    path = output / entry.file
    for step, average in train(network, examples, config):
        boxed, corrected = validation_dice(average, validation)
        print(f"validation after {step} steps: box {boxed:.4f}, corrected {corrected:.4f}", flush=True)
        if boxed > best_dice:
            best_dice = boxed
            weights_files.save(as_stored(average.state_dict()), entry.description(), path)

    report = {
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": weights_files.sha256_of(path),
        "split_sha256": split.sha256,
        "validation_slice_dice": best_dice,
        "config": asdict(config),
    }
    (output / "training.json").write_text(json.dumps(report, indent=2))
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
