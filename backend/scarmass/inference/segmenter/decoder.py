"""From an embedding and prompts to logits: decoder, refiner, and what networks that follow no points are spared."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Box, PromptGroup
from scarmass.domain.structures import Structure
from scarmass.inference.cuda_graphs import as_cuda_graphs
from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.segmenter.onnx_decoder import OnnxDecoder
from scarmass.inference.segmenter.onnx_refiner import OnnxRefiner
from scarmass.inference.segmenter.prompt_tensors import PromptTensors, prompt_tensors
from scarmass.inference.segmenter.tensor_cache import TensorCache
from scarmass.inference.segmenter.window import Float32, Window
from scarmass.inference.together import Together
from scarmass.inference.weights.catalog import Entry

KEPT_BYTES = 2**26
"""What the decoder answered before refinement, 256 KiB each: a click in a box asks the refiner alone."""


@dataclass(frozen=True)
class _Tokens:
    """What the decoder is asked of one embedding (1, 256, 64, 64): n structures, tokens (n, k, 256) and maps
    (n, 256, 64, 64)."""

    embedding: Tensor
    structures: Tensor
    sparse: Tensor
    dense: Tensor


@dataclass(frozen=True)
class _Unrefined:
    """What the refiner is asked of one window (256, 256): n structures, logits (n, 256, 256), and what was drawn."""

    logits: Tensor
    grey: Tensor
    structures: Tensor
    drawn: PromptTensors

    @property
    def kind(self) -> Hashable:
        drawn = self.drawn
        points = 0 if drawn.points is None else drawn.points[1].shape[1]
        return drawn.boxes is not None, points, drawn.mask_prompts is not None


class Decoder:
    """A network's answers, on the device that it is on. Safe to use from many threads."""

    def __init__(
        self,
        network: PromptableSegmenter,
        entry: Entry,
        device: torch.device,
        onnx_decoder: OnnxDecoder | None = None,
        onnx_refiner: OnnxRefiner | None = None,
        callers_at_once: int = 1,
        as_graphs: bool = False,
    ) -> None:
        """onnx_decoder: asked in the network's place, for what is then refined; onnx_refiner: by this. callers_at_once:
        so many are answered in one run, of whichever slices. as_graphs: a CUDA device is given whole runs."""
        self._network = network
        self._onnx_decoder = onnx_decoder
        self._decode_tokens = network.decode_tokens
        self._with_outlines = onnx_refiner or (network.refiner and network.refiner.with_outlines)
        if as_graphs:
            self._decode_tokens = as_cuda_graphs(self._decode_tokens, device)
            self._with_outlines = self._with_outlines and as_cuda_graphs(self._with_outlines, device)
        self._entry = entry
        self._device = device
        self._kept = TensorCache(KEPT_BYTES)
        self._decode_together = Together(self._decode_all, callers_at_once)
        self._refine_together = Together(self._refine_all, callers_at_once)

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
            unrefined = _Unrefined(logits, shown, structures, given)
            return self._refine_together(unrefined, unrefined.kind)

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
            return self._network.outline(torch.stack(logits), shown, given.boxes, self._with_outlines)[0]

    def _coarse(self, embedding: Tensor, structures: Tensor, given: PromptTensors) -> Tensor:
        embedding = embedding.float()  # kept in half of that
        if self._onnx_decoder is not None:
            return self._onnx_decoder(embedding, structures, **given.for_decoder())
        sparse, dense = self._network.prompt_tokens(**given.for_decoder())
        return self._decode_together(_Tokens(embedding, structures, sparse, dense), sparse.shape[1])

    def _decode_all(self, asked: Sequence[_Tokens]) -> Sequence[Tensor]:
        logits, _ = self._decode_tokens(
            torch.cat([one.embedding.expand_as(one.dense) for one in asked]),
            torch.cat([one.structures for one in asked]),
            torch.cat([one.sparse for one in asked]),
            torch.cat([one.dense for one in asked]),
        )
        return logits[:, 0].split([len(one.structures) for one in asked])

    def _refine_all(self, asked: Sequence[_Unrefined]) -> Sequence[Tensor]:
        logits = self._network.refine(
            torch.cat([one.logits for one in asked]),
            torch.cat([one.grey.expand_as(one.logits) for one in asked]),
            torch.cat([one.structures for one in asked]),
            **PromptTensors.joined([one.drawn for one in asked]).for_refiner(),
            with_outlines=self._with_outlines,
        )
        return logits.split([len(one.structures) for one in asked])

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
