"""A backbone as it was published: it encodes a slice once and answers prompts on it, without any fine-tuning."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask
from scarmass.domain.prompts import PromptGroup
from scarmass.domain.protocols import Model, SliceImage
from scarmass.domain.structures import Structure
from scarmass.inference.segmenter import onnx_pair
from scarmass.inference.segmenter.network import build_segmenter
from scarmass.inference.segmenter.onnx_pair import OnnxPair
from scarmass.inference.segmenter.prompt_tensors import coordinates, prompt_tensors
from scarmass.inference.segmenter.window import Normalisation, Window, encoder_input, native_mask, stack_window
from scarmass.inference.weights.load import Weights, load, resolve


class PromptNetwork(Protocol):
    """What PromptableSegmenter and OnnxPair have in common."""

    def encode(self, windows: Tensor, /) -> Any: ...

    def decode(
        self,
        embedding: Any,
        structures: Tensor,
        boxes: Tensor | None = None,
        points: tuple[Tensor, Tensor] | None = None,
        mask_prompts: Tensor | None = None,
        best_of_three: bool = False,
    ) -> tuple[Tensor, Tensor]: ...


@dataclass(frozen=True)
class Seconds:
    """wall: of a clock. core: of processor time, of all cores together, whoever else uses the machine."""

    wall: float
    core: float


class Stopwatch:
    """Measures from its making."""

    def __init__(self) -> None:
        self._wall, self._core = perf_counter(), process_time()

    def seconds(self) -> Seconds:
        return Seconds(perf_counter() - self._wall, process_time() - self._core)


@dataclass
class EmbeddedSlice:
    """A slice and its embeddings by window: one, and another only where a prompt lies outside it.

    encoding: what the first embedding took.
    """

    image: SliceImage
    window: Window
    encoding: Seconds
    embeddings: dict[Window, Any] = field(repr=False)


class Backbone(Protocol):
    """What is compared: models that embed a slice and answer prompts on it."""

    @property
    def model(self) -> Model: ...

    def embed(self, image: SliceImage, region: HeartRegion | None) -> EmbeddedSlice: ...

    def answer(self, embedded: EmbeddedSlice, groups: Sequence[PromptGroup]) -> Mask: ...


class PublishedBackbone:
    """A network of the catalog on the CPU, in the windows of inference, every box and point given to it.

    Not the engine that serves: there points correct the answer where the network does not follow them.
    """

    def __init__(self, weights: Weights) -> None:
        """Raises WeightsInvalid."""
        self._entry, self.model = weights.entry, weights.model
        self._network: PromptNetwork
        if self._entry.architecture == onnx_pair.ARCHITECTURE:
            self._network, self._scar = OnnxPair(weights), 0
        else:
            network = build_segmenter(weights)
            self._network, self._scar = network, network.structure_index(Structure.SCAR)

    def embed(self, image: SliceImage, region: HeartRegion | None) -> EmbeddedSlice:
        rows, columns = image.pixels.shape
        window = stack_window((rows, columns), image.pixel_spacing_mm, region)
        watch = Stopwatch()
        embedding = self._encode(image, window)
        return EmbeddedSlice(image, window, watch.seconds(), {window: embedding})

    def answer(self, embedded: EmbeddedSlice, groups: Sequence[PromptGroup]) -> Mask:
        """The union of the answers (rows, columns), empty without groups.

        A point alone is ambiguous: weights trained as SAM was give the best of three masks by predicted IoU.
        """
        mask = np.zeros(embedded.image.pixels.shape, dtype=bool)
        alike: dict[tuple, list[PromptGroup]] = defaultdict(list)
        for group in groups:
            window = embedded.window.enlarged_for(coordinates(group))
            alike[window, group.box is not None, len(group.points)].append(group)
        for (window, has_box, points), batch in alike.items():
            ambiguous = self._entry.follows_points and not has_box and points == 1
            for logits in self._decode(embedded, window, batch, ambiguous):
                mask |= native_mask(logits, window)
        return mask

    def _decode(
        self, embedded: EmbeddedSlice, window: Window, groups: Sequence[PromptGroup], ambiguous: bool
    ) -> np.ndarray:
        """Logits (n, 256, 256)."""
        if window not in embedded.embeddings:
            embedded.embeddings[window] = self._encode(embedded.image, window)
        given = prompt_tensors(groups, [None] * len(groups), window, self._entry.input_size)
        structures = torch.full((len(groups),), self._scar)
        with torch.inference_mode():
            logits, _ = self._network.decode(
                embedded.embeddings[window],
                structures,
                boxes=given.boxes,
                points=given.points,
                mask_prompts=given.mask_prompts,
                best_of_three=ambiguous,
            )
        return logits.numpy()

    def _encode(self, image: SliceImage, window: Window) -> Any:
        pixels = encoder_input(image.pixels, window, self._entry.input_size, Normalisation(self._entry.normalisation))
        with torch.inference_mode():
            return self._network.encode(torch.from_numpy(pixels)[None])


def load_backbones(names: Sequence[str], weights_folder: Path) -> Iterator[Backbone]:
    """One after the other, so that one is in memory at a time. Raises WeightsMissing at once for any of the names."""
    for name in names:
        resolve(name, weights_folder)
    return (PublishedBackbone(load(name, weights_folder)) for name in names)
