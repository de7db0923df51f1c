"""From an embedding and prompts to logits: decoder, refiner, and what networks that follow no points are spared."""

from collections.abc import Hashable, Sequence

import torch
from torch import Tensor

from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Box, PromptGroup
from scarmass.domain.structures import Structure
from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.segmenter.onnx_decoder import OnnxDecoder
from scarmass.inference.segmenter.onnx_refiner import OnnxRefiner
from scarmass.inference.segmenter.prompt_tensors import PromptTensors, prompt_tensors
from scarmass.inference.segmenter.tensor_cache import TensorCache
from scarmass.inference.segmenter.window import Float32, Window
from scarmass.inference.weights.catalog import Entry

KEPT_BYTES = 2**26
"""What the decoder answered before refinement, 256 KiB each: a click in a box asks the refiner alone."""


class Decoder:
    """A network's answers, on the device that it is on. Safe to use from many threads."""

    def __init__(
        self,
        network: PromptableSegmenter,
        entry: Entry,
        device: torch.device,
        onnx_decoder: OnnxDecoder | None = None,
        onnx_refiner: OnnxRefiner | None = None,
    ) -> None:
        """onnx_decoder: asked in the network's place, for what is then refined; onnx_refiner: by this."""
        self._network = network
        self._onnx_decoder = onnx_decoder
        self._onnx_refiner = onnx_refiner
        self._entry = entry
        self._device = device
        self._kept = TensorCache(KEPT_BYTES)

    def logits(
        self,
        key: Hashable,
        embedding: Tensor,
        grey: Float32,
        window: Window,
        structure: int,
        groups: Sequence[PromptGroup],
        previous: Sequence[Mask | None],
    ) -> Tensor:
        """Logits (n, 256, 256) of n groups of one kind, each with its own previous mask (rows, columns) or None.

        key: identifies the embedding. grey: the window (256, 256) from 0 to 1.
        """
        structures = torch.full((len(groups),), structure, device=self._device)
        with torch.inference_mode():
            if self._network.refiner is None:
                return self._unrefined(embedding, structures, groups, previous, window)
            given = self._given(groups, previous, window)
            logits = torch.stack(
                self._kept.get_all(
                    [(key, structure, group.box or group.points) for group in groups],
                    lambda: self._coarse(embedding, structures, given),
                )
            )
            shown = torch.from_numpy(grey).to(self._device)
            return self._network.refine(
                logits, shown, structures, **given.for_refiner(), with_outlines=self._onnx_refiner
            )

    def outlines(self, key: Hashable, embedding: Tensor, grey: Float32, window: Window, box: Box) -> Tensor:
        """Logits (2, 256, 256) of ALSO_OUTLINED, of a network with a refiner asked for the ventricle in its box."""
        structure = self._network.structure_index(Structure.LEFT_VENTRICLE)
        group = PromptGroup(box, ())
        with torch.inference_mode():
            given = self._given([group], [None], window)
            assert given.boxes is not None
            structures = torch.full((1,), structure, device=self._device)
            logits = self._kept.get_all([(key, structure, box)], lambda: self._coarse(embedding, structures, given))
            shown = torch.from_numpy(grey).to(self._device)
            return self._network.outline(torch.stack(logits), shown, given.boxes, self._onnx_refiner)[0]

    def _coarse(self, embedding: Tensor, structures: Tensor, given: PromptTensors) -> Tensor:
        embedding = embedding.float()  # kept in half of that
        if self._onnx_decoder is not None:
            return self._onnx_decoder(embedding, structures, **given.for_decoder())
        return self._network.decode(embedding, structures, **given.for_decoder())[0]

    def _unrefined(
        self,
        embedding: Tensor,
        structures: Tensor,
        groups: Sequence[PromptGroup],
        previous: Sequence[Mask | None],
        window: Window,
    ) -> Tensor:
        follows_points = self._entry.follows_points
        asked = groups if follows_points else [_without_points_beside_box(group) for group in groups]
        given = self._given(asked, previous, window)
        lone_point = given.boxes is None and given.mask_prompts is None
        best_of_three = follows_points and lone_point
        embedding = embedding.float()  # kept in half of that
        return self._network.decode(embedding, structures, **given.for_refiner(), best_of_three=best_of_three)[0]

    def _given(self, groups: Sequence[PromptGroup], previous: Sequence[Mask | None], window: Window) -> PromptTensors:
        return prompt_tensors(groups, previous, window, self._entry.input_size, self._device)


def _without_points_beside_box(group: PromptGroup) -> PromptGroup:
    return group if group.box is None else PromptGroup(group.box, ())
