"""The segmenter that services ask: it cuts windows, keeps embeddings, and turns prompts into native masks."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from scarmass.domain.correction import asked_about, corrected, disobeyed, is_apart, without_boxes
from scarmass.domain.errors import DeviceOutOfMemory, MaskShapeMismatch
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask, component_at
from scarmass.domain.prompts import Box, Prompt, PromptGroup
from scarmass.domain.proposal import VENTRICLE_LOOSENESS
from scarmass.domain.protocols import Model, Segmentation, SliceImage, Step, Timing, VentricleOutline, untimed
from scarmass.domain.structures import Structure
from scarmass.inference.onnx_network import Precision
from scarmass.inference.segmenter.answer import Answer, answer_of, area_weighted_score, boxes_logits
from scarmass.inference.segmenter.decoder import Decoder
from scarmass.inference.segmenter.encoder import Encoder, one_by_one, open_encoder
from scarmass.inference.segmenter.network import PromptableSegmenter, build_segmenter
from scarmass.inference.segmenter.onnx_decoder import OnnxDecoder
from scarmass.inference.segmenter.onnx_encoder import OnnxEncoder
from scarmass.inference.segmenter.onnx_refiner import OnnxRefiner
from scarmass.inference.segmenter.prompt_tensors import coordinates, previous_of
from scarmass.inference.segmenter.refiner import ALSO_OUTLINED
from scarmass.inference.segmenter.tensor_cache import TensorCache
from scarmass.inference.segmenter.window import (
    LOGITS_SIDE,
    Float32,
    Normalisation,
    Window,
    encoder_input,
    grey_window,
    native_logits,
    stack_window,
)
from scarmass.inference.weights.load import Weights

LOGITS_CACHE_BYTES = 2**27
"""Answers kept as logits, 256 KiB each, and outlines of ventricles, 512 KiB: another sensitivity cuts them anew without
asking the network."""

GREY_CACHE_BYTES = 2**26
"""Windows kept as grey values, 256 KiB each: every answer on a slice sees the same one."""

AT_ONCE = 2
"""Groups of one call that are decoded together: each takes some 40 MiB while it is."""

READERS_AT_ONCE = 8
"""Calls that a GPU answers in one run, whose time is nearly the same for one and for many. A CPU gains nothing."""

T = TypeVar("T")


@dataclass(frozen=True)
class _Asked:
    """What the groups of one call to the segmenter have in common."""

    image: SliceImage
    window: Window
    structure: int
    sensitivity: float

    def window_of(self, group: PromptGroup) -> Window:
        return self.window.enlarged_for(coordinates(group))


class SegmenterEngine:
    """Implements domain.protocols.Segmenter. Safe to use from many threads.

    A slice is decoded from what the cache holds, so an answer does not depend on whether the slice was embedded ahead;
    on a GPU but for rounding, which differs with how many are encoded in one run.
    """

    def __init__(
        self,
        weights: Weights,
        *,
        device: str = "auto",
        cache_bytes: int = 2**30,
        export_folder: Path | None = None,
        encode: Callable[[Float32], Tensor] | None = None,
        precision: Precision | None = None,
        as_graphs: bool = False,
        timing: Timing = untimed,
    ) -> None:
        """device: auto (cuda where there is one, else cpu), cpu, cuda or cuda:n.

        cache_bytes bounds the embeddings kept (2 MiB each). export_folder: where ONNX exports of encoder, decoder and
        refiner are kept; None runs them in torch. Only TinyViT on a CPU is exported. encode: an encoder used in its
        place. precision: that a GPU encodes in, bfloat16 by default where that agrees with float32. as_graphs: a CUDA
        device is given whole networks to run, for an engine that serves long. timing: of each run of the encoder, and
        of each batch of prompts decoded.
        """
        self._weights = weights
        entry = weights.entry
        self._device = chosen_device(device)
        self._normalisation = Normalisation(entry.normalisation)
        self._network = build_segmenter(weights).to(self._device)
        onnx_encoder = onnx_decoder = onnx_refiner = None
        exportable = encode is None and self._device.type == "cpu" and entry.architecture == "tiny_vit"
        if exportable and export_folder is not None:
            onnx_encoder = OnnxEncoder(self._network.image_encoder, weights, export_folder)
            if (refiner := self._network.refiner) is not None:
                onnx_decoder = OnnxDecoder(self._network, weights.sha256, export_folder)
                onnx_refiner = OnnxRefiner(refiner, weights.sha256, export_folder)
        if encode is None:
            encoder = self._network.image_encoder
            given = encoder, entry.input_size, self._device
            self._encoder = open_encoder(*given, onnx_encoder, precision, as_graphs=as_graphs, timing=timing)
        else:
            self._encoder = Encoder(one_by_one(encode), Precision.FLOAT32, 1, timing)
        decoding = [network.precision for network in (onnx_decoder, onnx_refiner) if network is not None]
        self._precisions = sorted({self._encoder.precision, *(decoding or [Precision.FLOAT32])})
        at_once = READERS_AT_ONCE if self._device.type == "cuda" else 1
        networks = self._network, entry, self._device, onnx_decoder, onnx_refiner
        self._decoder = Decoder(*networks, callers_at_once=at_once, as_graphs=as_graphs)
        self._embeddings = TensorCache(cache_bytes)
        self._logits = TensorCache(LOGITS_CACHE_BYTES)
        self._greys = TensorCache(GREY_CACHE_BYTES)
        self._timing = timing

    @property
    def model(self) -> Model:
        return self._weights.model

    @property
    def is_structure_conditioned(self) -> bool:
        return self._network.structure_tokens is not None

    @property
    def device_and_precision(self) -> str:
        return f"{self._device}, {' and '.join(self._precisions)}"

    @property
    def device(self) -> torch.device:
        return self._device

    @property
    def encodes_at_once(self) -> int:
        return self._encoder.at_once

    @property
    def encodes_done(self) -> int:
        return self._encoder.done

    @property
    def kept_bytes(self) -> dict[str, int]:
        """By what is kept."""
        kept = {"embeddings": self._embeddings, "decoded": self._logits, "windows": self._greys}
        return {name: cache.kept_bytes for name, cache in kept.items()}

    @property
    def network(self) -> PromptableSegmenter:
        return self._network

    def embed(self, image: SliceImage, region: HeartRegion | None) -> None:
        """Encode the slice ahead of the click. Where each is encoded alone, a click waiting for another goes first."""
        self._embedding(image, _window(image, region), urgent=False)

    def forget(self) -> None:
        """Drop every embedding, every answer and every window that is kept."""
        for cache in (self._embeddings, self._logits, self._greys):
            cache.clear()

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        """The union of the answers to boxes, or the previous mask, corrected by each point that it does not obey.

        Points are answered one after the other, by the laws of domain.correction: drawn at once or click by click, the
        mask is the same. With a previous mask and no points, the boxes' answers are added to it; without one, a
        negative point outside every box takes away what hangs together with it there.
        Raises StructureNotKnown, PromptOutsideImage, MaskShapeMismatch, DeviceOutOfMemory.
        """
        structure = self._network.structure_index(prompt.structure)
        rows, columns = image.pixels.shape
        prompt.require_inside(rows, columns)
        if prompt.previous is not None and prompt.previous.shape != image.pixels.shape:
            raise MaskShapeMismatch(f"the previous mask is {prompt.previous.shape}, the slice {image.pixels.shape}")
        asked = _Asked(image, _window(image, region), structure, prompt.sensitivity)
        mask = np.zeros((rows, columns), dtype=bool) if prompt.previous is None else prompt.previous
        answers: list[Answer] = []
        if prompt.previous is None or not prompt.points:
            answers = self._answers(asked, [PromptGroup(box, ()) for box in prompt.boxes], None)
            if prompt.is_drawn:
                answers = [answer.or_likeliest() for answer in answers]
            mask = np.logical_or.reduce([mask, *(answer.mask for answer in answers)])
        logits = boxes_logits(answers, mask.shape) - np.float32(prompt.sensitivity)
        self._ask_ahead(asked, prompt, mask)
        for count, click in enumerate(prompt.points, start=1):
            if not disobeyed([click], mask):
                continue
            if prompt.previous is None and is_apart(click, prompt.boxes):
                mask = mask & ~component_at(without_boxes(mask, prompt.boxes, ()), click.x, click.y)
            else:
                group = asked_about(click, prompt.points[:count], prompt.boxes, mask, image.pixel_spacing_mm)
                (answer,) = self._answers(asked, [group], mask)
                mask = corrected(mask, click, answer.mask)
                answers.append(answer)
        is_likeliest = any(answer.is_likeliest for answer in answers)
        return Segmentation(mask, area_weighted_score(answers), logits, is_likeliest)

    def outline_ventricle(
        self, image: SliceImage, region: HeartRegion | None, box: Box | None
    ) -> VentricleOutline | None:
        """Where left ventricle and blood pool lie on one slice: what the refiner outlines for the ventricle's box.

        None without a box, and of weights without a refiner or that do not know the structure.
        """
        if box is None or self._network.refiner is None or Structure.LEFT_VENTRICLE not in self._network.structures:
            return None
        around = box.loosened(VENTRICLE_LOOSENESS, image.pixels.shape)
        window = _window(image, region).enlarged_for(coordinates(PromptGroup(around, ())))

        def compute() -> Tensor:
            embedding, grey = self._embedding(image, window, urgent=False), self._grey(image, window)
            outline = partial(self._decoder.outlines, (image.key, window), embedding, grey, window, around)
            return self._surviving_out_of_memory(outline).cpu()

        logits = self._logits.get((image.key, window, around), compute).numpy()
        by_structure = {
            structure: native_logits(logits[place], window) for place, structure in enumerate(ALSO_OUTLINED)
        }
        return VentricleOutline(by_structure[Structure.LEFT_VENTRICLE], by_structure[Structure.BLOOD_POOL])

    def _ask_ahead(self, asked: _Asked, prompt: Prompt, mask: Mask) -> None:
        """Have the network answer in batches what each click would ask if it were the only one.

        A click's turn finds its answer kept, unless an earlier click has changed what it is about.
        """
        clicks = disobeyed(prompt.points, mask)
        if prompt.previous is None:
            clicks = [click for click in clicks if not is_apart(click, prompt.boxes)]
        if len(clicks) > 1:
            spacing = asked.image.pixel_spacing_mm
            before = {click: prompt.points[: prompt.points.index(click) + 1] for click in clicks}
            self._kept_logits(
                asked, [asked_about(click, before[click], prompt.boxes, mask, spacing) for click in clicks], mask
            )

    def _answers(self, asked: _Asked, groups: Sequence[PromptGroup], previous: Mask | None) -> list[Answer]:
        logits = self._kept_logits(asked, groups, previous)
        windows = {group: asked.window_of(group) for group in groups}
        return [
            answer_of(
                logits[group].numpy() + np.float32(asked.sensitivity),
                group,
                self._grey(asked.image, windows[group]),
                windows[group],
            )
            for group in groups
        ]

    def _kept_logits(
        self, asked: _Asked, groups: Sequence[PromptGroup], previous: Mask | None
    ) -> dict[PromptGroup, Tensor]:
        """Each group's logits (256, 256), those of one window and kind of prompt in few decodes where none is kept."""
        follows = self._weights.entry.follows_points
        parts = {group: previous_of(group, previous) if follows else None for group in groups}
        alike: dict[tuple, list[PromptGroup]] = defaultdict(list)
        for group in parts:
            window, has_box, has_part = asked.window_of(group), group.box is not None, parts[group] is not None
            alike[(window, has_box, len(group.points), has_part)].append(group)
        batches = [(key[0], of[i : i + AT_ONCE]) for key, of in alike.items() for i in range(0, len(of), AT_ONCE)]
        logits: dict[PromptGroup, Tensor] = {}
        for window, batch in batches:
            keys = [(asked.image.key, window, asked.structure, group, _digest(parts[group])) for group in batch]
            decode = partial(self._decode, asked, window, batch, [parts[group] for group in batch])
            logits |= zip(batch, self._logits.get_all(keys, decode), strict=True)
        return logits

    def _decode(
        self,
        asked: _Asked,
        window: Window,
        groups: Sequence[PromptGroup],
        previous: Sequence[Mask | None],
    ) -> Tensor:
        """Logits (n, 256, 256) on the CPU."""
        embedding = self._embedding(asked.image, window, urgent=True)
        grey = self._grey(asked.image, window)
        key = (asked.image.key, window)
        decode = partial(self._decoder.logits, key, embedding, grey, window, asked.structure, groups, previous)
        with self._timing(Step.DECODE):
            return self._surviving_out_of_memory(decode).cpu()

    def _embedding(self, image: SliceImage, window: Window, urgent: bool) -> Tensor:
        def compute() -> Tensor:
            pixels = encoder_input(image.pixels, window, self._weights.entry.input_size, self._normalisation)
            return self._surviving_out_of_memory(lambda: self._encoder(pixels, urgent))

        return self._embeddings.get((image.key, window, self._weights.sha256), compute)

    def _grey(self, image: SliceImage, window: Window) -> Float32:
        """The window (256, 256) of the image from 0 to 1."""
        cut = partial(grey_window, image.pixels, window, LOGITS_SIDE)
        return self._greys.get((image.key, window), lambda: torch.from_numpy(cut())).numpy()

    def _surviving_out_of_memory(self, compute: Callable[[], T]) -> T:
        """Try, evict every embedding, try once more, then DeviceOutOfMemory."""
        try:
            return compute()
        except torch.OutOfMemoryError:
            self._embeddings.clear()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        try:
            return compute()
        except torch.OutOfMemoryError as error:
            raise DeviceOutOfMemory(f"{self._device} has no memory left for {self.model.name}") from error


def chosen_device(device: str) -> torch.device:
    """auto: cuda where there is one, else cpu."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


def _window(image: SliceImage, region: HeartRegion | None) -> Window:
    rows, columns = image.pixels.shape
    return stack_window((rows, columns), image.pixel_spacing_mm, region)


def _digest(mask: Mask | None) -> str:
    return "" if mask is None else hashlib.sha256(np.packbits(mask).tobytes()).hexdigest()
