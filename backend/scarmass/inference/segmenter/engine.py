"""The segmenter that services ask: it cuts windows, keeps embeddings, and turns prompts into native masks."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from scarmass.domain.errors import DeviceOutOfMemory, MaskShapeMismatch
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask, without_component_at
from scarmass.domain.prompts import Prompt, PromptGroup, grouped, within
from scarmass.domain.protocols import Model, Segmentation, SliceImage
from scarmass.inference.segmenter.clicks import obeying_clicks, with_clicked_pixels
from scarmass.inference.segmenter.embedding_cache import EmbeddingCache, Turns
from scarmass.inference.segmenter.network import PromptableSegmenter, build_segmenter, expected_iou
from scarmass.inference.segmenter.onnx_encoder import OnnxEncoder, exported_encoder
from scarmass.inference.segmenter.prompt_tensors import PromptTensors, coordinates, previous_of, prompt_tensors
from scarmass.inference.segmenter.window import (
    LOGITS_SIDE,
    Float32,
    Normalisation,
    Window,
    encoder_input,
    grey_window,
    native_mask,
    stack_window,
)
from scarmass.inference.weights.load import Weights

T = TypeVar("T")
Answer = tuple[Mask, float]


class SegmenterEngine:
    """Implements domain.models.Segmenter. Safe to use from many threads; one slice is encoded at a time.

    A slice is encoded alone and decoded from what the cache holds, so an answer does not depend on whether
    the slice was embedded ahead.
    """

    def __init__(
        self,
        weights: Weights,
        *,
        device: str = "auto",
        cache_bytes: int = 2**30,
        export_folder: Path | None = None,
        encode: Callable[[Float32], Tensor] | None = None,
    ) -> None:
        """device: auto (cuda where there is one, else cpu), cpu, cuda or cuda:n.

        cache_bytes bounds the embeddings kept (4 MiB each). export_folder: where the encoder's ONNX export is
        kept; None runs it in torch. Only TinyViT on a CPU is exported. encode: an encoder used in its place.
        """
        self._weights = weights
        entry = weights.entry
        self._device = chosen_device(device)
        self._normalisation = Normalisation(entry.normalisation)
        self._network = build_segmenter(weights).to(self._device)
        self._encode: Callable[[Float32], Tensor] = encode or self._encode_in_torch
        exportable = encode is None and self._device.type == "cpu" and entry.architecture == "tiny_vit"
        if exportable and export_folder is not None:
            encoder = self._network.image_encoder
            self._encode = OnnxEncoder(exported_encoder(encoder, entry.input_size, weights.sha256, export_folder))
        self._cache = EmbeddingCache(cache_bytes)
        self._turns = Turns()
        self.encodes_done = 0

    @property
    def model(self) -> Model:
        return self._weights.model

    @property
    def is_structure_conditioned(self) -> bool:
        return self._network.structure_tokens is not None

    @property
    def device_and_precision(self) -> str:
        return f"{self._device}, float32"

    @property
    def device(self) -> torch.device:
        return self._device

    @property
    def network(self) -> PromptableSegmenter:
        return self._network

    def embed(self, image: SliceImage, region: HeartRegion | None) -> None:
        """Encode the slice ahead of the click. A click waiting for another slice goes first."""
        self._embedding(image, _window(image, region), urgent=False)

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        """The union of the answers to boxes and lone points, each less its components under lone negative points.

        Every point has its say in its own pixel, whatever the network makes of it. A prompt without boxes and
        positive points is answered from its previous mask, with score 0.
        Raises StructureNotKnown, PromptOutsideImage, MaskShapeMismatch, DeviceOutOfMemory.
        """
        structure = self._network.structure_index(prompt.structure)
        rows, columns = image.pixels.shape
        prompt.require_inside(rows, columns)
        if prompt.previous is not None and prompt.previous.shape != image.pixels.shape:
            raise MaskShapeMismatch(f"the previous mask is {prompt.previous.shape}, the slice {image.pixels.shape}")
        groups, removals = grouped(prompt)
        answers = self._answers(image, _window(image, region), groups, structure, prompt)
        nothing = np.zeros_like(image.pixels, dtype=bool)
        kept = [mask for mask, _ in answers] or [nothing if prompt.previous is None else prompt.previous]
        for point in removals:
            # From each answer by itself: their union may hang together with what nobody clicked away.
            kept = [without_component_at(mask, point.x, point.y) for mask in kept]
        mask = with_clicked_pixels(np.logical_or.reduce(kept), prompt.points)
        return Segmentation(mask, _area_weighted_score(answers))

    def _answers(
        self,
        image: SliceImage,
        window: Window,
        groups: Sequence[PromptGroup],
        structure: int,
        prompt: Prompt,
    ) -> list[Answer]:
        """A mask and predicted IoU for each group, those of one window and kind of prompt in one decode."""
        alike: dict[tuple, list[tuple[PromptGroup, Mask | None]]] = defaultdict(list)
        for group in groups:
            previous = previous_of(group, prompt.previous) if self._weights.entry.follows_points else None
            kind = (group.box is not None, len(group.points), previous is not None)
            alike[(window.enlarged_for(coordinates(group)), *kind)].append((group, previous))
        answers: list[Answer] = []
        for (group_window, *_), batch in alike.items():
            embedding = self._embedding(image, group_window, urgent=True)
            answers += self._surviving_out_of_memory(
                lambda e=embedding, w=group_window, b=batch: self._decode(e, image, w, b, structure, prompt.sensitivity)
            )
        return answers

    def _decode(
        self,
        embedding: Tensor,
        image: SliceImage,
        window: Window,
        batch: list[tuple[PromptGroup, Mask | None]],
        structure: int,
        sensitivity: float,
    ) -> list[Answer]:
        groups, previous = zip(*batch, strict=True)
        grey = grey_window(image.pixels, window, LOGITS_SIDE)
        structures = torch.full((len(batch),), structure, device=self._device)
        with torch.inference_mode():
            if self._network.refiner is not None:
                logits, iou = self._refined(embedding, grey, structures, self._given(groups, previous, window))
            else:
                logits, iou = self._unrefined(embedding, structures, groups, previous, window)
        masks = [
            _native_answer(each + sensitivity, group, grey, window)
            for each, group in zip(logits.cpu().numpy(), groups, strict=True)
        ]
        return list(zip(masks, iou.clamp(0, 1).tolist(), strict=True))

    def _refined(
        self, embedding: Tensor, grey: Float32, structures: Tensor, given: PromptTensors
    ) -> tuple[Tensor, Tensor]:
        logits, _ = self._network.decode(embedding, structures, **given.for_decoder())
        window = torch.from_numpy(grey).to(self._device)
        logits = self._network.refine(logits, window, structures, **given.for_refiner())
        return logits, expected_iou(logits)

    def _unrefined(
        self,
        embedding: Tensor,
        structures: Tensor,
        groups: Sequence[PromptGroup],
        previous: Sequence[Mask | None],
        window: Window,
    ) -> tuple[Tensor, Tensor]:
        follows_points = self._weights.entry.follows_points
        asked = groups if follows_points else [_without_points_beside_box(group) for group in groups]
        given = self._given(asked, previous, window)
        lone_point = given.boxes is None and given.mask_prompts is None
        return self._network.decode(
            embedding, structures, **given.for_refiner(), best_of_three=follows_points and lone_point
        )

    def _given(self, groups: Sequence[PromptGroup], previous: Sequence[Mask | None], window: Window) -> PromptTensors:
        return prompt_tensors(groups, previous, window, self._weights.entry.input_size, self._device)

    def _embedding(self, image: SliceImage, window: Window, urgent: bool) -> Tensor:
        def compute() -> Tensor:
            pixels = encoder_input(image.pixels, window, self._weights.entry.input_size, self._normalisation)
            with self._turns.turn(urgent):
                self.encodes_done += 1
                return self._surviving_out_of_memory(lambda: self._encode(pixels))

        return self._cache.get((image.key, window, self._weights.sha256), compute)

    def _encode_in_torch(self, pixels: Float32) -> Tensor:
        with torch.inference_mode():
            return self._network.encode(torch.from_numpy(pixels)[None].to(self._device))

    def _surviving_out_of_memory(self, compute: Callable[[], T]) -> T:
        """Try, evict every embedding, try once more, then DeviceOutOfMemory."""
        try:
            return compute()
        except torch.OutOfMemoryError:
            self._cache.clear()
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


def _native_answer(logits: Float32, group: PromptGroup, grey: Float32, window: Window) -> Mask:
    """The mask (rows, columns) of a group's logits: its clicks obeyed, and nothing outside its box.

    What overflowed a box would, clicked away from outside, take all that hangs together with it along.
    """
    mask = native_mask(obeying_clicks(logits, group.points, grey, window), window)
    if group.box is not None:
        mask &= within(group.box, mask.shape)
    return mask


def _without_points_beside_box(group: PromptGroup) -> PromptGroup:
    return group if group.box is None else PromptGroup(group.box, ())


def _window(image: SliceImage, region: HeartRegion | None) -> Window:
    rows, columns = image.pixels.shape
    return stack_window((rows, columns), image.pixel_spacing_mm, region)


def _area_weighted_score(answers: Sequence[Answer]) -> float:
    areas = np.array([mask.sum() for mask, _ in answers], dtype=float)
    if not areas.any():
        return 0.0
    return float(np.average([score for _, score in answers], weights=areas))
